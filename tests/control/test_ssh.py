"""Commands on hosts over SSH: their own pinned keys, exit codes, and what OpenSSH's client reads."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from tests.control.conftest import build, on_loopback

from steppe.control.access import open_access
from steppe.control.client import ControlError
from steppe.control.secrets import Secrets, make
from steppe.control.ssh import Hosts
from steppe.control.ssh_config import known_hosts, ssh_config
from steppe.engine.events import Event
from steppe.topology import Topology

HOST = "orders-broker-b"


def silent(_: Event) -> None:
    return None


@pytest.fixture(scope="module")
def cluster() -> Topology:
    return on_loopback(build())


@pytest.fixture(scope="module")
def secrets(cluster: Topology) -> Secrets:
    return make(cluster)


@pytest.fixture(scope="module")
def port(cluster: Topology, secrets: Secrets) -> Iterator[int]:
    """An SSH server as on that host; it answers with what it was asked and given."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def answer(process: asyncssh.SSHServerProcess[bytes]) -> None:
        given = await process.stdin.read()
        process.stdout.write(f"{process.command}|".encode() + given)
        process.stderr.write(b"and this")
        process.exit(7)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            str(cluster.host(HOST).address),
            0,
            server_host_keys=[asyncssh.import_private_key(secrets.hosts[HOST].ssh_host_key)],
            authorized_client_keys=asyncssh.import_authorized_keys(secrets.ssh_public_key),
            process_factory=answer,
            encoding=None,
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    yield acceptor.get_port()

    async def end() -> None:
        acceptor.close()
        await acceptor.wait_closed()

    asyncio.run_coroutine_threadsafe(end(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_command_gets_its_input_and_gives_its_exit_code(
    cluster: Topology, secrets: Secrets, port: int
) -> None:
    with open_access(cluster, secrets, None, silent) as access:
        result = Hosts(access, secrets, port=port).run(cluster.host(HOST), "cat >x", given=b"secret")
    assert (result.exit_code, result.output, result.errors) == (7, "cat >x|secret", "and this")
    assert "secret" not in repr(result)


def test_a_host_with_another_key_gets_nothing(cluster: Topology, secrets: Secrets, port: int) -> None:
    other = make(cluster).hosts[HOST].ssh_host_public
    expecting = replace(
        secrets, hosts={**secrets.hosts, HOST: replace(secrets.hosts[HOST], ssh_host_public=other)}
    )
    with (
        open_access(cluster, secrets, None, silent) as access,
        pytest.raises(ControlError, match="shows another SSH host key") as caught,
    ):
        Hosts(access, expecting, port=port).run(cluster.host(HOST), "true")
    assert caught.value.code == "ssh.host-key"


def test_a_host_that_does_not_answer_is_named(cluster: Topology, secrets: Secrets) -> None:
    with (
        open_access(cluster, secrets, None, silent) as access,
        pytest.raises(ControlError, match=r"orders-broker-b \(127.* connection refused"),
    ):
        Hosts(access, secrets, port=1).run(cluster.host(HOST), "true")


def evaluated(config: Path, host: str) -> dict[str, str]:
    """What OpenSSH makes of the file for that host."""
    shown = subprocess.run(
        ["ssh", "-G", "-F", config, host], capture_output=True, text=True, check=True
    ).stdout
    return dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)


def test_openssh_reads_the_configuration_as_it_is_meant(tmp_path: Path) -> None:
    cluster, folder = build(), tmp_path / "with a space and 100%"
    folder.mkdir()
    text = ssh_config(cluster, "198.51.100.7", key=folder / "key", known_hosts=folder / "known")
    (folder / "config").write_text(text)
    inside = evaluated(folder / "config", HOST)
    assert inside["hostname"] == str(cluster.host(HOST).address)
    assert inside["proxyjump"] == "orders-bastion"
    assert inside["hostkeyalias"] == HOST
    assert inside["stricthostkeychecking"] in ("true", "yes")
    assert inside["user"] == "root"
    bastion = evaluated(folder / "config", "orders-bastion")
    assert bastion["hostname"] == "198.51.100.7"
    assert "proxyjump" not in bastion


def test_inside_the_network_no_host_is_jumped_over() -> None:
    cluster = build("region: box\naccess: {mode: direct, from: [10.99.0.0/16]}\n")
    text = ssh_config(cluster, None, key=Path("/k"), known_hosts=Path("/h"))
    assert "ProxyJump" not in text
    assert text.count("\n  HostName ") == len(cluster.hosts)


def test_every_host_is_pinned_by_its_own_key(cluster: Topology, secrets: Secrets, tmp_path: Path) -> None:
    known = tmp_path / "known"
    known.write_text(known_hosts(cluster, secrets))
    for host in cluster.hosts:
        found = subprocess.run(
            ["ssh-keygen", "-F", host.name, "-f", known], capture_output=True, text=True, check=True
        ).stdout
        assert secrets.hosts[host.name].ssh_host_public.split()[1] in found
