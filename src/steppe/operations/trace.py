"""Says which way a flow takes, and with `live` tries it from the host where it begins.

1. Read the file and find both ends by name; the way follows from the topology alone. The cloud is asked only
   for the ranges of networks that the file leaves to it.
2. Live: find the addresses that the cloud chose, go in, and open one TCP connection from that host.
3. A connection, or a refusal by the machine itself, has come through; silence has been stopped.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from steppe import spec, topology
from steppe.control.ssh import Hosts
from steppe.errors import UsageError
from steppe.operations.cluster import Addresses, addresses, known, owned
from steppe.operations.way import access
from steppe.topology.model import Host, Topology
from steppe.topology.places import Place, place
from steppe.topology.trace import Trace, trace

TCP, UDP, ICMP = "tcp", "udp", "icmp"
_WAIT_S = 5
_TIMED_OUT = 124
"""What timeout(1) exits with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    address: str
    came_through: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    source: Place
    target: Place
    protocol: str
    port: int
    trace: Trace
    tried: Tried | None


def traced(file: Path, source: str, target: str, port: str, *, live: bool) -> Traced:
    """`port`: a number, a number with `/tcp` or `/udp`, or `icmp`.

    Raises UsageError for a wrong file, an end that nobody knows, a wrong port, or a flow that can't be tried;
    with `live` also Unhealthy and ControlError when the way in, or the host, doesn't answer.
    """
    protocol, number = asked(port)
    cluster = owned(file) if live else None
    built = cluster.topology if cluster else _built(file)
    begin, end = place(built, source), place(built, target)
    if begin.balancer is not None:
        raise UsageError(
            f"{begin.balancer.name} is a balancer: it forwards connections and begins none.",
            code="trace.place",
            hint="name the host or network where the flow begins",
        )
    found = trace(built, begin, end, protocol, number)
    tried = None
    if cluster is not None:
        host = triable(begin, end, protocol)
        where = addresses(cluster, cluster.observe())
        with access(cluster, where, lambda event: None) as way:
            tried = _try(Hosts(way, cluster.secrets), host, _address(end, where), number)
    return Traced(source=begin, target=end, protocol=protocol, port=number, trace=found, tried=tried)


def _built(file: Path) -> Topology:
    """The cluster that the file describes; the cloud is asked only for what the file leaves to it."""
    written = spec.load(file)
    network = written.network
    untold = [peer for peer in (*network.client_peers, *network.management_peers) if not peer.ranges]
    return known(file).topology if network.is_preset or untold else topology.build(written)


def asked(port: str) -> tuple[str, int]:
    """Protocol and number; 0 for icmp. Raises UsageError."""
    if port == ICMP:
        return ICMP, 0
    number, _, protocol = port.partition("/")
    if (protocol or TCP) in (TCP, UDP) and number.isdecimal() and 0 < int(number) < 65536:
        return protocol or TCP, int(number)
    raise UsageError(
        f"PORT {port!r} can't be used.",
        code="trace.port",
        hint="a number from 1 to 65535, with /udp for UDP, such as 8501 or 8301/udp; or icmp",
    )


def triable(begin: Place, end: Place, protocol: str) -> Host:
    """The host that can try it. Raises UsageError when none can, or there is nothing to try."""
    if begin.host is None:
        raise UsageError(
            f"--live begins on a host of the cluster, and {begin.label} is none.",
            code="trace.live",
            hint="leave out --live, or name a host as FROM",
        )
    if protocol != TCP:
        raise UsageError(
            f"--live opens a TCP connection, and can't tell what becomes of {protocol}.",
            code="trace.live",
            hint="leave out --live, or name a TCP port",
        )
    if end.is_anywhere or (end.balancer is None and end.address is None):
        raise UsageError(
            f"--live needs an address to try, and {end.label} is none.",
            code="trace.live",
            hint="name an IPv4 address as TO, or leave out --live",
        )
    return begin.host


def _address(end: Place, where: Addresses) -> str:
    if end.balancer is None:
        return str(end.address)
    found = where.balancers.get(end.balancer.name)
    if found is None:
        raise UsageError(
            f"The region has no balancer {end.balancer.name}, so there is nothing to try.",
            code="trace.live",
            hint="`steppe up` makes what is missing",
        )
    return found


def _try(hosts: Hosts, host: Host, address: str, port: int) -> Tried:
    connect = shlex.quote(f"exec 3<>/dev/tcp/{address}/{port}")
    done = hosts.run(host, f"LC_ALL=C timeout {_WAIT_S} bash -c {connect}")
    if done.exit_code == 0:
        return Tried(address=address, came_through=True, says="a connection was taken")
    if "refused" in done.errors:
        return Tried(address=address, came_through=True, says="refused: it came there, and nothing listens")
    if done.exit_code == _TIMED_OUT:
        return Tried(address=address, came_through=False, says=f"no answer in {_WAIT_S} s")
    said = done.errors.strip().rpartition(": ")[2]
    return Tried(address=address, came_through=False, says=said or f"bash ended with {done.exit_code}")
