"""RocketMQ on Nomad.

jobs        which HCL2 job files a topology runs, with which variables; the files are there too
submit      job files to Nomad, registered only when different
remoting    RocketMQ's own protocol; admin: the questions and orders that steppe has
conditions  what must hold for RocketMQ to be well
verify      messages through the cluster with the Java client, each checked
"""
