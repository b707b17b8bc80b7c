"""Runs that end in the middle, and lost answers: the next run makes it whole, and nothing is there twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from steppe.cloud import Api
from steppe.cloud.transport import Pooled
from steppe.engine.events import Event, StepEvent
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, credentials, raises_nothing
from ubox.faults import FaultRule, Strike


class Killed(BaseException):
    """As if the process had ended here."""


class KilledAt:
    """A transport that ends the process before or after its n-th changing call, and all later calls."""

    def __init__(self, nth: int, *, after: bool) -> None:
        self._pooled, self._nth, self._after = Pooled(16), nth, after
        self._changes = 0
        self._lock = threading.Lock()

    def send(self, request: Any, **options: Any) -> Any:
        reads = request.data["Action"].startswith(("Describe", "Get"))
        with self._lock:
            self._changes += not reads
            place = self._changes
        if place > self._nth or (place == self._nth and not self._after and not reads):
            raise Killed
        answer = self._pooled.send(request, **options)
        if place == self._nth and not reads:
            raise Killed
        return answer

    def close(self) -> None:
        self._pooled.close()


def _wants(cluster: ClusterInBox) -> list[str]:
    return sorted(str(want.key) for want in cluster.desired.wants)


@pytest.fixture
def region(small: Topology) -> Iterator[ClusterInBox]:
    with cluster_in_box(small) as cluster:
        yield cluster


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 7, 16, 28, 40, 60])
def test_up_killed_at_a_call_is_completed_by_the_next(region: ClusterInBox, nth: int, after: bool) -> None:
    dying = region.with_(api=Api(credentials(region.served), transport=KilledAt(nth, after=after)))
    with pytest.raises(Killed):
        dying.up()
    raises_nothing(region.up())
    assert region.plan().is_empty
    assert region.names() == _wants(region)
    raises_nothing(region.down())
    assert region.census() == ()


@pytest.mark.parametrize("nth", [1, 6, 15, 30])
def test_down_killed_at_a_call_is_completed_by_the_next(region: ClusterInBox, nth: int) -> None:
    raises_nothing(region.up())
    dying = region.with_(api=Api(credentials(region.served), transport=KilledAt(nth, after=True)))
    with pytest.raises(Killed):
        dying.down()
    raises_nothing(region.down())
    assert region.census() == ()


CREATES = (
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
)
DELETES = (
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
)


@pytest.mark.parametrize("kind", [Strike.DROP_AFTER, Strike.DROP_BEFORE, Strike.HTTP, Strike.ERROR])
def test_every_first_change_goes_wrong_and_the_run_ends_well(region: ClusterInBox, kind: Strike) -> None:
    """ERROR is a throttle (153), HTTP a 503."""
    rules = [FaultRule(kind=kind, action=action, nth=1) for action in CREATES + DELETES]
    region.served.box.faults.set(rules)
    raises_nothing(region.up())
    assert region.names() == _wants(region)
    assert region.plan().is_empty
    raises_nothing(region.down())
    assert region.census() == ()
    struck = {rule.action for rule in region.served.box.faults.rules if rule.met}
    assert struck == {*CREATES, *DELETES}


def test_every_fifth_answer_is_lost_and_the_run_ends_well(region: ClusterInBox) -> None:
    region.served.box.faults.set([FaultRule(kind=Strike.DROP_AFTER, every=5)])
    raises_nothing(region.up())
    raises_nothing(region.down())
    region.served.box.faults.set([])
    assert region.census() == ()


def test_a_stop_ends_the_run_and_leaves_what_the_next_can_use(region: ClusterInBox) -> None:
    stop = threading.Event()

    class AtFirstSubnet(list[Event]):
        def append(self, event: Event) -> None:
            if isinstance(event, StepEvent) and event.step.startswith("create subnet"):
                stop.set()

    result = region.with_(events=AtFirstSubnet()).up(stop=stop)
    assert result.failures == () and result.not_begun
    raises_nothing(region.up())
    assert region.names() == _wants(region)
