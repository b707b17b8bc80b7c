"""What a look at the cluster says of each host, balancer, gateway and peering, for a picture of it."""

from __future__ import annotations

from steppe.diagram import Health
from steppe.operations.status import Status
from steppe.topology import Role
from steppe.topology.model import Balancer


def signs(found: Status) -> dict[str, Health]:
    """By name; a peer by its VPC's id. Good: a host that runs, a balancer that answers on each port that a
    condition asks, a gateway or a peering that is there.

    One that nothing was asked through, because the way in is closed or nothing stands behind it, is unknown.
    """
    hosts = {host.name: _of(host.state == "Running") for host in found.hosts}
    links = {name: _of(there) for name, there in found.links.items()}
    peers = {peer.vpc_id: _of(peer.joined) for peer in found.peers}
    return (
        hosts
        | links
        | peers
        | {balancer.name: _balancer(found, balancer) for balancer in found.topology.balancers}
    )


def _balancer(found: Status, balancer: Balancer) -> Health:
    if balancer.name not in found.addresses.balancers:
        return Health.BAD
    # NameServers are asked through theirs for the list that they give, not for a mere answer.
    about = "the endpoint lists " if balancer.role is Role.NAMESERVER else f"the balancer {balancer.name} "
    asked = [each.met for each in found.conditions if each.condition.startswith(about)]
    return _of(all(asked)) if asked else Health.UNKNOWN


def _of(well: bool) -> Health:
    return Health.GOOD if well else Health.BAD
