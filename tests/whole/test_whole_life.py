"""A cluster's whole life, from a file to messages and back to an empty region, by the commands alone.

The tests stand in the order of that life; they share one cluster.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bench.balancers import measured

from steppe.control.access import Access
from steppe.control.secrets import User
from steppe.operations.cluster import Addresses, Cluster, addresses, owned
from steppe.operations.way import access
from steppe.rocketmq import admin
from steppe.rocketmq.remoting import Refused, call
from steppe.rocketmq.verify import TOPIC
from steppe.rocketmq.verify import verify as check
from tests.whole.conftest import ORDERS, PATIENCE_S, Shell, until
from tests.whole.customer import sent_and_received
from tests.whole.hidden import processes, secrets_of
from tests.whole.matrix import differences
from tests.whole.outward import address_of, called_by_a_job, callers, public_url
from tests.whole.strangers import OTHER_PROJECT, homes, others, strangers
from ubox.fabric.names import Names

pytestmark = pytest.mark.box


@pytest.fixture(scope="module")
def built(shell: Shell) -> Iterator[list[dict[str, Any]]]:
    """The events of the `up` that built the cluster."""
    yield shell.events("up", ORDERS, "--yes")
    shell.run("down", ORDERS, "--yes")


def test_an_interrupted_up_says_so_and_down_removes_what_it_made(shell: Shell) -> None:
    running = shell.start(["up", ORDERS, "--yes"])
    assert running.stdout is not None and running.stderr is not None
    for line in running.stdout:
        event = json.loads(line)
        if event.get("state") == "done" and event["step"].startswith("create subnet"):
            break
    running.send_signal(signal.SIGINT)
    _, shown = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 130
    assert "Traceback" not in shown
    assert "run the same command again" in shown
    shell.run("down", ORDERS, "--yes")
    assert shell.hosts() == {}


def test_up_waits_for_every_named_condition(built: list[dict[str, Any]]) -> None:
    met = {event["condition"] for event in built if event["type"] == "condition" and event["met"]}
    assert {
        "Consul's servers vote and are healthy",
        "Nomad's servers vote and are healthy",
        "every Nomad client is ready",
        "the balancer orders-consul answers on port 8501",
        "the balancer orders-nomad answers on port 4646",
        "the endpoint lists the NameServers of main, through the balancer",
        "Broker group orders-0 has a master and 3 members in sync",
    } <= met


@pytest.mark.usefixtures("built")
def test_every_host_is_in_its_zone_with_the_cluster_id(shell: Shell) -> None:
    hosts = shell.hosts()
    assert len(hosts) == 13
    assert all(row["Tag"] == "orders" for row in hosts.values())
    zones = {"a": "box-01", "b": "box-02", "c": "box-03"}
    for role in ("consul", "nomad", "nameserver", "broker"):
        assert {letter: hosts[f"orders-{role}-{letter}"]["Zone"] for letter in zones} == zones


@pytest.mark.usefixtures("built")
def test_messages_go_through_and_each_is_checked(shell: Shell) -> None:
    result = shell.json("verify", ORDERS, "--messages", "2000")["groups"]["main"]
    assert result["sent"] == result["acknowledged"] == result["received"] == 2000
    assert (result["missing"], result["corrupt"]) == (0, 0)


@pytest.mark.usefixtures("built")
def test_an_application_may_do_what_it_was_granted_and_nobody_else_anything(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shell.environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "shop.conf"
    topic = ("--pub", TOPIC, "--sub", TOPIC, "--group", f"{TOPIC}*")
    shell.run("mq", "user", "create", ORDERS, "shop", *topic, "--out", file)
    assert file.stat().st_mode & 0o777 == 0o600
    secret = dict(line.split("=") for line in file.read_text().splitlines())["secretKey"]
    assert not shell.json("mq", "user", "list", ORDERS)["lacking"]
    shop, wrong = User(name="shop", secret=secret), User(name="shop", secret="wrong")
    with entered() as (cluster, where, way):

        def sent(user: User) -> int:
            result = check(
                cluster.topology,
                where.balancers,
                "main",
                user=user,
                nomad=way.nomad,
                access=way,
                emit=lambda event: None,
                messages=20,
                deadline_s=30.0,
            )
            assert result.received == result.acknowledged
            return result.acknowledged

        assert (sent(shop), sent(wrong)) == (20, 0)
        shell.run("mq", "user", "grant", ORDERS, "shop", "--only", "--pub", "another")
        assert sent(shop) == 0
        shell.run("mq", "user", "delete", ORDERS, "shop", "--yes")
        master = next(iter(admin.masters(way, f"{where.balancers['orders-nameserver']}:9876").values()))
        assert not admin.knows(way, master, shop)
        with pytest.raises(Refused) as refused:
            call(*way.endpoint(*_split(master)), 17, {"topic": "mine", "perm": "6"})
        assert refused.value.code == 16


@contextmanager
def entered() -> Iterator[tuple[Cluster, Addresses, Access]]:
    cluster = owned(ORDERS)
    where = addresses(cluster, cluster.observe())
    with access(cluster, where, lambda event: None) as way:
        yield cluster, where, way


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


@pytest.mark.usefixtures("built")
def test_topics_and_groups_are_shown_member_by_member(shell: Shell) -> None:
    topic = shell.json("mq", "topic", "status", ORDERS, "steppe-verify")["broker_groups"]
    assert [(part["broker_group"], part["messages"] >= 2000) for part in topic] == [("orders-0", True)]
    nameservers, brokers = shell.json("mq", "status", ORDERS)["groups"]
    assert sorted(member["role"] for member in nameservers["members"]) == ["follower", "follower", "leader"]
    assert sorted(member["role"] for member in brokers["members"]) == ["master", "replica", "replica"]
    assert {member["zone"] for member in brokers["members"]} == {"box-01", "box-02", "box-03"}
    assert (brokers["in_sync"], brokers["takes_messages"]) == (3, True)


@pytest.mark.usefixtures("built")
def test_a_group_is_removed_with_its_data_and_comes_back_anew(shell: Shell, tmp_path: Path) -> None:
    assert "still asks" in shell.run("mq", "remove", ORDERS, "orders-0", "--yes", code=2).stderr
    without = tmp_path / "orders.yaml"
    without.write_text(ORDERS.read_text().partition("  brokers:")[0])
    shell.run("mq", "remove", without, "orders-0", "--delete-data", "--yes")
    assert [group["name"] for group in shell.json("mq", "list", without)["groups"]] == ["main"]
    # Its controllers have forgotten its members, or none of the new ones would become master.
    shell.run("mq", "apply", ORDERS, "--yes")
    _, brokers = shell.json("mq", "list", ORDERS)["groups"]
    assert (brokers["state"], brokers["port"]) == ("running", 10911)
    assert shell.json("mq", "topic", "list", ORDERS)["topics"] == {}


@pytest.mark.usefixtures("built")
def test_a_second_up_changes_nothing_and_says_so(shell: Shell) -> None:
    assert [event for event in shell.events("up", ORDERS, "--yes") if event["type"] == "step"] == []
    assert "No change" in shell.run("up", ORDERS, "--yes").stderr
    assert shell.json("plan", ORDERS, "--exit-code")["steps"] == []


@pytest.mark.usefixtures("built")
def test_a_further_group_shows_what_it_restarts(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(ORDERS.read_text() + "    orders-1: {nameserver: main}\n")
    changed, made = shell.json("plan", file, "--exit-code", code=3)["jobs"]
    assert changed["name"] == "rocketmq-broker-orders-0"
    assert "restarted, one after the other" in changed["sentence"]
    assert "memory_mib" in {change["field"] for change in changed["changes"]}
    assert (made["action"], made["name"]) == ("create", "rocketmq-broker-orders-1")


@pytest.mark.usefixtures("built")
def test_a_group_that_the_file_no_longer_names_is_held_back(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(ORDERS.read_text().partition("  brokers:")[0])
    (held,) = shell.json("plan", file, "--exit-code", code=3)["held"]
    assert (held["action"], held["name"]) == ("delete", "rocketmq-broker-orders-0")


@pytest.mark.usefixtures("built")
def test_status_is_healthy_and_names_every_host(shell: Shell) -> None:
    status = shell.json("status", ORDERS)
    assert status["healthy"]
    assert {host["state"] for host in status["hosts"]} == {"Running"}
    assert all(condition["met"] for condition in status["conditions"])


@pytest.mark.usefixtures("built")
def test_the_region_goes_on_when_its_server_is_killed(shell: Shell) -> None:
    before = shell.hosts()
    server = json.loads(shell.run("box", "status", "--json").stdout)
    os.kill(server["pid"], signal.SIGKILL)
    until("the server is gone", lambda: not Path(f"/proc/{server['pid']}/exe").exists())
    shell.run("box", "start")
    assert shell.hosts() == before
    until("the cluster is well", lambda: shell.run("status", ORDERS, code=None).returncode == 0)


@pytest.mark.usefixtures("built")
def test_a_host_that_was_switched_off_shows_and_is_mended(shell: Shell) -> None:
    lost = shell.hosts()["orders-nomad-b"]
    shell.cloud().invoke("PoweroffUHostInstance", {"UHostId": lost["UHostId"], "Zone": lost["Zone"]})
    until("it is Stopped", lambda: shell.hosts()["orders-nomad-b"]["State"] == "Stopped")
    assert "orders-nomad-b is Stopped" in shell.run("status", ORDERS, code=4).stderr
    steps = shell.json("plan", ORDERS, "--exit-code", code=3)["steps"]
    assert [step["name"] for step in steps] == ["orders-nomad-b"]
    shell.run("up", ORDERS, "--yes")
    assert shell.hosts()["orders-nomad-b"]["UHostId"] == lost["UHostId"]
    until("the cluster is well", lambda: shell.run("status", ORDERS, code=None).returncode == 0)


@pytest.mark.usefixtures("built")
def test_jobs_call_the_cloud_through_the_gateway_and_by_no_other_way(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shell.environment.items():
        monkeypatch.setenv(name, value)
    url, cloud = public_url(shell), shell.cloud()

    def gateway() -> dict[str, Any]:
        (row,) = cloud.invoke("DescribeNATGW", {})["DataSet"]
        assert row["NATGWName"] == "orders-gateway-client"
        return dict(row)

    def seen_as() -> list[str]:
        return [address["EIP"] for each in gateway()["IPSet"] for address in each["IPResInfo"]]

    with entered() as (_, _, way):
        for pool in ("broker", "nameserver"):
            assert called_by_a_job(way.nomad, url, pool)
        assert callers(shell) == seen_as() * 2
        out = ("network", "trace", ORDERS, "broker-c", *address_of(url), "--live")
        assert shell.json(*out)["tried"]["came_through"]
        # The management network has no way out.
        curl = ("--", "curl", "--silent", "--max-time", "3", url)
        for host in ("consul-a", "nomad-b"):
            shell.run("ssh", ORDERS, host, *curl, code=28)
        assert shell.run("ssh", ORDERS, "broker-b", *curl).returncode == 0
        cloud.invoke("DeleteNATGW", {"NATGWId": gateway()["NATGWId"]})
        steps = shell.json("plan", ORDERS, "--exit-code", "--no-price", code=3)["steps"]
        assert [(step["action"], step["name"]) for step in steps] == [("create", "orders-gateway-client")]
        assert "trace.differs" in shell.run(*out, code=4).stderr
        before = callers(shell)
        assert not called_by_a_job(way.nomad, url, "broker")
        assert callers(shell) == before
        assert shell.json("verify", ORDERS, "--messages", "200")["groups"]["main"]["received"] == 200
        shell.run("up", ORDERS, "--yes")
        assert called_by_a_job(way.nomad, url, "broker")
        assert callers(shell)[len(before) :] == seen_as()


@pytest.mark.usefixtures("built")
def test_balancers_lead_to_whoever_lives_while_a_zone_is_cut_off(shell: Shell) -> None:
    told = measured(shell.box, patience_s=20.0)
    for of_listeners in told.values():
        assert {each.listener for each in of_listeners} == {
            "orders-consul:8501",
            "orders-nomad:4646",
            "orders-nameserver:9876",
            "orders-nameserver:8080",
        }
        assert [each for each in of_listeners if not each.connections] == []
    assert [each for each in told["cut"] if each.lost_afterwards] == []
    # Nomad may start NameServers anew on a host that was away for too long; agents it doesn't touch.
    agents = [each for each in told["heal"] if not each.listener.startswith("orders-nameserver")]
    assert [each.lost for each in agents] == [0, 0]
    until("the cluster is well", lambda: shell.run("status", ORDERS, code=None).returncode == 0)


@pytest.mark.usefixtures("built")
def test_a_person_reaches_hosts_by_name_in_both_networks(shell: Shell) -> None:
    for host in ("orders-bastion", "consul-a", "broker-c"):
        done = shell.run("ssh", ORDERS, host, "--", "hostname; exit 7", code=7)
        assert done.stdout.strip() == f"orders-{host.removeprefix('orders-')}"
    assert "did you mean orders-broker-a?" in shell.run("ssh", ORDERS, "brokr-a", code=2).stderr
    assert "Consul" in shell.run("logs", ORDERS, "consul-b", "consul", "--since", "2h").stdout
    for source, target, port in (("broker-a", "orders-consul", "8501"), ("bastion", "broker-c", "22")):
        assert shell.json("network", "trace", ORDERS, source, target, port, "--live")["tried"]["came_through"]
    for source, target, port in (("consul-a", "broker-b", "10911"), ("nomad-b", "orders-nameserver", "9876")):
        done = shell.run("network", "trace", ORDERS, source, target, port, "--live", code=4)
        assert "trace.stopped" in done.stderr
    folder = Path(shell.environment["STEPPE_WORKSPACE"]) / "box" / "orders"
    assert [each.name for each in folder.iterdir() if "ssh" in each.name] == []


@pytest.mark.usefixtures("built")
def test_a_person_has_a_role_for_as_long_as_the_command_runs(shell: Shell) -> None:
    nodes = json.loads(shell.run("access", ORDERS, "--", "nomad", "node", "status", "-json").stdout)
    assert len(nodes) == 6
    enable = ("--", "nomad", "node", "eligibility", "-enable", nodes[0]["ID"])
    assert "Permission denied" in shell.run("access", ORDERS, *enable, code=1).stderr
    shell.run("access", ORDERS, "--role", "operator", *enable)
    keys = ("--role", "operator", "--", "consul", "keyring", "-list")
    assert "Permission denied" in shell.run("access", ORDERS, *keys, code=1).stderr
    members = shell.run("access", ORDERS, "--", "consul", "members").stdout
    assert members.count("alive") == 12
    assert "No token to revoke" in shell.run("access", ORDERS, "--revoke").stderr


@pytest.mark.usefixtures("built")
def test_a_rotation_restarts_nothing_and_goes_on_after_a_kill(shell: Shell) -> None:
    def running() -> set[tuple[str, int]]:
        allocations = shell.run("access", ORDERS, "--", "nomad", "operator", "api", "/v1/allocations").stdout
        return {
            (each["ID"], state["Restarts"])
            for each in json.loads(allocations)
            if each["ClientStatus"] == "running"
            for state in each["TaskStates"].values()
        }

    secrets = Path(shell.environment["STEPPE_WORKSPACE"]) / "box" / "orders" / "secrets.json"
    before, tasks = json.loads(secrets.read_text()), running()
    killed = shell.start(["rotate", ORDERS, "certs", "--yes"])
    assert killed.stdout is not None
    for line in killed.stdout:
        if json.loads(line).get("step") == "renew orders-consul-a":
            break
    killed.kill()
    killed.communicate(timeout=PATIENCE_S)
    begun = secrets.read_text()
    assert shell.json("status", ORDERS)["warnings"] == [
        f"a rotation was begun and is not finished: steppe rotate {ORDERS} certs"
    ]
    shell.run("rotate", ORDERS, "certs", "--yes")
    assert secrets.read_text() == begun
    shell.run("rotate", ORDERS, "gossip", "--yes")
    after = json.loads(secrets.read_text())
    for name, own in after["hosts"].items():
        assert own["consul_tls"] is None or own["consul_tls"] != before["hosts"][name]["consul_tls"]
    keys = ("consul_gossip", "nomad_gossip")
    assert {after[key] for key in keys}.isdisjoint(before[key] for key in keys)
    assert running() == tasks
    assert shell.json("plan", ORDERS, "--exit-code")["steps"] == []
    assert shell.json("status", ORDERS)["warnings"] == []


@pytest.mark.usefixtures("built")
def test_every_port_answers_just_whom_the_table_of_flows_names(shell: Shell, tmp_path: Path) -> None:
    """Peers among them: a customer sends and receives by internal addresses, KUN reaches the balancers."""
    file, user = tmp_path / "orders.yaml", tmp_path / "shop.conf"
    file.write_text(ORDERS.read_text())
    may = ("--pub", "parcels", "--sub", "parcels", "--group", "parcels*")
    shell.run("mq", "topic", "create", ORDERS, "parcels")
    shell.run("mq", "user", "create", ORDERS, "shop", *may, "--out", user)
    before = shell.hosts()
    with others(shell) as joined:
        customer, kun = joined["customer"].vpc, joined["kun"].vpc
        shell.run("network", "peer", file, customer, "--yes")
        shell.run("network", "peer", file, kun, "--management", "--project", OTHER_PROJECT, "--yes")
        assert shell.json("plan", file, "--exit-code", "--no-price")["steps"] == []
        assert {peer["vpc_id"]: peer["joined"] for peer in shell.json("status", file)["peers"]} == {
            customer: True,
            kun: True,
        }
        with strangers({**homes(shell), **joined}, "box-01") as standing:
            result = sent_and_received(
                Names.of(shell.box),
                standing["customer"],
                credentials=user,
                endpoint=f"{shell.json('status', file)['addresses']['balancers']['orders-nameserver']}:8080",
                nameserver="main",
                topic="parcels",
                messages=200,
            )
            assert result["sent"] == result["acknowledged"] == result["received"] == 200, result
            assert differences(shell, tmp_path, standing) == []
        shell.run("network", "unpeer", file, customer, "--yes")
        # What the file of the cluster doesn't name goes, also without a word to the command.
        (step,) = shell.json("plan", ORDERS, "--exit-code", "--no-price", code=3)["steps"]
        assert step["name"] == f"orders-net-management--{kun}"
        shell.run("up", ORDERS, "--yes")
    shell.run("mq", "user", "delete", ORDERS, "shop", "--yes")
    shell.run("mq", "topic", "delete", ORDERS, "parcels", "--yes")
    assert {name: row["UHostId"] for name, row in shell.hosts().items()} == {
        name: row["UHostId"] for name, row in before.items()
    }
    assert shell.json("plan", ORDERS, "--exit-code", "--no-price")["on_hosts"] == []


def test_no_secret_is_in_any_output_log_or_process(shell: Shell, built: list[dict[str, Any]]) -> None:
    folder = Path(shell.environment["STEPPE_WORKSPACE"]) / "box" / "orders"
    assert (folder / "secrets.json").stat().st_mode & 0o777 == 0o600
    shown = {
        "events": json.dumps(built),
        "audit log": (folder / "audit.jsonl").read_text(),
        "plan": shell.run("plan", ORDERS, "--json", code=None).stdout,
        "status": shell.run("status", ORDERS, "--json", code=None).stdout,
        "region's log": (shell.box / "ubox.log").read_text(),
        **{
            f"console of {path.parent.name}": path.read_text()
            for path in shell.box.glob("hosts/*/console.log")
        },
        **dict(processes(Names.of(shell.box))),
    }
    assert any(place.startswith("environment") for place in shown)
    found = [
        (secret[:6], place)
        for secret in secrets_of(folder)
        for place, text in shown.items()
        if secret in text
    ]
    assert found == []


@pytest.mark.usefixtures("built")
def test_down_leaves_nothing_in_the_region(shell: Shell) -> None:
    shell.run("down", ORDERS, "--yes")
    cloud = shell.cloud()
    assert shell.hosts() == {}
    assert cloud.invoke("DescribeVPC", {"Limit": 100})["DataSet"] == []
    assert cloud.invoke("DescribeULB", {"Limit": 100})["DataSet"] == []
    assert cloud.invoke("DescribeEIP", {"Limit": 100})["EIPSet"] == []
    assert cloud.invoke("DescribeUDisk", {"Limit": 100})["DataSet"] == []
    firewalls = cloud.invoke("DescribeFirewall", {"Limit": 100})["DataSet"]
    assert [row["Name"] for row in firewalls if row["Tag"] == "orders"] == []
    assert "nothing to remove" in shell.run("down", ORDERS, "--yes").stderr
