"""Every name a cluster gives: `<cluster id>-<role or kind>[-<zone letter>[-<ordinal>]]`."""

from __future__ import annotations

from steppe.topology.model import Role, Zone

HOSTS_PER_ISOLATION_GROUP = 7
"""UCloud's limit for a group in one zone; the eighth create fails."""


def host(cluster: str, role: Role, zone: Zone, ordinal: int) -> str:
    if role is Role.BASTION:
        return f"{cluster}-{role}"
    return f"{role_prefix(cluster, role)}{zone.letter}" + (f"-{ordinal}" if ordinal > 1 else "")


def role_prefix(cluster: str, role: Role) -> str:
    """What the names of that role's hosts begin with; not for the bastion, which is alone."""
    return f"{cluster}-{role}-"


def vpc(cluster: str, network: str) -> str:
    return f"{cluster}-net-{network}"


def subnet(cluster: str, network: str) -> str:
    return f"{cluster}-subnet-{network}"


def peering(a: str, b: str) -> str:
    """Of two VPCs in either order, each by its name, or by its id when it is somebody else's."""
    return "--".join(sorted((a, b)))


def gateway(cluster: str, network: str) -> str:
    return f"{cluster}-gateway-{network}"


def gateway_eip(cluster: str, network: str) -> str:
    return f"{cluster}-eip-gateway-{network}"


def bastion_eip(cluster: str) -> str:
    return f"{cluster}-eip-bastion"


def firewall(cluster: str, guarded: str) -> str:
    """`guarded`: `bastion` or `gateway`."""
    return f"{cluster}-firewall-{guarded}"


def balancer(cluster: str, role: Role) -> str:
    return f"{cluster}-{role}"


def isolation_group(cluster: str, role: Role, ordinal: int) -> str:
    """The group of the host with that ordinal; a further one begins after each seventh."""
    number = (ordinal - 1) // HOSTS_PER_ISOLATION_GROUP + 1
    return f"{cluster}-isolation-{role}" + (f"-{number}" if number > 1 else "")
