"""Who may reach whom, on what, and why: the one table that hosts' rules and cloud firewalls come from.

What is not here is dropped. A source is a role, `network:<key>`, `peers:<side>` (others' VPCs), `operators`
(access.from) or `health-checks` (the cloud's own ranges). What answers a host's own question needs no row.
The table depends on the way in alone, not on how many hosts, groups or peers there are.
"""

from __future__ import annotations

from steppe.spec.limits import MAX_BROKER_GROUPS
from steppe.topology import ports
from steppe.topology.model import Flow, Role

_SERVERS = (Role.CONSUL, Role.NOMAD)
_CLIENTS = (Role.NAMESERVER, Role.BROKER)
_ALL = (*_SERVERS, *_CLIENTS)
_MANAGEMENT, _CLIENT, _CHECKS, _OPERATORS = (
    "network:management",
    "network:client",
    "health-checks",
    "operators",
)
_NETWORKS = (_MANAGEMENT, _CLIENT)
_CLIENT_PEERS, _MANAGEMENT_PEERS = "peers:client", "peers:management"

_LAST_BROKER = ports.broker(MAX_BROKER_GROUPS - 1)
_BROKER_PORTS = (ports.BROKER_FIRST - 2, _LAST_BROKER)
_REPLICATION_PORTS = (
    ports.BROKER_FIRST + ports.BROKER_REPLICATION,
    _LAST_BROKER + ports.BROKER_REPLICATION,
)
_CONSUL_API = (ports.CONSUL_HTTPS,)
_NAMESERVER_API = (ports.NAMESERVER, ports.NAMESERVER_LIST)

_Row = tuple[tuple[str, ...], tuple[Role, ...], str, tuple[int | tuple[int, int], ...], str]

_INSIDE: tuple[_Row, ...] = (
    (_ALL, (Role.CONSUL,), "tcp", (ports.CONSUL_RPC,), "Consul agents ask their servers"),
    (_ALL, _ALL, "tcp", (ports.CONSUL_SERF_LAN,), "Consul gossip"),
    (_ALL, _ALL, "udp", (ports.CONSUL_SERF_LAN,), "Consul gossip"),
    ((Role.CONSUL,), (Role.CONSUL,), "tcp", (ports.CONSUL_SERF_WAN,), "Consul gossip between servers"),
    ((Role.CONSUL,), (Role.CONSUL,), "udp", (ports.CONSUL_SERF_WAN,), "Consul gossip between servers"),
    (_NETWORKS, (Role.CONSUL,), "tcp", _CONSUL_API, "Consul API, also through the balancer"),
    ((_CHECKS,), (Role.CONSUL,), "tcp", _CONSUL_API, "the balancer's health checks"),
    (
        _NETWORKS,
        (Role.NOMAD,),
        "tcp",
        (ports.NOMAD_HTTP,),
        "Nomad API, also through the balancer; Consul reads public keys",
    ),
    ((_CHECKS,), (Role.NOMAD,), "tcp", (ports.NOMAD_HTTP,), "the balancer's health checks"),
    ((Role.NOMAD, *_CLIENTS), (Role.NOMAD,), "tcp", (ports.NOMAD_RPC,), "Nomad agents ask their servers"),
    ((Role.NOMAD,), (Role.NOMAD,), "tcp", (ports.NOMAD_SERF,), "Nomad gossip between servers"),
    ((Role.NOMAD,), (Role.NOMAD,), "udp", (ports.NOMAD_SERF,), "Nomad gossip between servers"),
    ((Role.NOMAD,), _CLIENTS, "tcp", (ports.NOMAD_HTTP,), "Nomad servers reach clients' API"),
    ((_CLIENT,), _CLIENTS, "tcp", (ports.NOMAD_DYNAMIC,), "tasks on ports that Nomad chose"),
    ((_CLIENT,), (Role.NAMESERVER,), "tcp", _NAMESERVER_API, "RocketMQ clients and brokers find their way"),
    ((_CHECKS,), (Role.NAMESERVER,), "tcp", _NAMESERVER_API, "the balancer's health checks"),
    (
        _CLIENTS,
        (Role.NAMESERVER,),
        "tcp",
        (ports.NAMESERVER_CONTROLLER,),
        "controllers, and brokers asking them",
    ),
    (
        (_CLIENT,),
        (Role.BROKER,),
        "tcp",
        (_BROKER_PORTS,),
        "RocketMQ clients, replicas and controllers reach brokers",
    ),
    ((Role.BROKER,), (Role.BROKER,), "tcp", (_REPLICATION_PORTS,), "replicas copy from their master"),
    (_NETWORKS, (*_ALL, Role.BASTION), "icmp", (), "is the host there"),
)


_PEERS: tuple[_Row, ...] = (
    ((_CLIENT_PEERS,), (Role.NAMESERVER,), "tcp", _NAMESERVER_API, "customers' clients find their way"),
    ((_CLIENT_PEERS,), (Role.BROKER,), "tcp", (_BROKER_PORTS,), "customers' clients reach brokers"),
    ((_MANAGEMENT_PEERS,), (Role.CONSUL,), "tcp", _CONSUL_API, "management peers, by the balancer"),
    ((_MANAGEMENT_PEERS,), (Role.NOMAD,), "tcp", (ports.NOMAD_HTTP,), "management peers, by the balancer"),
)


def _way_in(source: str) -> tuple[_Row, ...]:
    """What whoever runs steppe may reach: from the bastion, or from access.from directly."""
    return (
        ((source,), _ALL, "tcp", (ports.SSH,), "people and steppe log in"),
        ((source,), (Role.CONSUL,), "tcp", _CONSUL_API, "steppe reads and configures Consul"),
        ((source,), (Role.NOMAD, *_CLIENTS), "tcp", (ports.NOMAD_HTTP,), "steppe reads and configures Nomad"),
        (
            (source,),
            (Role.NAMESERVER,),
            "tcp",
            (*_NAMESERVER_API, ports.NAMESERVER_CONTROLLER),
            "steppe checks NameServers",
        ),
        ((source,), (Role.BROKER,), "tcp", (_BROKER_PORTS,), "steppe checks brokers"),
    )


_BASTION: _Row = ((_OPERATORS,), (Role.BASTION,), "tcp", (ports.SSH,), "the way in")


def flows(access: str, networks: tuple[str, ...]) -> tuple[Flow, ...]:
    """The table; `access` is `bastion` or `direct`, `networks` are the keys of those that are there."""
    if access == "direct":
        rows = (*_INSIDE, *_PEERS, *_way_in(_OPERATORS))
    else:
        rows = (*_INSIDE, *_PEERS, _BASTION, *_way_in(Role.BASTION))
    return tuple(dict.fromkeys(flow for row in rows for flow in _flows(_where(row, networks))))


def _where(row: _Row, networks: tuple[str, ...]) -> _Row:
    """The row as it is where all roles share one network."""
    if len(networks) > 1:
        return row
    sources = (f"network:{networks[0]}" if source in _NETWORKS else source for source in row[0])
    return (tuple(dict.fromkeys(sources)), *row[1:])


def _flows(row: _Row) -> list[Flow]:
    sources, destinations, protocol, wanted, why = row
    ranges = tuple(port if isinstance(port, tuple) else (port, port) for port in wanted)
    return [
        Flow(
            source=str(source),
            destination=destination,
            protocol=protocol,
            ports=ranges,
            why=why,
            by_balancer=source == _MANAGEMENT_PEERS,
        )
        for destination in destinations
        for source in sources
    ]
