"""The sweep: a process that ends at any changing call of an `up` or a `down`, and any answer that is lost.

A call is named by its action and by how many of that action came before, since steps run side by side. When
the process ends, nothing is sent any more; calls that are under way land or don't, as with a real kill.
Calls that only read are left out: to end at one is to end before the next change. Each time the next run must
make it whole: what is there is what a clean run makes, each thing once, and after `down` there is nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from steppe.cloud import Api
from steppe.cloud.transport import Pooled
from steppe.topology import Topology
from steppe.topology.model import Role
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, credentials, raises_nothing
from ubox.faults import FaultRule, Strike


class Point(NamedTuple):
    action: str
    nth: int
    """From 1."""


class Killed(BaseException):
    """As if the process had ended here."""


class Wire:
    """A transport that counts changing calls, and ends the process before or after one of them."""

    def __init__(self, end: Point | None = None, *, after: bool = False) -> None:
        self.points: list[Point] = []
        self._pooled, self._end, self._after = Pooled(16), end, after
        self._lock = threading.Lock()
        self._dead = False

    def send(self, request: Any, **options: Any) -> Any:
        place = self._place(request.data["Action"])
        answer = self._pooled.send(request, **options)
        if place is not None and place == self._end:
            self._dead = True
        if self._dead:
            raise Killed
        return answer

    def close(self) -> None:
        self._pooled.close()

    def _place(self, action: str) -> Point | None:
        with self._lock:
            place = None
            if not action.startswith(("Describe", "Get")):
                place = Point(action, 1 + sum(each.action == action for each in self.points))
                self.points.append(place)
            if place is not None and place == self._end and not self._after:
                self._dead = True
            if self._dead:
                raise Killed
            return place


@pytest.fixture(scope="module")
def few(small: Topology) -> Topology:
    """A host of each role, over three zones: every kind is there, and all but one more than once."""
    hosts = tuple(
        next(host for host in small.by_role(role) if role is Role.BASTION or host.zone.index == index % 3)
        for index, role in enumerate(Role)
    )
    names = {host.name for host in hosts}
    balancers = tuple(
        replace(each, backends=tuple(name for name in each.backends if name in names))
        for each in small.balancers
    )
    assert {host.zone for host in hosts} == set(small.zones)
    return replace(small, hosts=hosts, balancers=balancers)


@pytest.fixture
def region(few: Topology) -> Iterator[ClusterInBox]:
    with cluster_in_box(few) as cluster:
        yield cluster


def at(cluster: ClusterInBox, wire: Wire) -> ClusterInBox:
    """The cluster as a process sees it that talks over this wire."""
    return cluster.with_(api=Api(credentials(cluster.served), transport=wire))


def changes(region: ClusterInBox) -> tuple[list[Point], list[Point]]:
    """The changing calls of a clean `up` and of a clean `down`."""
    up, down = Wire(), Wire()
    raises_nothing(at(region, up).up())
    raises_nothing(at(region, down).down())
    return up.points, down.points


def assert_whole(region: ClusterInBox) -> None:
    assert region.plan().is_empty
    assert region.names() == sorted(str(want.key) for want in region.desired.wants)


def in_pairs(ups: list[Point], downs: list[Point]) -> Iterator[tuple[Point, Point]]:
    """Each at least once: a cluster that is made whole is the one that is taken down."""
    for index in range(max(len(ups), len(downs))):
        yield ups[index % len(ups)], downs[index % len(downs)]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_process_that_ends_at_any_call_is_completed_by_the_next(region: ClusterInBox, after: bool) -> None:
    ups, downs = changes(region)
    for up, down in in_pairs(ups, downs):
        with pytest.raises(Killed):
            at(region, Wire(up, after=after)).up()
        raises_nothing(region.up())
        assert_whole(region)
        with pytest.raises(Killed):
            at(region, Wire(down, after=after)).down()
        raises_nothing(region.down())
        assert region.census() == (), f"{up}, {down}"


def test_any_answer_may_be_lost_after_the_effect(region: ClusterInBox) -> None:
    ups, downs = changes(region)
    for up, down in in_pairs(ups, downs):
        region.served.box.faults.set([_lost(up)])
        raises_nothing(region.up())
        assert_whole(region)
        region.served.box.faults.set([_lost(down)])
        raises_nothing(region.down())
        assert region.served.box.faults.rules[0].met >= down.nth
        assert region.census() == (), f"{up}, {down}"


def test_the_sweep_meets_every_action_that_changes_something(region: ClusterInBox) -> None:
    ups, downs = changes(region)
    assert {each.action for each in ups} == {
        "AllocateBackend",
        "AllocateEIP",
        "BindEIP",
        "CreateFirewall",
        "CreateIsolationGroup",
        "CreateNATGW",
        "CreateSubnet",
        "CreateUHostInstance",
        "CreateULB",
        "CreateVPC",
        "CreateVPCIntercom",
        "CreateVServer",
        "ModifyUHostInstanceRemark",
    }
    assert {each.action for each in downs} == {
        "DeleteFirewall",
        "DeleteIsolationGroup",
        "DeleteNATGW",
        "DeleteSubnet",
        "DeleteULB",
        "DeleteVPC",
        "DeleteVPCIntercom",
        "PoweroffUHostInstance",
        "ReleaseEIP",
        "TerminateUHostInstance",
    }


def _lost(point: Point) -> FaultRule:
    return FaultRule(kind=Strike.DROP_AFTER, action=point.action, nth=point.nth)
