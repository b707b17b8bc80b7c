"""A real NameServer with its controller answers what steppe asks."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from steppe.control.secrets import User
from steppe.rocketmq import admin
from steppe.rocketmq.admin import Replicas
from steppe.rocketmq.remoting import Refused, RemotingError

DEADLINE_S = 90


class Direct:
    administrator = User(name="steppe", secret="a-secret")

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        return address, port


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


@pytest.fixture(scope="module")
def nameserver(rocketmq_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of the NameServer and of its controller."""
    folder = tmp_path_factory.mktemp("nameserver")
    port, controller = free_ports(2)
    (folder / "namesrv.conf").write_text(
        f"listenPort={port}\nenableControllerInNamesrv=true\ncontrollerDLegerGroup=main\n"
        f"controllerDLegerPeers=n0-127.0.0.1:{controller}\ncontrollerDLegerSelfId=n0\n"
        f"controllerStorePath={folder}/controller\n"
    )
    command = ["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Duser.home={folder}"]
    main = ["-cp", f"{rocketmq_jars}/*", "org.apache.rocketmq.namesrv.NamesrvStartup"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, *main, "-c", str(folder / "namesrv.conf")],
            env=os.environ | {"ROCKETMQ_HOME": str(folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        until_leader(f"127.0.0.1:{controller}", process, folder / "log")
        yield f"127.0.0.1:{port}", f"127.0.0.1:{controller}"
    finally:
        process.kill()
        process.wait()


def until_leader(controller: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            admin.replicas(Direct(), [controller], "none")
        except RemotingError as error:
            ended = process.poll() is not None
            assert not ended, log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline, error
            time.sleep(0.1)
        else:
            return


def test_it_knows_no_group(nameserver: tuple[str, str]) -> None:
    address, controller = nameserver
    assert admin.masters(Direct(), address) == {}
    unknown = admin.replicas(Direct(), [controller], "orders-0")
    assert unknown == Replicas(master=None, in_sync=(), behind=())


def test_it_refuses_a_topic_that_is_not_there(nameserver: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        admin.queues(Direct(), nameserver[0], "nothing")
    assert refused.value.code == 17


def test_a_member_that_is_down_is_passed_over(nameserver: tuple[str, str]) -> None:
    (nobody,) = free_ports(1)
    admin.replicas(Direct(), [f"127.0.0.1:{nobody}", nameserver[1]], "orders-0")
