"""Who gets an answer from what: every listening port of every host and balancer, asked from every place.

1. What listens is read from each host's own network namespace.
2. What should come of a connection follows from the table of flows, and from what the port speaks.
3. One process in each place opens all connections at once (`probe.py`): what is filtered costs the time of
   one silent connection, not of hundreds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from steppe import spec, topology
from steppe.control import pki
from steppe.control.pki import KeyPair
from steppe.topology import Role, Topology
from tests.whole.conftest import ORDERS, Shell
from ubox.fabric.names import Names

_PROBE = Path(__file__).with_name("probe.py")
_LONGEST_S = 240

PLAIN, TLS, FOREIGN, KNOWN = "plain", "TLS", "TLS with a foreign certificate", "TLS with a good certificate"
_API = "/v1/agent/self"
"""Consul and Nomad both have it, and neither tells it without a token."""
_SPOKEN: Mapping[int, Mapping[str, str]] = {
    22: {PLAIN: "SSH"},
    4646: {PLAIN: "400", KNOWN: "403"},
    # Gossip answers that it can't read what it got, in its own encryption.
    4648: {PLAIN: "bytes"},
    8080: {PLAIN: "404"},
    8301: {PLAIN: "bytes"},
    8302: {PLAIN: "bytes"},
    8501: {PLAIN: "400", KNOWN: "403"},
}
"""What a port answers to whoever reaches it: an HTTP status, or what it is. Anything else is closed."""
_SOURCES = {
    "management": "network:management",
    "client": "network:client",
    "customer": "peers:client",
    "kun": "peers:management",
}
"""What the table of flows calls each place."""
_NOT_BALANCED = (22, 4647)
_ON_LOOPBACK: Mapping[int, Mapping[str, str]] = {8500: {PLAIN: "403"}, 4646: {PLAIN: "403"}}


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    address: str
    port: int
    role: Role
    by_balancer: bool = False
    path: str = _API


@dataclass(frozen=True, slots=True)
class Way:
    name: str
    is_tls: bool = False
    certificate: str = ""
    """A file with a certificate and its key."""


def differences(shell: Shell, folder: Path, strangers: Mapping[str, str]) -> Sequence[str]:
    """Every connection whose answer is another than it should be, in a sentence; empty when all is well.

    `strangers`: ids of machines that aren't the cluster's, by the place in which they stand.
    """
    built = topology.build(spec.load(ORDERS))
    names, rows, ways = Names.of(shell.box), shell.hosts(), _ways(shell, folder)
    namespaces = {host.name: names.host_namespace(rows[host.name]["UHostId"]) for host in built.hosts}
    outside = {host: _listening(namespace)[0] for host, namespace in namespaces.items()}
    wrong: list[str] = []
    targets: list[Target] = []
    for host in built.hosts:
        inside = _listening(namespaces[host.name])[1]
        own = [Target(host.name, str(host.address), port, host.role) for port in outside[host.name]]
        loop = [Target(host.name, "127.0.0.1", port, host.role) for port in inside]
        wrong += _compared("the same host", namespaces[host.name], own, ways, _SPOKEN)
        wrong += _compared("its loopback", namespaces[host.name], loop, ways, _ON_LOOPBACK)
        targets += own
    targets += _balanced(built, shell.json("status", ORDERS)["addresses"]["balancers"])
    for place, stranger in strangers.items():
        reached, hidden = _split(built, _SOURCES[place], targets)
        assert reached, f"nothing can be reached from {place}"
        namespace = names.host_namespace(stranger)
        wrong += _compared(place, namespace, reached, ways, _SPOKEN)
        wrong += _compared(place, namespace, hidden, ways[:1], {}, "silent")
    bastion = _public(rows["orders-bastion"])
    public = [Target("orders-bastion", bastion, port, Role.BASTION) for port in (22, 4646, 8301, 8501)]
    wrong += _compared("the internet", names.internet, public[:1], ways, _SPOKEN)
    wrong += _compared("the internet", names.internet, [*public[1:], *targets], ways[:1], {}, "silent")
    return wrong


def _balanced(built: Topology, addresses: Mapping[str, str]) -> list[Target]:
    """Every balancer at its own address: on each port that it forwards, and on some that only hosts have."""
    return [
        Target(balancer.name, addresses[balancer.name], port, balancer.role, by_balancer=True)
        for balancer in built.balancers
        for port in (*(listener.port for listener in balancer.listeners), *_NOT_BALANCED)
    ]


def _compared(
    place: str,
    namespace: str,
    targets: Sequence[Target],
    ways: Sequence[Way],
    spoken: Mapping[int, Mapping[str, str]],
    otherwise: str = "closed",
) -> list[str]:
    said = _answers(namespace, targets, ways)
    return [
        f"{host}:{port} from {place}, {way}: {answer}, not {wanted}"
        for (host, port, way), answer in said.items()
        if answer != (wanted := spoken.get(port, {}).get(way, otherwise))
    ]


def _split(built: Topology, source: str, targets: Iterable[Target]) -> tuple[list[Target], list[Target]]:
    """Those that the table lets a machine of that source reach, and the others."""
    reached: list[Target] = []
    hidden: list[Target] = []
    for target in targets:
        (reached if _is_let(built, source, target) else hidden).append(target)
    return reached, hidden


def _is_let(built: Topology, source: str, target: Target) -> bool:
    return not (target.by_balancer and target.port in _NOT_BALANCED) and any(
        flow.destination is target.role
        and flow.source == source
        and flow.protocol == "tcp"
        and (target.by_balancer or not flow.by_balancer)
        and any(first <= target.port <= last for first, last in flow.ports)
        for flow in built.flows
    )


def _ways(shell: Shell, folder: Path) -> list[Way]:
    kept = Path(shell.environment["STEPPE_WORKSPACE"]) / "box" / "orders" / "secrets.json"
    secrets = json.loads(kept.read_text())
    known = KeyPair(certificate=secrets["ca_certificate"], key=secrets["ca_key"])
    files: dict[str, Path] = {}
    for name, ca in {FOREIGN: pki.authority("another cluster"), KNOWN: known}.items():
        own = pki.operator(ca)
        files[name] = folder / f"{len(files)}.pem"
        files[name].write_text(own.certificate + own.key)
    return [Way(PLAIN), Way(TLS, True), *(Way(name, True, str(file)) for name, file in files.items())]


def _listening(namespace: str) -> tuple[set[int], set[int]]:
    """The TCP ports on which something listens in that namespace: for others too, and on loopback alone."""
    outside: set[int] = set()
    inside: set[int] = set()
    for row in _in(namespace, "ss", "-Hltn").splitlines():
        address, _, port = row.split()[3].rpartition(":")
        is_loopback = address.startswith("127.") or address == "[::1]"
        (inside if is_loopback else outside).add(int(port))
    return outside, inside - outside


def _answers(
    namespace: str, targets: Iterable[Target], ways: Iterable[Way]
) -> Mapping[tuple[str, int, str], str]:
    question = {"targets": [asdict(each) for each in targets], "ways": [asdict(each) for each in ways]}
    said = json.loads(_in(namespace, sys.executable, str(_PROBE), text=json.dumps(question)))
    return {(host, port, way): answer for host, port, way, answer in said}


def _public(row: Mapping[str, object]) -> str:
    addresses = row["IPSet"]
    assert isinstance(addresses, list)
    return str(next(each["IP"] for each in addresses if each["Type"] != "Private"))


def _in(namespace: str, *command: str, text: str = "") -> str:
    done = subprocess.run(
        ["ip", "netns", "exec", namespace, *command],
        input=text,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
