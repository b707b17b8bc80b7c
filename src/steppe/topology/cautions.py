"""What a cluster on fewer than three zones can't promise. Pure."""

from __future__ import annotations

from collections import Counter

from steppe.topology.model import Role, Topology

_MEMBERS = {Role.CONSUL: "Consul servers", Role.NOMAD: "Nomad servers"}


def cautions(topology: Topology) -> tuple[str, ...]:
    """A sentence for each promise that the cluster can't keep; none on three zones."""
    said = [*_quorums(topology)]
    zones = len(topology.zones)
    if zones < 3 and topology.nameserver_groups:
        said.append(
            f"Each RocketMQ group has {zones} member{'s' if zones > 1 else ''}, one in each zone: "
            "no controller majority outlives a zone."
        )
    return tuple(said)


def _quorums(topology: Topology) -> list[str]:
    """Which zones hold so many of a quorum's members that losing one stops it."""
    said = []
    for role, members in _MEMBERS.items():
        hosts = topology.by_role(role)
        by_zone = Counter(host.zone.name for host in hosts)
        fatal = [zone for zone, count in by_zone.items() if 2 * (len(hosts) - count) <= len(hosts)]
        if fatal:
            spread = ", ".join(f"{count} in {zone}" for zone, count in by_zone.items())
            said.append(
                f"{len(hosts)} {members} stand {spread}: losing {' or '.join(fatal)} loses their quorum."
            )
    return said
