"""How a plan is run: order, faults by class, lost answers, stops."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from steppe.engine import FaultClass, Patience, Result, apply, observe, plan, plan_down
from steppe.engine.events import Event, StepEvent, StepState
from steppe.errors import SteppeError
from tests.engine.toy import (
    KINDS,
    SCOPE,
    CupFact,
    CupWant,
    ThingFact,
    ThingWant,
    ToyCloud,
    desired,
    fault,
    on,
)

SHELF, CUP = ThingWant(name="s"), CupWant(name="c", needs=on("s"))
QUICK = Patience(
    poll_first_s=0.001,
    backoff_first_s=0.001,
    backoff_most_s=0.005,
    lost_answer_s=0.02,
    visible_s=0.1,
    retry_s=0.2,
    not_yet_s=0.2,
)


@pytest.fixture
def cloud() -> ToyCloud:
    return ToyCloud()


def run(
    cloud: ToyCloud,
    *wants: ThingWant,
    patience: Patience = QUICK,
    emit: Callable[[Event], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Result:
    """Plans and applies; without wants, everything goes."""
    seen = observe(cloud, SCOPE, KINDS)
    made = plan(desired(*wants), seen, KINDS) if wants else plan_down(seen, KINDS)
    return apply(made, desired(*wants), seen, cloud, KINDS, emit, patience=patience, stop=stop)


def failing(
    times: int, fault_class: FaultClass, what: str = "create", name: str = "s"
) -> Callable[[str, str], None]:
    """Refuses the first calls of that kind."""
    calls: Counter[tuple[str, str]] = Counter()

    def trouble(done: str, to: str) -> None:
        calls[done, to] += 1
        if (done, to) == (what, name) and calls[done, to] <= times:
            raise fault(fault_class)

    return trouble


def test_all_is_done_in_order(cloud: ToyCloud) -> None:
    result = run(cloud, CUP, SHELF)
    assert cloud.done == [("create", "s"), ("create", "c")]
    assert result.done == ("create shelf s", "create cup c")
    assert result.fact("cup", "c").uses == (result.fact("shelf", "s").id,)


def test_steps_that_need_nothing_of_each_other_run_at_once(cloud: ToyCloud) -> None:
    together = threading.Barrier(3, timeout=10)
    cloud.before = lambda _what, _name: void(together.wait())
    run(cloud, *(ThingWant(name=name) for name in "abc")).raise_if_incomplete()
    assert len(cloud.facts) == 3


def test_a_step_begins_when_what_it_needs_is_done_and_waits_for_no_other(cloud: ToyCloud) -> None:
    """The cup on the quick shelf is made while the slow shelf still isn't there: there are no waves."""
    cup_made = threading.Event()

    def before(_what: str, name: str) -> None:
        if name == "slow":
            assert cup_made.wait(10)

    cloud.before = before
    cloud.after = lambda _what, name: cup_made.set() if name == "c" else None
    wants = (ThingWant(name="slow"), ThingWant(name="s"), CUP)
    run(cloud, *wants).raise_if_incomplete()


@pytest.mark.parametrize("fault_class", [FaultClass.RETRYABLE, FaultClass.NOT_YET, FaultClass.ABSENT])
def test_what_may_succeed_later_is_tried_again(cloud: ToyCloud, fault_class: FaultClass) -> None:
    cloud.before = failing(2, fault_class)
    run(cloud, SHELF).raise_if_incomplete()
    assert cloud.done == [("create", "s")]


@pytest.mark.parametrize(
    "fault_class", [FaultClass.RETRYABLE, FaultClass.NOT_YET, FaultClass.ABSENT, FaultClass.UNKNOWN]
)
def test_nothing_is_made_twice_however_the_answer_was_lost(cloud: ToyCloud, fault_class: FaultClass) -> None:
    cloud.after = failing(1, fault_class)
    run(cloud, SHELF, CUP).raise_if_incomplete()
    assert Counter(cloud.done) == {("create", "s"): 1, ("create", "c"): 1}


def test_an_effect_that_shows_late_is_waited_for(cloud: ToyCloud) -> None:
    """After a lost answer the list doesn't show the new thing at once."""
    hidden: list[ThingFact] = []

    def lose(what: str, _name: str) -> None:
        if what == "create":
            hidden.append(cloud.facts.popitem()[1])
            looks = cloud.looks
            cloud.look = lambda: shown_after(looks + 3)  # type: ignore[method-assign]
            raise fault(FaultClass.UNKNOWN)

    def shown_after(looks: int) -> ToyCloud:
        cloud.looks += 1
        if cloud.looks >= looks:
            cloud.put(hidden[0])
        return cloud

    cloud.after = lose
    run(cloud, SHELF, patience=Patience(backoff_first_s=0.001, lost_answer_s=10)).raise_if_incomplete()
    assert cloud.done == [("create", "s")]


def test_a_lost_call_without_effect_is_repeated(cloud: ToyCloud) -> None:
    cloud.before = failing(1, FaultClass.UNKNOWN)
    run(cloud, SHELF).raise_if_incomplete()
    assert cloud.done == [("create", "s")]


def test_deleting_what_is_gone_is_done(cloud: ToyCloud) -> None:
    cloud.put(ThingFact(id="1", name="s"))
    cloud.before = lambda _what, _name: gone(cloud)
    result = run(cloud)
    assert result.done == ("delete shelf s",) and not cloud.facts


