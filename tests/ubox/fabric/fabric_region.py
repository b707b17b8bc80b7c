"""A small region for the tests of the fabric, and the means to look at it as a user would."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ubox.fabric import KernelFabric, choose_internet
from ubox.fabric.names import Names
from ubox.fabric.namespaces import inside
from ubox.world import (
    Backend,
    Balancer,
    Disk,
    Eip,
    Firewall,
    Gateway,
    Host,
    Listener,
    Peering,
    Rule,
    Subnet,
    Vpc,
    World,
)

MANAGEMENT = Vpc(id="uvnet-management", cidrs=("10.80.0.0/20",))
CLIENT = Vpc(id="uvnet-client", cidrs=("10.81.0.0/20",))
SUBNETS = (
    Subnet(id="subnet-management", vpc=MANAGEMENT.id, cidr="10.80.0.0/20", gateway="10.80.0.1"),
    Subnet(id="subnet-client", vpc=CLIENT.id, cidr="10.81.0.0/20", gateway="10.81.0.1"),
)
PEERING = Peering(a=CLIENT.id, b=MANAGEMENT.id)
FRONT, PROXY, PROXY_CALLS_FROM = "10.81.15.250", "10.81.15.251", "10.81.15.252"
PORT = 7000
CHECK_INTERVAL = 0.1
SILENCE, REFUSED = "silence", "refused"


def host(name: str, *, vpc: Vpc = CLIENT, number: int, zone: str = "box-01", **given: object) -> Host:
    """The host with that number in its VPC's subnet, for example 10.81.0.16."""
    subnet = next(subnet for subnet in SUBNETS if subnet.vpc == vpc.id)
    address = f"{subnet.gateway.rpartition('.')[0]}.{number}"
    plain = Host(
        id=f"uhost-{name}", name=name, zone=zone, vpc=vpc.id, subnet=subnet.id, address=address,
        mac=f"52:54:00:{'80' if vpc is MANAGEMENT else '81'}:00:{number:02X}", image="uimage-host", cpu=1,
        memory_mb=256, power="on", generation=1, disks=(), firewall=None,
        metadata=json.dumps({"instance-id": f"uhost-{name}", "uhost": {"zone": zone}}),
        user_data=f"#!/bin/sh\necho the first boot of {name}\n".encode(),
    )  # fmt: skip
    return replace(plain, **given)  # type: ignore[arg-type]


def backend(of: Host, listener: str, port: int = PORT) -> Backend:
    return Backend(id=f"backend-{listener}-{of.name}", host=of.id, address=of.address, port=port,
                   enabled=True, weight=1)  # fmt: skip


def balancer(name: str, address: str, mode: str, port: int, hosts: tuple[Host, ...]) -> Balancer:
    listener = Listener(
        id=f"vserver-{name}", protocol="tcp", port=port, method="Roundrobin", idle_timeout_s=60,
        backends=tuple(backend(each, name) for each in hosts),
    )  # fmt: skip
    return Balancer(
        id=f"ulb-{name}", vpc=CLIENT.id, subnet="subnet-client", address=address, mode=mode,
        proxy_address=PROXY_CALLS_FROM if mode == "RequestProxy" else None, listeners=(listener,),
    )  # fmt: skip


def full_world(internet: str) -> World:
    """Two peered VPCs, a bastion with an EIP, three hosts behind a gateway and two balancers."""
    net = internet.rpartition(".")[0]
    bastion = host("bastion", vpc=MANAGEMENT, number=8, firewall="firewall-bastion")
    hosts = (
        bastion,
        host("a", number=16, disks=(Disk(id="bsi-a", mount="/data", size_gb=20),)),
        host("b", number=17, zone="box-02"),
        host("c", number=18, zone="box-03"),
    )
    rule = Rule(protocol="tcp", ports=(PORT, PORT), sources=("0.0.0.0/0",), accept=True, priority=1)
    return World(
        vpcs=(MANAGEMENT, CLIENT),
        subnets=SUBNETS,
        peerings=(PEERING,),
        firewalls=(Firewall(id="firewall-bastion", rules=(rule,)),),
        eips=(
            Eip(id="eip-bastion", address=f"{net}.10", target_kind="uhost", target=bastion.id),
            Eip(id="eip-gateway", address=f"{net}.11", target_kind="natgw", target="natgw-client"),
        ),
        gateways=(
            Gateway(id="natgw-client", vpc=CLIENT.id, subnets=("subnet-client",), eips=("eip-gateway",),
                    firewall=None),
        ),
        hosts=hosts,
        balancers=(
            balancer("front", FRONT, "PacketsTransmit", PORT, hosts[1:3]),
            balancer("proxy", PROXY, "RequestProxy", 80, hosts[1:3]),
        ),
    )  # fmt: skip


class Box:
    """One box with its fabric, and what the fabric reported."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root
        self.internet = choose_internet(folder)
        self.reports = Recorder()
        self.fabric = self.open()

    def open(self) -> KernelFabric:
        """A fabric for this folder, as a freshly started ubox has it."""
        return KernelFabric(
            self.folder, {"uimage-host": self.root}, self.internet, check_interval=CHECK_INTERVAL
        )

    def start(self, world: World) -> None:
        """Until every machine's first process runs."""
        self.fabric.start(self.reports)
        self.fabric.converge(world)
        for each in world.hosts:
            self.reports.wait("running", each.id, each.generation)


class Recorder:
    """The API side, as far as the fabric sees it: it keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self._news = threading.Condition()

    def machine_running(self, host: str, generation: int) -> None:
        self._note("running", host, generation)

    def machine_stopped(self, host: str, why: str) -> None:
        self._note("stopped", host, why)

    def machine_failed(self, host: str, why: str) -> None:
        self._note("failed", host, why)

    def backend_health(self, backend: str, healthy: bool) -> None:
        self._note("health", backend, healthy)

    def wait(self, *wanted: object, seconds: float = 30) -> None:
        """Until it has been told that (its beginning is enough)."""
        with self._news:
            found = self._news.wait_for(
                lambda: any(each[: len(wanted)] == wanted for each in self.told), seconds
            )
        assert found, f"never told {wanted}, but {self.told}"

    def forget(self) -> None:
        with self._news:
            self.told.clear()

    def _note(self, *what: object) -> None:
        with self._news:
            self.told.append(what)
            self._news.notify_all()


def eventually(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Polls until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@contextmanager
def echo(namespace: str, name: str, port: int = PORT) -> Iterator[None]:
    """A server in the namespace that says its name, and whom it sees as the caller."""
    with inside(namespace):
        listener = socket.create_server(("0.0.0.0", port), backlog=64)

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller, (address, _) = listener.accept()
                with caller, suppress(OSError):
                    caller.sendall(f"{name} {address}".encode())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def call(
    namespace: str | None, address: str, port: int = PORT, *, source: str | None = None, patience: float = 0.7
) -> str:
    """What the server there answers, SILENCE or REFUSED; None calls from this machine itself."""
    if namespace is None:
        return _call(address, port, source, patience)
    with inside(namespace):
        return _call(address, port, source, patience)


def _call(address: str, port: int, source: str | None, patience: float) -> str:
    with socket.socket() as caller:
        caller.settimeout(patience)
        try:
            caller.bind((source or "0.0.0.0", 0))
            caller.connect((address, port))
            return caller.recv(200).decode()
        except TimeoutError:
            return SILENCE
        except ConnectionRefusedError:
            return REFUSED


def namespace_of(folder: Path, name: str) -> str:
    return Names.of(folder).host_namespace(f"uhost-{name}")
