"""The servers that every host is told of: the first one of each zone.

They stay the same when servers are added, so no host's files change when the cluster is scaled.
"""

from __future__ import annotations

from steppe.topology.model import Host, Role, Topology


def consul_servers(topology: Topology) -> tuple[Host, ...]:
    return _first_of_each_zone(topology, Role.CONSUL)


def nomad_servers(topology: Topology) -> tuple[Host, ...]:
    return _first_of_each_zone(topology, Role.NOMAD)


def _first_of_each_zone(topology: Topology, role: Role) -> tuple[Host, ...]:
    return tuple(host for host in topology.by_role(role) if host.ordinal == 1)
