"""The ports of a cluster, each in one place."""

from __future__ import annotations

SSH = 22

CONSUL_RPC = 8300
CONSUL_SERF_LAN = 8301
CONSUL_SERF_WAN = 8302
CONSUL_HTTP = 8500
CONSUL_HTTPS = 8501

NOMAD_HTTP = 4646
NOMAD_RPC = 4647
NOMAD_SERF = 4648
NOMAD_DYNAMIC = (20000, 32000)
"""What Nomad gives to tasks that ask for any port (its defaults min_dynamic_port, max_dynamic_port)."""

NAMESERVER = 9876
NAMESERVER_CONTROLLER = 9878
NAMESERVER_LIST = 8080
"""HTTP: the endpoint that lists NameServers."""

BROKER_FIRST = 10911
BROKER_STEP = 20
"""A broker group takes `port - 2` (fast), `port` (remoting) and `port + 2000` (replication)."""
BROKER_REPLICATION = 2000
"""From a group's remoting port to its replication port. That one asks for no user, so it lies outside the
range that clients may reach."""


def broker(index: int) -> int:
    """The block of ports of that number, counted from 0, by its remoting port."""
    return BROKER_FIRST + BROKER_STEP * index
