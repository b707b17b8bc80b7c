"""The tunnel through a bastion: its pinned key, ports that lead through it, and a connection that drops."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import asyncssh
import pytest

from steppe.control.access import open_access
from steppe.control.client import ControlError
from steppe.control.conditions import Condition, NotMet, wait
from steppe.control.secrets import Secrets, make
from steppe.control.tunnel import Tunnel
from steppe.engine.events import Event
from steppe.errors import Unhealthy
from steppe.topology import Topology

BASTION = "orders-bastion"


class Bastion:
    """An SSH server on a loopback port, with the host key and the operator's key of the cluster."""

    def __init__(self, secrets: Secrets) -> None:
        self.logins = 0
        self._host_key = asyncssh.import_private_key(secrets.hosts[BASTION].ssh_host_key)
        self._operator = asyncssh.import_authorized_keys(secrets.ssh_public_key)
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._acceptor = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)
        self.port = self._acceptor.get_port()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        bastion = self

        class Session(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                bastion._connections.append(conn)

            def auth_completed(self) -> None:
                bastion.logins += 1

            def connection_requested(
                self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
            ) -> bool:
                return True

        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Session,
            server_host_keys=[self._host_key],
            authorized_client_keys=self._operator,
        )

    def need_logins(self, count: int) -> None:
        if self.logins < count:
            raise NotMet(f"{self.logins} of {count}")

    def drop_connections(self) -> None:
        for connection in self._connections:
            self._loop.call_soon_threadsafe(connection.abort)

    def close(self) -> None:
        async def end() -> None:
            self._acceptor.close()
            for connection in self._connections:
                connection.abort()
            await self._acceptor.wait_closed()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def secrets(cluster: Topology) -> Secrets:
    return make(cluster)


@pytest.fixture
def bastion(secrets: Secrets) -> Iterator[Bastion]:
    server = Bastion(secrets)
    yield server
    server.close()


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server behind the bastion that sends back what it gets, once the sender has finished."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, connection.makefile("rb") as sent:
                    connection.sendall(sent.read())

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def open_tunnel(secrets: Secrets, port: int) -> Tunnel:
    return Tunnel(
        "127.0.0.1",
        port=port,
        private_key=secrets.ssh_private_key,
        host_key=secrets.hosts[BASTION].ssh_host_public,
    )


def exchange(endpoint: tuple[str, int], sent: bytes) -> bytes:
    with socket.create_connection(endpoint, timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.read()


def silent(_: Event) -> None:
    return None


def test_bytes_go_through_and_each_place_keeps_its_local_port(
    cluster: Topology, secrets: Secrets, bastion: Bastion, echo: tuple[str, int]
) -> None:
    with open_access(cluster, secrets, "127.0.0.1", silent, ssh_port=bastion.port) as access:
        endpoint = access.endpoint(*echo)
        assert endpoint == access.endpoint(*echo)
        assert endpoint != echo
        big = bytes(range(256)) * 4000
        assert exchange(endpoint, big) == big
        assert bastion.logins == 1


def test_closing_it_ends_open_connections_quietly(
    secrets: Secrets, bastion: Bastion, echo: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    tunnel = open_tunnel(secrets, bastion.port)
    with socket.create_connection(tunnel.endpoint(*echo), timeout=20) as connection:
        connection.sendall(b"not finished")
        wait([Condition("the tunnel stands", tunnel.check)], 30, silent)
        tunnel.close()
        assert connection.recv(1) == b""
    assert caplog.records == []
    with pytest.raises(ControlError, match="is closed"):
        tunnel.endpoint(*echo)


def test_what_does_not_listen_behind_it_is_told(
    cluster: Topology, secrets: Secrets, bastion: Bastion, echo: tuple[str, int]
) -> None:
    with open_access(cluster, secrets, "127.0.0.1", silent, ssh_port=bastion.port) as access:
        access.reach(*echo)
        with pytest.raises(ControlError, match=r"127\.0\.0\.1:1 can't be reached through the bastion"):
            access.reach("127.0.0.1", 1)
        with socket.create_connection(access.endpoint("127.0.0.1", 1), timeout=20) as connection:
            assert connection.recv(1) == b""


def test_a_dropped_connection_is_made_again_and_local_ports_stay(
    secrets: Secrets, bastion: Bastion, echo: tuple[str, int]
) -> None:
    tunnel = open_tunnel(secrets, bastion.port)
    try:
        wait([Condition("the tunnel stands", tunnel.check)], 30, silent)
        endpoint = tunnel.endpoint(*echo)
        for _ in range(3):
            assert exchange(endpoint, b"hello") == b"hello"
            again = partial(bastion.need_logins, bastion.logins + 1)
            bastion.drop_connections()
            wait([Condition("it is made again", again)], 30, silent)
    finally:
        tunnel.close()


def test_another_host_key_is_refused_with_what_it_means(
    cluster: Topology, secrets: Secrets, bastion: Bastion
) -> None:
    impostor = make(cluster).hosts[BASTION]
    own = secrets.hosts[BASTION]
    expecting = replace(
        secrets, hosts={**secrets.hosts, BASTION: replace(own, ssh_host_public=impostor.ssh_host_public)}
    )
    with (
        pytest.raises(Unhealthy) as caught,
        open_access(cluster, expecting, "127.0.0.1", silent, deadline_s=1, ssh_port=bastion.port),
    ):
        pass
    assert "shows another SSH host key" in caught.value.message
    assert "STEPPE_WORKSPACE" in caught.value.hint
    assert bastion.logins == 0


def test_a_key_that_the_bastion_does_not_know_is_told(
    cluster: Topology, secrets: Secrets, bastion: Bastion
) -> None:
    stranger = replace(secrets, ssh_private_key=make(cluster).ssh_private_key)
    with (
        pytest.raises(Unhealthy, match="does not take this workspace's SSH key"),
        open_access(cluster, stranger, "127.0.0.1", silent, deadline_s=1, ssh_port=bastion.port),
    ):
        pass


def test_a_bastion_that_is_not_there_yet_is_waited_for(cluster: Topology, secrets: Secrets) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with (
        pytest.raises(Unhealthy, match=r"the bastion answers: .*connection refused"),
        open_access(cluster, secrets, "127.0.0.1", silent, deadline_s=0.5, ssh_port=port),
    ):
        pass


def test_without_an_address_it_says_what_makes_one(cluster: Topology, secrets: Secrets) -> None:
    with (
        pytest.raises(ControlError, match="has no public address"),
        open_access(cluster, secrets, None, silent),
    ):
        pass
