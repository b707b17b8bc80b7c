"""Of two commands that would change one cluster at once, one works and the other says who has the lock."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from steppe.cloud import Lock, locked
from steppe.cloud.claim import ClaimWant, claim_firewall
from steppe.cloud.claim_remark import ClaimRemark, LockMark, parse
from steppe.cloud.lock import Terms, find_claim
from steppe.engine import Scope
from steppe.errors import Claimed, SteppeError
from tests.cloud.cluster_in_box import ClusterInBox, raises_nothing
from ubox.faults import FaultRule, Strike

SCOPE = Scope(cluster="orders", region="box")
MARK = LockMark(run="r", until=1_700_000_000, by="ada@north", pid=7, place="", command="up")


@dataclass
class Clock:
    """A clock that stands until it is told to go on."""

    time: float = 1_700_000_000.0
    terms: Terms = field(init=False)

    def __post_init__(self) -> None:
        self.terms = Terms(now=lambda: self.time)


@pytest.fixture
def claimed(empty: ClusterInBox) -> ClusterInBox:
    """A region where the claim is, and nothing else."""
    claim_firewall(empty.api, SCOPE, ClaimRemark(owner="me").text())
    return empty


def lock_of(cluster: ClusterInBox) -> LockMark | None:
    row = find_claim(cluster.api, SCOPE)
    assert row is not None
    return parse(row["Remark"]).lock


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_remark_is_read_as_it_was_written() -> None:
    assert parse("steppe owner=abc") == ClaimRemark(owner="abc")
    assert parse(ClaimRemark(owner="abc", lock=MARK).text()) == ClaimRemark(owner="abc", lock=MARK)


@pytest.mark.parametrize(
    "text", ["", "mine", "steppe", "steppe owner=", "owner=abc", "steppe cluster=orders"]
)
def test_a_remark_of_others_has_no_owner(text: str) -> None:
    assert parse(text) == ClaimRemark(owner="")


def test_half_a_lock_is_none() -> None:
    assert parse("steppe owner=abc lock=r until=soon by=x pid=1 at= command=up") == ClaimRemark(owner="abc")


def test_a_remark_fits_whatever_the_holder_is_called() -> None:
    long = LockMark(
        run="f" * 16, until=9_999_999_999, by="ü x" * 99, pid=4_194_304, place="f" * 12, command="up now" * 50
    )
    text = ClaimRemark(owner="f" * 16, lock=long).text()
    assert len(text) <= 255
    again = parse(text).lock
    assert again is not None and (again.run, again.until) == (long.run, long.until)


def test_the_second_is_refused_with_the_holder(claimed: ClusterInBox) -> None:
    with (
        locked(claimed.api, SCOPE, "me", command="up", place="here"),
        pytest.raises(Claimed, match=r"changing the cluster orders: `up` of .+@.+, process \d+") as told,
        locked(claimed.api, SCOPE, "me", command="down", place="there"),
    ):
        pass
    assert (told.value.code, told.value.exit_code) == ("lock.held", 5)
    assert lock_of(claimed) is None
    with locked(claimed.api, SCOPE, "me", command="down"):
        assert lock_of(claimed) is not None


def test_another_owner_is_refused_before_anything_is_written(claimed: ClusterInBox) -> None:
    with pytest.raises(Claimed) as told, locked(claimed.api, SCOPE, "you", command="up"):
        pass
    assert told.value.code == "claim.other"
    assert "UpdateFirewallAttribute" not in claimed.api.calls


def test_a_dead_holders_lock_ends_by_its_expiry(claimed: ClusterInBox) -> None:
    clock = Clock()
    _leave_a_lock(claimed, clock, place="")
    clock.time += 59
    with pytest.raises(Claimed), locked(claimed.api, SCOPE, "me", command="up", terms=clock.terms):
        pass
    clock.time += 2
    with locked(claimed.api, SCOPE, "me", command="up", terms=clock.terms) as lock:
        lock.confirm()


def test_a_dead_holders_lock_ends_at_once_for_who_holds_its_lock_file(claimed: ClusterInBox) -> None:
    clock = Clock()
    _leave_a_lock(claimed, clock, place="here")
    with pytest.raises(Claimed), locked(claimed.api, SCOPE, "me", command="up", place="x", terms=clock.terms):
        pass
    with locked(claimed.api, SCOPE, "me", command="up", place="here", terms=clock.terms) as lock:
        lock.confirm()


def test_it_is_renewed_while_the_command_runs(claimed: ClusterInBox) -> None:
    clock = Clock()
    terms = Terms(renewed_s=0.01, now=clock.terms.now)
    with locked(claimed.api, SCOPE, "me", command="up", terms=terms) as lock:
        clock.time += 1000
        until(lambda: (mark := lock_of(claimed)) is not None and mark.until == int(clock.time) + 60)
        lock.confirm()


def test_of_two_that_wrote_at_once_the_first_gives_way(claimed: ClusterInBox) -> None:
    """Both read the lock free; the second's write is the one that stays."""
    with locked(claimed.api, SCOPE, "me", command="up") as first:
        _write(claimed, ClaimRemark(owner="me"))
        with locked(claimed.api, SCOPE, "me", command="down") as second:
            with pytest.raises(Claimed, match="taken, now by `down` of") as told:
                first.confirm()
            assert told.value.code == "lock.lost"
            second.confirm()
            first.release()
            second.confirm()


