"""What a plan's last line says: never that all is well when something is in the way or held back."""

from __future__ import annotations

from steppe.cli.plan_view import summary
from steppe.engine import Action, Plan, Problem, Step

_PROBLEM = Problem(
    kind="host", name="h", field="zone", old=None, new="z", reason="host.zone", sentence="no such zone"
)
_STEP = Step(action=Action.REPLACE, kind="host", name="h", reason="host.cpu", sentence="it has 2 cores")


def _plan(*, held: tuple[Step, ...] = (), problems: tuple[Problem, ...] = ()) -> Plan:
    return Plan(cluster="c", region="r", facts="f", steps=(), held=held, problems=problems)


def test_a_plan_with_problems_does_not_look_like_success() -> None:
    assert "can't be done" in summary(_plan(problems=(_PROBLEM,)))


def test_what_is_held_back_is_counted() -> None:
    assert "1 replacement(s) are held back" in summary(_plan(held=(_STEP,)))


def test_an_empty_plan_says_that_it_covers_the_cloud() -> None:
    assert "Nothing to change in the cloud" in summary(_plan())
