"""Waiting for named conditions: in parallel, with reasons, and never longer than asked."""

from __future__ import annotations

import threading

import pytest

from steppe.control.conditions import Condition, Hopeless, NotMet, check_once, wait
from steppe.engine.events import ConditionEvent, Event
from steppe.errors import Unhealthy


def holds() -> None:
    return None


def fails() -> None:
    raise NotMet("2 of 3 voters", hint="Look at orders-consul-c.")


class After:
    """Met from the n-th look on."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def __call__(self) -> None:
        self.left -= 1
        if self.left > 0:
            raise NotMet(f"{self.left} more")


def test_it_returns_when_all_are_met_and_tells_each_reason_once_it_changes() -> None:
    events: list[Event] = []
    wait([Condition("slow", After(3)), Condition("fast", holds)], 10, events.append)
    slow = [event for event in events if isinstance(event, ConditionEvent) and event.condition == "slow"]
    assert [(event.met, event.why_not) for event in slow] == [
        (False, "2 more"),
        (False, "1 more"),
        (True, ""),
    ]
    assert all(event.left_s is not None and 0 < event.left_s <= 10 for event in slow if not event.met)
    assert any(isinstance(event, ConditionEvent) and event.condition == "fast" for event in events)


def test_at_the_deadline_each_unmet_one_is_named_with_its_last_error_and_the_next_step() -> None:
    with pytest.raises(Unhealthy) as caught:
        wait(
            [Condition("Consul has 3 voters", fails), Condition("Nomad answers", holds)],
            0.2,
            lambda _: None,
        )
    assert "Consul has 3 voters: 2 of 3 voters" in caught.value.message
    assert "Nomad answers" not in caught.value.message
    assert caught.value.hint == "Look at orders-consul-c."
    assert caught.value.exit_code == 4


def test_a_poll_that_hangs_does_not_hold_the_deadline_up() -> None:
    freed, ended = threading.Event(), threading.Event()

    def hangs() -> None:
        freed.wait(60)
        ended.set()

    with pytest.raises(Unhealthy, match="not looked at yet"):
        wait([Condition("hangs", hangs)], 0.2, lambda _: None)
    assert not ended.is_set()
    freed.set()


def test_they_are_looked_at_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=20)
    conditions = [Condition(str(number), together.wait) for number in range(3)]
    wait(conditions, 20, lambda _: None)
    assert all(result.met for result in check_once(conditions))


def test_what_can_not_come_true_ends_the_wait_at_once() -> None:
    def hopeless() -> None:
        raise Hopeless("someone else's cluster", code="bootstrap.foreign")

    conditions = [Condition("ours", hopeless), Condition("never", fails)]
    with pytest.raises(Hopeless, match="someone else"):
        wait(conditions, 60, lambda _: None)
    assert [result.why_not for result in check_once(conditions)] == [
        "someone else's cluster",
        "2 of 3 voters",
    ]


def test_a_fault_in_a_poll_is_not_swallowed() -> None:
    def faulty() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wait([Condition("faulty", faulty)], 5, lambda _: None)
    with pytest.raises(ZeroDivisionError):
        check_once([Condition("faulty", faulty)])


def test_looking_once_gives_every_result_in_order() -> None:
    results = check_once([Condition("a", fails), Condition("b", holds)])
    assert [(each.condition, each.met, each.why_not) for each in results] == [
        ("a", False, "2 of 3 voters"),
        ("b", True, ""),
    ]
    assert results[0].hint == "Look at orders-consul-c."
