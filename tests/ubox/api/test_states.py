"""States that change over time, by a clock that the test moves, or by being looked at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from ubox.contract import refusals as no
from ubox.settings import Delay, Timings, timings
from ubox.testing import Served, serve

if TYPE_CHECKING:
    from tests.ubox.api.conftest import Api, Clock

TIMES = Timings(
    host_install=Delay(10),
    host_start=Delay(5),
    host_stop=Delay(3),
    boot_disk=Delay(600),
    disk=Delay(2),
    image=Delay(60),
    subnet_cooldown=300.0,
    firewall_lag=30.0,
)
LOCAL = [{"IsBoot": "True", "Type": "LOCAL_SSD", "Size": 20}]


@pytest.fixture
def slow(clock: Clock) -> AbstractContextManager[Served]:
    """A box whose time stands still unless the test moves it."""
    return serve(clock=clock, timings=TIMES)


def test_a_host_goes_through_its_states(
    slow: AbstractContextManager[Served], clock: Clock, connect: Callable[[Served], Api]
) -> None:
    with slow as served:
        api = connect(served)
        host = api.host(*api.network(), Disks=LOCAL)
        seen = []
        for step in (0.0, 9.9, 0.2, 4.8, 0.2):
            clock.now += step
            seen.append(api.shown(host)["State"])
        assert seen == ["Initializing", "Initializing", "Starting", "Starting", "Running"]
        assert api.shown(host)["BootDiskState"] == "Initializing"
        assert api.code("CreateCustomImage", UHostId=host, ImageName="i") == no.BOOT_NOT_READY.code
        clock.now += 600
        assert api.shown(host)["BootDiskState"] == "Normal"

        image = api.uhost.create_custom_image({"UHostId": host, "ImageName": "i"})["ImageId"]
        assert api.code("TerminateCustomImage", ImageId=image) == no.IMAGE_STATE.code
        clock.now += 60
        api.uhost.terminate_custom_image({"ImageId": image})

        api.uhost.stop_uhost_instance({"UHostId": host})
        assert api.shown(host)["State"] == "Stopping"
        assert api.code("TerminateUHostInstance", UHostId=host) == no.HOST_POWER.code
        clock.now += 3
        assert api.shown(host)["State"] == "Stopped"


def test_power_asked_for_again_forgets_the_change_that_was_planned(
    slow: AbstractContextManager[Served], clock: Clock, connect: Callable[[Served], Api]
) -> None:
    with slow as served:
        api = connect(served)
        host = api.host(*api.network())
        clock.now += 15
        api.uhost.reboot_uhost_instance({"UHostId": host})
        api.uhost.poweroff_uhost_instance({"UHostId": host})
        clock.now += 20
        assert api.shown(host)["State"] == "Stopped"


def test_a_subnet_and_a_firewall_stay_in_use_for_a_while(
    slow: AbstractContextManager[Served], clock: Clock, connect: Callable[[Served], Api]
) -> None:
    with slow as served:
        api = connect(served)
        vpc, subnet = api.network()
        wall = api.firewall()
        host = api.host(vpc, subnet, SecurityGroupId=wall)
        clock.now += 20
        api.uhost.poweroff_uhost_instance({"UHostId": host})
        clock.now += 20
        api.uhost.terminate_uhost_instance({"UHostId": host})
        assert api.vpc.describe_subnet_resource({"SubnetId": subnet})["TotalCount"] == 0
        assert api.code("DeleteSubnet", SubnetId=subnet) == no.SUBNET_BUSY.code
        assert api.code("DeleteFirewall", FWId=wall) == no.FIREWALL_IN_USE.code
        clock.now += 30
        assert api.code("DeleteFirewall", FWId=wall) == 0
        assert api.code("DeleteSubnet", SubnetId=subnet) == no.SUBNET_BUSY.code
        clock.now += 270
        assert api.code("DeleteSubnet", SubnetId=subnet) == 0


def test_a_disk_is_busy_while_it_moves(
    slow: AbstractContextManager[Served], clock: Clock, connect: Callable[[Served], Api]
) -> None:
    with slow as served:
        api = connect(served)
        host = api.host(*api.network())
        disk = api.udisk.create_udisk({"Zone": "box-01", "Size": 20, "Name": "d"})["UDiskId"][0]

        def state() -> str:
            return str(api.udisk.describe_udisk({"UDiskId": disk})["DataSet"][0]["Status"])

        assert state() == "Initializating"
        assert api.code("AttachUDisk", UDiskId=disk, HostId=host) == no.DISK_BUSY.code
        clock.now += 20
        api.udisk.attach_udisk({"UDiskId": disk, "HostId": host})
        assert state() == "Attaching"
        assert api.code("DetachUDisk", UDiskId=disk, HostId=host) == no.DISK_BUSY.code
        clock.now += 2
        assert state() == "InUse"
        api.udisk.detach_udisk({"UDiskId": disk, "HostId": host})
        assert state() == "Detaching"
        clock.now += 2
        assert state() == "Available"


def test_states_can_change_by_being_looked_at(connect: Callable[[Served], Api]) -> None:
    by_polls = Timings(host_install=Delay(polls=2), host_start=Delay(polls=1))
    with serve(timings=by_polls) as served:
        api = connect(served)
        host = api.host(*api.network())
        other = api.host(*api.network("other"))
        seen = [api.shown(host)["State"] for _ in range(4)]
        assert seen == ["Initializing", "Starting", "Running", "Running"]
        assert api.shown(other)["State"] == "Initializing"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"host_nap": 1}, "host_nap"),
        ({"disk": -1}, "disk"),
        ({"disk": "soon"}, "disk"),
        ({"subnet_cooldown": {"polls": 1}}, "cooldown"),
    ],
)
def test_wrong_timings_are_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        timings(given)
