"""What a machine needs before its first cluster: tools, RocketMQ, the host image."""