def test_a_renewal_sees_that_the_cluster_was_taken_over_and_stops_the_command(claimed: ClusterInBox) -> None:
    with locked(claimed.api, SCOPE, "me", command="up", terms=Terms(renewed_s=0.01)) as lock:

        def taken_over() -> bool:
            """A renewal that had read before wins over one write; not over all."""
            _write(claimed, ClaimRemark(owner="you"))
            return lock.lost.wait(0.1)

        until(taken_over)
        with pytest.raises(Claimed) as told:
            lock.require()
        assert told.value.code == "claim.other"
    row = find_claim(claimed.api, SCOPE)
    assert row is not None and row["Remark"] == "steppe owner=you"


def test_what_can_not_be_renewed_is_lost_when_its_time_is_over(claimed: ClusterInBox) -> None:
    clock = Clock()
    with locked(
        claimed.api, SCOPE, "me", command="up", terms=Terms(renewed_s=0.01, now=clock.terms.now)
    ) as lock:
        refused = FaultRule(kind=Strike.ERROR, action="UpdateFirewallAttribute", retcode=299)
        claimed.served.box.faults.set([refused])
        clock.time += 61
        assert lock.lost.wait(20)
        with pytest.raises(Claimed, match="could not be renewed"):
            lock.require()


def test_where_there_is_no_claim_one_of_two_makes_it(empty: ClusterInBox) -> None:
    """Copies of one workspace: the owner is the same."""
    ended: list[Lock | SteppeError] = []
    ready, done = threading.Barrier(2), threading.Barrier(2)

    def command(name: str) -> None:
        try:
            with locked(empty.api, SCOPE, "me", command=name) as lock:
                ready.wait(20)
                try:
                    lock.claim()
                    ended.append(lock)
                finally:
                    done.wait(20)
        except SteppeError as error:
            ended.append(error)

    threads = [threading.Thread(target=command, args=(name,)) for name in ("up", "up-too")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [each for each in ended if isinstance(each, SteppeError)]
    assert len(ended) == 2
    assert [error.code for error in refused] == ["lock.held"]
    assert lock_of(empty) is None


@pytest.mark.parametrize("strike", [Strike.DROP_AFTER, Strike.DROP_BEFORE, Strike.HTTP])
def test_lost_answers_are_asked_for_again(empty: ClusterInBox, strike: Strike) -> None:
    rules = [
        FaultRule(kind=strike, action=name, nth=1) for name in ("CreateFirewall", "UpdateFirewallAttribute")
    ]
    empty.served.box.faults.set(rules)
    with locked(empty.api, SCOPE, "me", command="up") as lock:
        lock.claim()
        assert lock_of(empty) is not None
    assert lock_of(empty) is None


def test_the_claim_of_the_lock_is_the_one_of_the_plan(empty: ClusterInBox) -> None:
    """`up` plans while there is no claim, then the lock makes it, then the plan is applied."""
    observed = empty.observe()
    with locked(empty.api, SCOPE, empty.secrets.owner, command="up") as lock:
        plan = empty.plan()
        lock.claim()
        raises_nothing(empty._apply(plan, empty.desired, observed))
        lock.confirm()
        assert empty.plan().is_empty
        raises_nothing(empty.down())
    assert empty.census() == ()
    assert all(want.owner for want in empty.desired.wants if isinstance(want, ClaimWant))


def test_a_lock_changes_no_plan_and_costs_four_calls(running: ClusterInBox) -> None:
    before, calls = running.observe().fingerprint, sum(running.api.calls.values())
    with locked(running.api, SCOPE, running.secrets.owner, command="up") as lock:
        lock.claim()
    assert sum(running.api.calls.values()) - calls == 4
    with locked(running.api, SCOPE, running.secrets.owner, command="up"):
        assert running.plan().is_empty
        assert running.observe().fingerprint == before


def _leave_a_lock(cluster: ClusterInBox, clock: Clock, *, place: str) -> None:
    """As a command that was killed leaves it."""
    mark = LockMark(run="dead", until=int(clock.time) + 60, by="ada@north", pid=7, place=place, command="up")
    _write(cluster, ClaimRemark(owner="me", lock=mark))


def _write(cluster: ClusterInBox, remark: ClaimRemark) -> None:
    row = find_claim(cluster.api, SCOPE)
    assert row is not None
    cluster.api.call("UpdateFirewallAttribute", FWId=row["FWId"], Remark=remark.text())


def test_a_run_that_fails_keeps_the_lock_and_takes_it_out(claimed: ClusterInBox) -> None:
    """A failing step stops the run by the same event that a lost lock does."""
    sold_out = FaultRule(kind=Strike.ERROR, action="CreateVPC", retcode=4207, message="over quota")
    claimed.served.box.faults.set([sold_out])
    mine = claimed.with_(secrets=dataclasses.replace(claimed.secrets, owner="me"))
    with locked(mine.api, SCOPE, "me", command="up") as lock:
        result = mine.up(stop=lock.lost)
        assert {failure.error.code for failure in result.failures} == {"ucloud.4207"}
        lock.require()
        lock.confirm()
    assert lock_of(claimed) is None
