"""How far a cluster can grow: the address plan's starting places and the counts that fit between them.

Places are counted from the network address of the role's subnet (management: bastion, consul, nomad;
client: nameserver, broker). Three neighbours in a row are one ordinal in the zones a, b, c.
"""

from __future__ import annotations

BASTION_FIRST = 8
CONSUL_FIRST = 16
NOMAD_FIRST = 32
NAMESERVER_FIRST = 16
BROKER_FIRST = 64

PRIVATE_NAMESERVER_FIRST = 64
PRIVATE_BROKER_FIRST = 112
"""Where all roles share the one subnet of a private cluster; Consul and Nomad stand as above."""

CONSUL_SERVERS = 3
MAX_NOMAD = 9
MAX_NAMESERVERS_PER_ZONE = 16
MAX_BROKERS_PER_ZONE = 40

SPARE_ADDRESSES = 16
"""Kept free in each subnet for balancers, gateways and what the cloud takes for itself."""

MAX_BROKER_GROUPS = 50
"""20 ports each from 10911 on; Nomad's dynamic ports begin at 20000."""

MAX_CHARGE_QUANTITY = 60
"""Months or years paid at once: steppe's own bound, so that a slip of the finger isn't paid for."""

MAX_OPERATOR_NETWORKS = 50

MAX_PEERS = 30
"""VPCs in each list of peers: their ranges are part of hosts' user-data."""