def gone(cloud: ToyCloud) -> None:
    cloud.facts.clear()
    raise fault(FaultClass.ABSENT)


def test_a_delete_waits_until_nothing_stands_on_it(cloud: ToyCloud) -> None:
    """The stranger isn't known to the plan, and goes away by itself."""
    cloud.put(ThingFact(id="1", name="s"))
    seen = observe(cloud, SCOPE, KINDS)
    cloud.put(CupFact(id="2", name="c", uses=("1",)))
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepEvent) and event.state is StepState.WAITING:
            cloud.facts.pop("2", None)

    apply(plan_down(seen, KINDS), desired(), seen, cloud, KINDS, emit, patience=QUICK).raise_if_incomplete()
    assert cloud.facts == {}
    whys = [event.why for event in events if isinstance(event, StepEvent) and event.left_s]
    assert whys == ["something stands on it"]


def test_a_permanent_fault_ends_the_run(cloud: ToyCloud) -> None:
    cloud.before = failing(1, FaultClass.PERMANENT)
    result = run(cloud, SHELF, CUP)
    assert [(failure.step, failure.error.code) for failure in result.failures] == [
        ("create shelf s", "toy.permanent")
    ]
    assert result.not_begun == ("create cup c",)
    with pytest.raises(SteppeError, match="trouble"):
        result.raise_if_incomplete()


def test_a_permanent_fault_ends_the_waits_of_others(cloud: ToyCloud) -> None:
    waiting = threading.Event()

    def before(_what: str, name: str) -> None:
        if name == "waits":
            waiting.set()
            raise fault(FaultClass.NOT_YET)
        assert waiting.wait(10)
        raise fault(FaultClass.PERMANENT)

    cloud.before = before
    patience = Patience(backoff_first_s=600, backoff_most_s=600)
    result = run(cloud, SHELF, ThingWant(name="waits"), patience=patience)
    assert result.unfinished == ("create shelf waits",)
    assert len(result.failures) == 1


@pytest.mark.parametrize(
    "fault_class", [FaultClass.RETRYABLE, FaultClass.NOT_YET, FaultClass.ABSENT, FaultClass.UNKNOWN]
)
def test_patience_ends_and_says_what_holds(cloud: ToyCloud, fault_class: FaultClass) -> None:
    cloud.before = failing(10**6, fault_class)
    result = run(cloud, SHELF)
    assert result.failures[0].error.code == "engine.deadline"
    assert "still trouble" in result.failures[0].error.message


def test_the_whole_run_has_an_end(cloud: ToyCloud) -> None:
    cloud.before = failing(10**6, FaultClass.NOT_YET)
    result = run(cloud, SHELF, patience=Patience(backoff_first_s=0.001, backoff_most_s=0.01, total_s=0.1))
    assert result.failures[0].error.code == "engine.deadline"


def test_ctrl_c_finishes_running_calls_and_begins_no_more(cloud: ToyCloud) -> None:
    stop = threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    def press_while_it_runs(_what: str, _name: str) -> None:
        signal.pthread_kill(main, signal.SIGINT)
        assert stop.wait(10)

    cloud.before = press_while_it_runs
    result = run(cloud, SHELF, CUP, stop=stop)
    assert result.interrupted
    assert (result.done, result.not_begun) == (("create shelf s",), ("create cup c",))
    assert cloud.done == [("create", "s")]
    with pytest.raises(KeyboardInterrupt):
        result.raise_if_incomplete()


def test_a_bug_comes_through_after_the_others_have_ended(cloud: ToyCloud) -> None:
    def before(_what: str, _name: str) -> None:
        raise ZeroDivisionError

    cloud.before = before
    with pytest.raises(ZeroDivisionError):
        run(cloud, SHELF, CUP)


def test_each_step_tells_when_it_begins_and_ends(cloud: ToyCloud) -> None:
    events: list[Event] = []
    cloud.before = failing(1, FaultClass.RETRYABLE)
    run(cloud, SHELF, emit=events.append)
    told = [(event.step, event.state) for event in events if isinstance(event, StepEvent)]
    assert told == [
        ("create shelf s", StepState.RUNNING),
        ("create shelf s", StepState.RETRYING),
        ("create shelf s", StepState.DONE),
    ]
    assert isinstance(events[-1], StepEvent) and events[-1].seconds is not None


def test_a_replacement_lost_in_the_middle_is_completed(cloud: ToyCloud) -> None:
    cloud.put(ThingFact(id="old", name="s"))
    cloud.after = failing(1, FaultClass.UNKNOWN, what="delete")
    run(cloud, ThingWant(name="s", size=2)).raise_if_incomplete()
    assert [fact.size for fact in cloud.facts.values()] == [2]


def test_an_update_that_somebody_else_made_is_not_made_again(cloud: ToyCloud) -> None:
    cloud.put(ThingFact(id="1", name="s"))
    cloud.after = failing(1, FaultClass.UNKNOWN, what="update")
    run(cloud, ThingWant(name="s", colour="red")).raise_if_incomplete()
    assert cloud.done == [("update", "s")]


def void(_: object) -> None:
    """Nothing, whatever is given."""
