"""A cluster as in `examples/orders.yaml`, and servers that repeat what RocketMQ's once said."""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from steppe import spec, topology
from steppe.control.secrets import User
from steppe.rocketmq.remoting import decode
from steppe.setup import cache
from steppe.topology import Topology

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def orders() -> Topology:
    return topology.build(spec.load(EXAMPLES / "orders.yaml"))


@pytest.fixture
def build() -> Callable[[str], Topology]:
    """The topology of a cluster `orders` in region box with these further lines."""
    return lambda text: topology.build(spec.parse(f"cluster: orders\nregion: box\n{text}", "cluster.yaml"))


@pytest.fixture
def balancers() -> Mapping[str, str]:
    return {"orders-nameserver": "10.81.15.200"}


def _recorded(name: str) -> bytes:
    return (Path(__file__).parent / "recorded" / f"{name}.bin").read_bytes()


@pytest.fixture
def recorded() -> Callable[[str], bytes]:
    """One answer of a real server (RocketMQ 5.5.0) by name, whole, to the request with opaque 7."""
    return _recorded


class Replay:
    """Answers each request by its code with recorded bytes, for whichever opaque it asks."""

    administrator = User(name="steppe", secret="a-secret")

    def __init__(self, answers: Mapping[int, bytes]) -> None:
        self._answers = answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        """The way to any address of the cluster leads here."""
        assert address
        assert port
        return "127.0.0.1", self.port

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                (length,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
                self.requests.append(connection.recv(length, socket.MSG_WAITALL))
                asked = decode(self.requests[-1])
                answer = self._answers.get(asked.code)
                if answer is not None:
                    connection.sendall(_for_opaque(answer, asked.opaque))


def _for_opaque(answer: bytes, opaque: int) -> bytes:
    (header,) = struct.unpack_from(">I", answer, 4)
    head = answer[8 : 8 + header].replace(b'"opaque":7', b'"opaque":%d' % opaque)
    body = answer[8 + header :]
    return struct.pack(">iI", 4 + len(head) + len(body), len(head)) + head + body


@pytest.fixture
def replaying() -> Iterator[Callable[[Mapping[int, bytes]], Replay]]:
    """Starts a Replay of answers by request code."""
    with contextlib.ExitStack() as servers:

        def start(answers: Mapping[int, bytes]) -> Replay:
            server = Replay(answers)
            servers.callback(server.close)
            return server

        yield start


@pytest.fixture(scope="session")
def nomad() -> Path:
    """The pinned binary of the set-up."""
    found = sorted(cache.cache_folder().glob("tools/nomad-*/nomad"))
    if not found:
        pytest.skip("Nomad is not set up: run `make setup`")
    return found[-1]


@pytest.fixture(scope="session")
def rocketmq_jars() -> Path:
    found = sorted(cache.cache_folder().glob("rocketmq-*/lib"))
    if not found or shutil.which("java") is None:
        pytest.skip("RocketMQ's jars or Java are not set up: run `make setup`")
    return found[-1]
