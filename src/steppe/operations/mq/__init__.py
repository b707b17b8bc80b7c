"""The verbs of `steppe mq`, on a cluster that is up: one file each."""
