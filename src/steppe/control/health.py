"""The named conditions of a cluster that is well; `up`, `roll`, `status` and the tests share this list.

Those of RocketMQ are in `steppe.rocketmq.conditions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from steppe.control.access import Access
from steppe.control.client import Server, Service
from steppe.control.conditions import Condition, ConditionResult, NotMet, check_once
from steppe.control.consul import consul_service
from steppe.control.nomad import nomad_service
from steppe.control.secrets import Secrets
from steppe.topology.model import Balancer, Host, Role, Topology

Object = Mapping[str, Any]

_ALIVE = 1
"""Of a gossip member: https://developer.hashicorp.com/consul/api-docs/agent#list-members"""


def health(
    topology: Topology, access: Access, secrets: Secrets, balancer_addresses: Mapping[str, str]
) -> list[ConditionResult]:
    """Looks at every condition of the cluster once, all at the same time."""
    return check_once(cluster_conditions(topology, access, secrets, balancer_addresses))


def cluster_conditions(
    topology: Topology, access: Access, secrets: Secrets, balancer_addresses: Mapping[str, str]
) -> tuple[Condition, ...]:
    """In the order in which they come true. `balancer_addresses`: the cloud's, by the balancer's name."""
    probes = _probes(topology, secrets)
    balancers = [
        balancer_condition(access, balancer, port, balancer_addresses.get(balancer.name), probes[port])
        for balancer in topology.balancers
        for port in (listener.port for listener in balancer.listeners)
        if port in probes
    ]
    return (
        Condition("Consul's servers vote and are healthy", lambda: _consul_servers(topology, access)),
        Condition("every Consul agent is alive", lambda: _consul_agents(topology, access)),
        Condition("Nomad's servers vote and are healthy", lambda: _nomad_servers(topology, access)),
        Condition("every Nomad client is ready", lambda: _nomad_clients(topology, access)),
        *balancers,
    )


def balancer_condition(
    access: Access,
    balancer: Balancer,
    port: int,
    address: str | None,
    probe: Callable[[Access, Server], None] | None = None,
) -> Condition:
    """That a listener of a balancer answers, asked through the balancer's own address.

    Without a probe, a TCP connection is enough, which an address without a backend refuses.
    """

    def poll() -> None:
        if address is None:
            raise NotMet(f"{balancer.name} has no address", "`steppe up` makes the balancer.")
        if probe:
            probe(access, Server(name=balancer.name, address=address))
        else:
            access.reach(address, port)

    return Condition(f"the balancer {balancer.name} answers on port {port}", poll)


def _probes(topology: Topology, secrets: Secrets) -> Mapping[int, Callable[[Access, Server], None]]:
    """How to ask through a balancer, by port: for the leader, as whoever uses that port would."""
    services = (consul_service(topology, secrets), nomad_service(topology, secrets))
    return {service.port: _leader_probe(service) for service in services}


def _leader_probe(service: Service) -> Callable[[Access, Server], None]:
    def probe(access: Access, server: Server) -> None:
        client = access.client(replace(service, servers=(server,)))
        if not client.call("GET", "/v1/status/leader", anonymous=True).body:
            raise NotMet(f"{service.title} answers, and has no leader")

    return probe


def _consul_servers(topology: Topology, access: Access) -> None:
    servers = access.consul.health().get("Servers") or []
    _need_servers([host.name for host in topology.by_role(Role.CONSUL)], servers, str)


def _nomad_servers(topology: Topology, access: Access) -> None:
    servers = access.nomad.health().get("Servers") or []
    expected = [host.name for host in topology.by_role(Role.NOMAD)]
    # Nomad's servers add their region: `orders-nomad-a.orders`.
    _need_servers(expected, servers, lambda name: name.removesuffix(f".{topology.cluster}"))


def _need_servers(expected: Sequence[str], servers: Sequence[Object], plain: Callable[[str], str]) -> None:
    if not servers:
        raise NotMet("a new leader has not looked at its servers yet")
    found = {plain(str(server["Name"])): server for server in servers}
    _need_none(
        _unknown(expected, found),
        [
            *_absent(expected, found, "not among the servers"),
            *_listed("without a vote", (name for name, server in found.items() if not server["Voter"])),
            *(f"{name} is {_state(server)}" for name, server in found.items() if not server["Healthy"]),
        ],
    )


def _state(server: Object) -> str:
    gossip = str(server.get("SerfStatus") or "unknown")
    return "behind the leader" if gossip == "alive" else gossip


def _consul_agents(topology: Topology, access: Access) -> None:
    expected = [host.name for host in topology.hosts if host.role is not Role.BASTION]
    alive = [str(member["Name"]) for member in access.consul.members() if member["Status"] == _ALIVE]
    _need_none(_unknown(expected, alive), _absent(expected, alive, "not alive"))


def _nomad_clients(topology: Topology, access: Access) -> None:
    hosts = {host.name: host for host in topology.hosts if host.role.is_nomad_client}
    # A replaced host leaves its old node behind, down, until Nomad collects it.
    nodes = [node for node in access.nomad.nodes() if node["Status"] != "down"]
    ready = {str(node["Name"]): node for node in nodes if node["Status"] == "ready"}
    _need_none(
        _unknown(hosts, (str(node["Name"]) for node in nodes)),
        [
            *_absent(hosts, ready, "not ready"),
            *_listed("closed to new work", (name for name, node in ready.items() if _is_closed(node))),
            *(_misplaced(hosts[name], node) for name, node in ready.items() if name in hosts),
        ],
    )


def _is_closed(node: Object) -> bool:
    return bool(node["Drain"]) or node["SchedulingEligibility"] != "eligible"


def _misplaced(host: Host, node: Object) -> str:
    """What is wrong with the node's class and pool; empty if they are the host's."""
    wanted = (host.role.node_class, str(host.role))
    found = (node["NodeClass"], node["NodePool"])
    return "" if found == wanted else f"{host.name} has class and pool {found}, not {wanted}"


def _unknown(expected: Iterable[str], found: Iterable[str]) -> list[str]:
    known = set(expected)
    return _listed("no host of this cluster", (name for name in found if name not in known))


def _absent(expected: Iterable[str], found: Iterable[str], what: str) -> list[str]:
    there = set(found)
    return _listed(what, (name for name in expected if name not in there))


def _listed(what: str, names: Iterable[str]) -> list[str]:
    together = ", ".join(names)
    return [f"{what}: {together}"] if together else []


def _need_none(unknown: Sequence[str], wrong: Sequence[str]) -> None:
    reasons = [reason for reason in (*unknown, *wrong) if reason]
    if reasons:
        raise NotMet("; ".join(reasons), _UNKNOWN_HINT if unknown else _HOST_HINT)


_HOST_HINT = "Look at that host's `journalctl -u consul -u nomad`; `steppe up` mends a stopped host."
_UNKNOWN_HINT = (
    "A host that is not the cluster's own got in with a certificate of its CA. Find out whose it is; one "
    "that this workspace made before: `steppe up` removes what is left of it."
)
