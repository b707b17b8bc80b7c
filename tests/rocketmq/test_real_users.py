"""A real broker with the settings of the job file, real Java clients: who is let in, and for what."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from tests.rocketmq.test_real_nameserver import free_ports

from steppe.control.secrets import RocketmqUsers, User
from steppe.rocketmq import admin
from steppe.rocketmq import jobs as room
from steppe.rocketmq.remoting import Frame, Refused, RemotingError, call
from steppe.rocketmq.users import AppUser, broker_items, grants

DEADLINE_S = 300
NO_PERMISSION = 16
JAVA = Path(__file__).parents[2] / "images" / "java"
OWN = RocketmqUsers(
    administrator=User(name="steppe", secret="s-administrator"),
    brokers=User(name="steppe-brokers", secret="s-brokers"),
    check=User(name="steppe-verify", secret="s-check"),
)
SHOP = AppUser(name="shop", secret="s-shop", grants=grants(["sales"], ["sales"], ["shop*"]))
GONE = AppUser(name="gone", secret="", deleted=True)


@dataclass(frozen=True)
class Direct:
    administrator: User | None

    def endpoint(self, address: str, port: int) -> tuple[str, int]:
        return address, port


ADMINISTRATOR = Direct(OWN.administrator)


@dataclass(frozen=True)
class Broker:
    nameserver: str
    address: str
    classpath: str
    folder: Path

    def list_users(self, *users: AppUser) -> None:
        """As Nomad does when its template changes."""
        part = self.folder / "users.part"
        part.write_text(broker_items(OWN, {user.name: user for user in users})["users"])
        part.rename(self.folder / "users.json")

    def ask(self, user: User | None, code: int, fields: Mapping[str, str], body: bytes = b"") -> Frame:
        host, _, port = self.address.rpartition(":")
        return call(host, int(port), code, fields, body, user=user, timeout_s=30.0)

    def check(self, topic: str, user: User | None) -> dict[str, int]:
        """The Java client of `steppe verify`: what it counted."""
        arguments = ["--namesrv", self.nameserver, "--topic", topic, "--group", "shop", "--messages", "20"]
        arguments += ["--timeout-seconds", "6" if user != as_user(SHOP) or topic != "sales" else "60"]
        if user:
            file = self.folder / "user.conf"
            file.write_text(f"accessKey={user.name}\nsecretKey={user.secret}\n")
            arguments += ["--credentials", str(file)]
        command = ["java", "-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", self.classpath]
        done = subprocess.run(
            [*command, f"-Duser.home={self.folder}", "Verify", *arguments],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        assert lines, done.stderr[-2000:]
        counted: dict[str, int] = json.loads(lines[-1])
        return counted


def as_user(user: AppUser) -> User:
    return User(name=user.name, secret=user.secret)


@pytest.fixture(scope="module")
def broker(rocketmq_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if shutil.which("javac") is None:
        pytest.skip("there is no JDK")
    folder = tmp_path_factory.mktemp("broker")
    compiled = ["javac", "-cp", f"{rocketmq_jars}/*", "-d", str(folder / "classes")]
    subprocess.run([*compiled, *map(str, sorted(JAVA.glob("*.java")))], check=True)
    nameserver, port, replication = free_ports(3)
    made = Broker(
        nameserver=f"127.0.0.1:{nameserver}",
        address=f"127.0.0.1:{port}",
        classpath=f"{folder}/classes:{rocketmq_jars}/*",
        folder=folder,
    )
    made.list_users(SHOP)
    (folder / "namesrv.conf").write_text(f"listenPort={nameserver}\n")
    (folder / "broker.conf").write_text(
        f"brokerClusterName=orders\nbrokerName=orders-0\nbrokerIP1=127.0.0.1\nnamesrvAddr={made.nameserver}\n"
        f"listenPort={port}\nhaListenPort={replication}\nstorePathRootDir={folder}/store\n"
        f"mappedFileSizeCommitLog=16777216\nautoCreateTopicEnable=false\nregisterNameServerPeriod=10000\n"
        f"transactionMetricFlushInterval=500\ntimerFlushIntervalMs=10000\n{_settings()}"
    )
    with ExitStack() as ends:
        ends.enter_context(_java(made, "org.apache.rocketmq.namesrv.NamesrvStartup", "namesrv.conf"))
        ends.enter_context(_java(made, "Broker", "broker.conf", f"-Dusers.file={folder}/users.json"))
        _until(lambda: "orders-0" in admin.masters(ADMINISTRATOR, made.nameserver), made)
        for topic in ("sales", "others"):
            _until(partial(_has_topic, made, topic), made)
        yield made


def _has_topic(broker: Broker, topic: str) -> bool:
    admin.create_topic(ADMINISTRATOR, broker.address, topic, queue_count=2)
    return bool(admin.queues(ADMINISTRATOR, broker.nameserver, topic))


def _settings() -> str:
    """Those of authentication in the job file, with what Nomad would put in."""
    text = (Path(room.__file__).parent / "broker.nomad.hcl").read_text()
    lines = re.findall(r"^ *((?:auth|initAuth|innerClient)\w+=.*)$", text, re.MULTILINE)
    assert len(lines) == 7
    items = broker_items(OWN, {})
    return re.sub(r"\{\{ \.(\w+) \}\}", lambda match: items[match[1]], "\n".join(lines)) + "\n"


@contextmanager
def _java(broker: Broker, main: str, configuration: str, *options: str) -> Iterator[None]:
    """The program while the block runs."""
    small = ["-Xmx192m", "-XX:MaxDirectMemorySize=128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    where = [f"-Duser.home={broker.folder}", "-Dtls.server.mode=disabled", "-cp", broker.classpath]
    with (broker.folder / f"{main}.log").open("w") as log:
        process = subprocess.Popen(
            ["java", *small, *options, *where, main, "-c", str(broker.folder / configuration)],
            env=os.environ | {"ROCKETMQ_HOME": str(broker.folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _until(holds: Callable[[], bool], broker: Broker) -> None:
    deadline = time.monotonic() + DEADLINE_S
    last: object = None
    while True:
        try:
            if holds():
                return
        except RemotingError as error:
            last = error
        logs = [path.read_text(errors="replace")[-1500:] for path in broker.folder.glob("*.log")]
        assert time.monotonic() < deadline, (last, *logs)
        time.sleep(0.1)


def _refusal(ask: Callable[[], object]) -> int:
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value.code


@pytest.mark.parametrize(
    "user",
    [None, User(name="steppe", secret="wrong"), User(name="nobody", secret="s"), as_user(SHOP)],
    ids=["unsigned", "wrong secret", "unknown", "an application"],
)
def test_nobody_but_the_administrator_orders_anything(broker: Broker, user: User | None) -> None:
    fields = {"topic": "more", "readQueueNums": "1", "writeQueueNums": "1", "perm": "6", "defaultTopic": "x"}
    assert _refusal(partial(broker.ask, user, 17, fields)) == NO_PERMISSION
    assert _refusal(partial(broker.ask, user, 3005, {})) == NO_PERMISSION


def test_what_rocketmq_has_no_rule_for_is_closed_to_applications(broker: Broker) -> None:
    pull = {
        "consumerGroup": "shop",
        "topic": "others",
        "queueId": "0",
        "queueOffset": "0",
        "maxMsgNums": "1",
        "sysFlag": "0",
        "commitOffset": "0",
        "suspendTimeoutMillis": "0",
        "subVersion": "0",
    }
    closed: list[tuple[int, Mapping[str, str], bytes]] = [
        (25, {}, b"brokerPermission=2"),
        (26, {}, b""),
        (28, {}, b""),
        (43, {}, b""),
        (200, {}, b'{"groupName":"mine"}'),
        (361, pull, b""),
        (400, {}, b'{"topic":"others","consumerGroup":"shop"}'),
    ]
    for code, fields, body in closed:
        assert _refusal(partial(broker.ask, as_user(SHOP), code, fields, body)) == NO_PERMISSION, code
    own = {**pull, "topic": "sales"}
    try:
        broker.ask(as_user(SHOP), 361, own)
    except Refused as refused:
        assert refused.code != NO_PERMISSION
    assert b"storePathRootDir" in broker.ask(OWN.administrator, 26, {}).body


def test_an_application_does_what_it_was_granted(broker: Broker) -> None:
    counted = broker.check("sales", as_user(SHOP))
    assert (counted["acknowledged"], counted["received"], counted["missing"]) == (20, 20, 0)


@pytest.mark.parametrize(
    ("topic", "user"),
    [("others", as_user(SHOP)), ("sales", None), ("sales", User(name="shop", secret="wrong"))],
    ids=["another topic", "unsigned", "wrong secret"],
)
def test_a_java_client_without_the_right_gets_nothing_through(
    broker: Broker, topic: str, user: User | None
) -> None:
    counted = broker.check(topic, user)
    assert (counted["acknowledged"], counted["received"]) == (0, 0)


def test_a_change_of_the_list_is_followed_without_a_restart(broker: Broker) -> None:
    more = AppUser(name="more", secret="s-more", grants=grants(["sales-*"], [], []))
    less = AppUser(name="shop", secret="s-new", grants=grants(["sales"], [], []))
    broker.list_users(less, more)
    _until(lambda: admin.knows(ADMINISTRATOR, broker.address, as_user(more)), broker)
    _until(lambda: admin.grants(ADMINISTRATOR, broker.address)["shop"] == less.grants, broker)
    _until(lambda: not admin.knows(ADMINISTRATOR, broker.address, as_user(SHOP)), broker)
    _until(lambda: admin.knows(ADMINISTRATOR, broker.address, as_user(less)), broker)
    broker.list_users(SHOP, GONE, AppUser(name="more", secret="", deleted=True))
    _until(lambda: not admin.knows(ADMINISTRATOR, broker.address, as_user(more)), broker)
    _until(lambda: admin.grants(ADMINISTRATOR, broker.address).get("shop") == SHOP.grants, broker)
    _until(lambda: "more" not in admin.grants(ADMINISTRATOR, broker.address), broker)


def test_a_list_that_is_damaged_changes_nothing_and_shows_no_secret(broker: Broker) -> None:
    (broker.folder / "users.json").write_text('[{"name": "shop", "secret": "s-hidden", ')
    log = broker.folder / "Broker.log"
    _until(lambda: "not a JSON list of users" in log.read_text(), broker)
    assert admin.knows(ADMINISTRATOR, broker.address, as_user(SHOP))
    text = log.read_text()
    assert [
        secret for secret in ("s-hidden", "s-shop", "s-administrator", "s-brokers") if secret in text
    ] == []
