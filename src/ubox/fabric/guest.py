"""A place in a VPC for this machine: a namespace with a cable of its own, for as long as a command runs.

Whoever stands there reaches what a host of the VPC reaches, by the VPC's rules, and nothing else of this
machine: no internet where the VPC has no gateway. The box's API alone answers there too, at the address that
`box.json` names, as the API of a private region does inside its networks.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from ubox.errors import BoxError
from ubox.fabric.commands import ip_batch, run, run_leniently
from ubox.fabric.names import Names, guest_port
from ubox.fabric.namespaces import existing, inside

_LOOPBACK = "127.0.0.1"
_CHUNK = 65536


def run_inside(folder: Path, world: Mapping[str, Any], vpc: str, api_port: int, argv: Sequence[str]) -> int:
    """Runs the command in that VPC and gives its exit code, as a shell does for one that a signal ended.

    `world`: as the box tells it. Raises BoxError where there is no such VPC, or it has no subnet or no room.
    """
    with _place(Names.of(folder), world, vpc) as namespace, _api(namespace, api_port):
        try:
            child = subprocess.Popen(["nsenter", f"--net=/run/netns/{namespace}", "--", *argv])
        except FileNotFoundError as error:
            raise BoxError(
                "`nsenter` is not installed; `ubox start` lists what this machine lacks"
            ) from error
        # Ctrl-C reaches the command itself, which then ends in its own way.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        ended = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        try:
            code = child.wait()
        finally:
            signal.signal(signal.SIGINT, before)
            signal.signal(signal.SIGTERM, ended)
    return code if code >= 0 else 128 - code


@contextmanager
def _place(names: Names, world: Mapping[str, Any], vpc: str) -> Iterator[str]:
    """The guest's namespace. `reset` removes one that a crash left behind."""
    router = names.vpc(vpc)
    subnet = next((each for each in world["subnets"] if each["vpc"] == vpc), None)
    if router not in existing(names.prefix) or subnet is None:
        known = ", ".join(sorted(each["vpc"] for each in world["subnets"])) or "none"
        raise BoxError(f"there is no VPC {vpc} with a subnet in the box; there are: {known}")
    address = _claim(names, world, IPv4Network(subnet["cidr"]))
    namespace, port = names.guest_namespace(address), guest_port(address)
    try:
        run(*ip_batch(router, [
            f"link add {port} type veth peer name eth0 netns {namespace}",
            f"link set {port} up",
            f"ntable change name arp_cache dev {port} proxy_delay 0",
            f"route add {address} dev {port}",
        ]))  # fmt: skip
        run(*ip_batch(namespace, [
            "link set lo up",
            "link set eth0 up",
            f"addr add {address}/{IPv4Network(subnet['cidr']).prefixlen} dev eth0",
            f"route add default via {subnet['gateway']} dev eth0",
        ]))  # fmt: skip
        yield namespace
    finally:
        run_leniently([ip_batch(router, [f"link del {port}"], lenient=True)])
        run_leniently([ip_batch("", [f"netns del {namespace}"], lenient=True)])


def _claim(names: Names, world: Mapping[str, Any], cidr: IPv4Network) -> IPv4Address:
    """The lowest free address, which the cloud gives last. Its namespace is made: no other guest gets it."""
    taken = {each["address"] for each in (*world["hosts"], *world["balancers"])}
    taken |= {each["proxy_address"] for each in world["balancers"]}
    for place in range(2, cidr.num_addresses - 1):
        address = cidr[place]
        if str(address) in taken or names.guest_namespace(address) in existing(names.prefix):
            continue
        with suppress(BoxError):
            run(["ip", "netns", "add", names.guest_namespace(address)])
            return address
    raise BoxError(f"{cidr} has no free address to stand at")


@contextmanager
def _api(namespace: str, port: int) -> Iterator[None]:
    """Carries calls from the namespace's loopback to this machine's, where the box answers."""
    with inside(namespace):
        listener = socket.create_server((_LOOPBACK, port), backlog=128)
    threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
    try:
        yield
    finally:
        # Closing alone would leave `accept` waiting, and with it the namespace.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            caller, _ = listener.accept()
            threading.Thread(target=_carry, args=(caller, port), daemon=True).start()


def _carry(caller: socket.socket, port: int) -> None:
    with caller, suppress(OSError), socket.create_connection((_LOOPBACK, port)) as box:
        back = threading.Thread(target=_pour, args=(box, caller), daemon=True)
        back.start()
        _pour(caller, box)
        back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
