"""steppe: highly available Nomad clusters on UCloud, made to run Apache RocketMQ."""

__version__ = "0.1.0"
