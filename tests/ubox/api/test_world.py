"""The world that rows promise, how it reaches the fabric, and what the fabric reports back."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ubox.testing import Served, serve
from ubox.world import Reports, Rule, World

if TYPE_CHECKING:
    from tests.ubox.api.conftest import Api

DEADLINE_S = 10


class PaperFabric:
    """Keeps the worlds that it was told to make, and reports only what a test tells it to."""

    def __init__(self) -> None:
        self.worlds: list[World] = []
        self.failures = 0
        self.stopped = False
        self.forgotten: list[str] = []
        self._changed = threading.Condition()

    def start(self, reports: Reports) -> None:
        self.reports = reports

    def converge(self, world: World) -> None:
        with self._changed:
            if self.failures:
                self.failures -= 1
                raise OSError("no such netns")
            self.worlds.append(world)
            self._changed.notify_all()

    def forget_disk(self, disk: str) -> None:
        with self._changed:
            self.forgotten.append(disk)
            self._changed.notify_all()

    def stop(self) -> None:
        self.stopped = True

    def wait(self, holds: Callable[[World], bool]) -> World:
        """The first world, made or to be made, for which this holds."""
        with self._changed:
            met = self._changed.wait_for(lambda: bool(self.worlds) and holds(self.worlds[-1]), DEADLINE_S)
            assert met, "the fabric was never told of that world"
            return self.worlds[-1]


def test_rows_become_the_world(api: Api) -> None:
    vpc, subnet = api.network()
    other, _ = api.network("other", "10.81.0.0/20")
    api.vpc.create_vpc_intercom({"VPCId": other, "DstVPCId": vpc})
    wall = api.firewall(
        "wall", "TCP|80-90|203.0.113.0/24,198.51.100.7|ACCEPT|HIGH|web", "ICMP||0.0.0.0/0|DROP|LOW|"
    )
    script = b"#!/bin/sh\ntouch /done\n"
    host = api.host(
        vpc,
        subnet,
        Name="orders-broker-a",
        Tag="orders",
        PrivateIp=["10.80.0.64"],
        SecurityGroupId=wall,
        UserData=base64.b64encode(script).decode(),
        Disks=[
            {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 30},
            {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20},
            {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 40},
        ],
    )
    natgw_eip = api.eip()
    natgw = api.vpc.create_natgw(
        {"NATGWName": "g", "EIPIds": [natgw_eip], "FirewallId": wall, "VPCId": vpc, "SubnetworkIds": [subnet]}
    )["NATGWId"]
    ulb = api.ulb.create_ulb({"InnerMode": "Yes", "VPCId": vpc, "SubnetId": subnet})["ULBId"]
    vserver = api.ulb.create_vserver({"ULBId": ulb, "Protocol": "TCP", "FrontendPort": 9876})["VServerId"]
    api.ulb.allocate_backend(
        {"ULBId": ulb, "VServerId": vserver, "ResourceType": "UHost", "ResourceId": host, "Port": 9876}
    )

    world = api.served.box.world()
    assert {each.id: each.cidrs for each in world.vpcs} == {vpc: ("10.80.0.0/20",), other: ("10.81.0.0/20",)}
    assert world.subnets[0].gateway == "10.80.0.1"
    assert [(each.a, each.b) for each in world.peerings] == [tuple(sorted((vpc, other)))]
    rules = next(each.rules for each in world.firewalls if each.id == wall)
    web = Rule(
        protocol="tcp", ports=(80, 90), sources=("203.0.113.0/24", "198.51.100.7"), accept=True, priority=0
    )
    ping = Rule(protocol="icmp", ports=None, sources=("0.0.0.0/0",), accept=False, priority=2)
    assert rules == (web, ping)
    (eip,) = world.eips
    assert (eip.id, eip.target_kind, eip.target) == (natgw_eip, "natgw", natgw)
    (gateway,) = world.gateways
    assert (gateway.subnets, gateway.eips, gateway.firewall) == ((subnet,), (natgw_eip,), wall)
    (made,) = world.hosts
    assert (made.address, made.power, made.generation, made.user_data) == ("10.80.0.64", "on", 1, script)
    assert [(disk.mount, disk.size_gb) for disk in made.disks] == [("/data", 30), ("/data2", 40)]
    (balancer,) = world.balancers
    assert (balancer.address, balancer.mode, balancer.proxy_address) == (
        "10.80.15.254",
        "PacketsTransmit",
        None,
    )
    (backend,) = balancer.listeners[0].backends
    assert (backend.host, backend.address, backend.port, backend.enabled) == (host, "10.80.0.64", 9876, True)
    assert script.decode() not in repr(world)

    metadata = json.loads(made.metadata)
    assert (metadata["instance-id"], metadata["region"], metadata["availability-zone"]) == (
        host,
        "box",
        "box-01",
    )
    about = metadata["uhost"]
    assert (about["name"], about["tag"], about["memory"]) == ("orders-broker-a", "orders", 1024)
    (interface,) = about["network-interfaces"]
    assert (interface["subnet-id"], interface["mac"]) == (subnet, made.mac)
    assert interface["ips"][0]["ip-address"] == "10.80.0.64"
    assert [disk["is-boot"] for disk in about["disks"]] == [True, False, False]


def test_with_a_fabric_a_host_runs_when_its_machine_does(connect: Callable[[Served], Api]) -> None:
    fabric = PaperFabric()
    with serve(fabric=fabric) as served:
        api = connect(served)
        host = api.host(*api.network())
        fabric.wait(lambda world: bool(world.hosts))
        assert api.shown(host)["State"] == "Starting"
        fabric.reports.machine_running(host, 1)
        assert api.shown(host)["State"] == "Running"

        api.uhost.reboot_uhost_instance({"UHostId": host})
        fabric.wait(lambda world: world.hosts[0].generation == 2)
        fabric.reports.machine_stopped(host, "reboot")
        fabric.reports.machine_running(host, 1)
        assert api.shown(host)["State"] == "Rebooting"
        fabric.reports.machine_running(host, 2)
        assert api.shown(host)["State"] == "Running"

        api.uhost.stop_uhost_instance({"UHostId": host})
        fabric.wait(lambda world: world.hosts[0].power == "off")
        assert api.shown(host)["State"] == "Stopping"
        fabric.reports.machine_stopped(host, "asked to")
        assert api.shown(host)["State"] == "Stopped"
    assert fabric.stopped


def test_a_machine_that_dies_stays_off(connect: Callable[[Served], Api]) -> None:
    fabric = PaperFabric()
    with serve(fabric=fabric) as served:
        api = connect(served)
        host = api.host(*api.network())
        fabric.reports.machine_running(host, 1)
        fabric.reports.machine_stopped(host, "kernel panic")
        fabric.wait(lambda world: bool(world.hosts) and world.hosts[0].power == "off")
        assert api.shown(host)["State"] == "Stopped"
        fabric.reports.machine_running(host, 1)
        assert api.shown(host)["State"] == "Stopped"


def test_a_machine_that_can_not_be_started_can_be_deleted(connect: Callable[[Served], Api]) -> None:
    fabric = PaperFabric()
    with serve(fabric=fabric) as served:
        api = connect(served)
        host = api.host(*api.network())
        fabric.reports.machine_failed(host, "no root")
        assert api.shown(host)["State"] == "Install Fail"
        api.uhost.terminate_uhost_instance({"UHostId": host})
        fabric.wait(lambda world: bool(world.vpcs) and not world.hosts)


def test_backends_are_healthy_when_their_checks_say_so(connect: Callable[[Served], Api]) -> None:
    fabric = PaperFabric()
    with serve(fabric=fabric) as served:
        api = connect(served)
        vpc, subnet = api.network()
        ulb = api.ulb.create_ulb({"InnerMode": "Yes", "VPCId": vpc, "SubnetId": subnet})["ULBId"]
        vserver = api.ulb.create_vserver({"ULBId": ulb, "Protocol": "TCP", "FrontendPort": 80})["VServerId"]
        backends = [
            api.ulb.allocate_backend(
                {"ULBId": ulb, "VServerId": vserver, "ResourceType": "UHost", "ResourceId": host, "Port": 80}
            )["BackendId"]
            for host in (api.host(vpc, subnet), api.host(vpc, subnet))
        ]

        def seen() -> tuple[int, list[int]]:
            found = api.ulb.describe_vserver({"ULBId": ulb})["DataSet"][0]
            return found["Status"], [backend["Status"] for backend in found["BackendSet"]]

        assert seen() == (1, [1, 1])
        fabric.reports.backend_health(backends[0], True)
        assert seen() == (2, [0, 1])
        fabric.reports.backend_health(backends[1], True)
        assert seen() == (0, [0, 0])


def test_a_world_that_could_not_be_made_is_tried_again(connect: Callable[[Served], Api]) -> None:
    fabric = PaperFabric()
    fabric.failures = 1
    with serve(fabric=fabric) as served:
        connect(served).network()
        fabric.wait(lambda world: bool(world.subnets))


def test_reading_tells_the_fabric_nothing(connect: Callable[[Served], Api]) -> None:
    fabric = PaperFabric()
    with serve(fabric=fabric) as served:
        api = connect(served)
        api.network()
        told = len(fabric.worlds) if fabric.wait(lambda world: bool(world.subnets)) else 0
        for _ in range(5):
            api.vpc.describe_vpc({})
        api.firewall()
        fabric.wait(lambda world: len(world.firewalls) == 2 * 2 * 2 + 1)
        assert len(fabric.worlds) == told + 1


def test_a_region_is_as_it_was_after_the_server_ends(
    tmp_path: Path, connect: Callable[[Served], Api]
) -> None:
    first, second = PaperFabric(), PaperFabric()
    with serve(tmp_path, first) as served:
        api = connect(served)
        host = api.host(*api.network())
        before = first.wait(lambda world: bool(world.hosts))
    with serve(tmp_path, second) as served:
        assert second.wait(lambda world: bool(world.hosts)) == before
        second.reports.machine_running(host, 1)
        assert connect(served).shown(host)["State"] == "Running"


def test_what_is_on_a_disk_is_forgotten_when_the_disk_is_gone(connect: Callable[[Served], Api]) -> None:
    fabric = PaperFabric()
    with serve(fabric=fabric) as served:
        api = connect(served)
        kept, gone = (
            api.udisk.create_udisk({"Zone": "box-01", "Size": 20, "Name": name})["UDiskId"][0]
            for name in ("a", "b")
        )
        assert api.udisk.describe_udisk({})["TotalCount"] == 2
        api.udisk.delete_udisk({"Zone": "box-01", "UDiskId": gone})
        fabric.wait(lambda _: fabric.forgotten == [gone])
        assert kept not in fabric.forgotten
