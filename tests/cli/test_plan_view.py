"""What a plan's last line says: never that all is well when something is in the way or held back."""

from __future__ import annotations

from steppe.cli.plan_view import lines, summary
from steppe.engine import Action, Change, Plan, Problem, Step

_PROBLEM = Problem(
    kind="host", name="h", field="zone", old=None, new="z", reason="host.zone", sentence="no such zone"
)
_STEP = Step(action=Action.REPLACE, kind="host", name="h", reason="host.cpu", sentence="it has 2 cores")


_JOB = Step(
    action=Action.UPDATE,
    kind="job",
    name="rocketmq-broker-orders-0",
    reason="job.differs",
    sentence="its members are restarted, one after the other",
    changes=(Change(field="memory_mib", old="1280", new="640", why="a variable of the job"),),
)


def _plan(
    *, held: tuple[Step, ...] = (), problems: tuple[Problem, ...] = (), jobs: tuple[Step, ...] = ()
) -> Plan:
    return Plan(cluster="c", region="r", facts="f", steps=(), jobs=jobs, held=held, problems=problems)


def test_a_plan_with_problems_does_not_look_like_success() -> None:
    assert "can't be done" in summary(_plan(problems=(_PROBLEM,)))


def test_what_is_held_back_is_counted() -> None:
    assert "1 change(s) are held back" in summary(_plan(held=(_STEP,)))


def test_an_empty_plan_says_so() -> None:
    assert "Nothing to change" in summary(_plan())


def test_a_job_that_restarts_is_no_empty_plan_and_shows_why() -> None:
    shown = list(lines(_plan(jobs=(_JOB,))))
    assert "job rocketmq-broker-orders-0: its members are restarted, one after the other" in shown[0]
    assert "memory_mib: 1280 → 640" in shown[1]
    assert shown[-1] == "Plan: 1 job(s) for Nomad."


def _creation(name: str, **fields: str) -> Step:
    changes = tuple(Change(field=field, old=None, new=value) for field, value in fields.items())
    return Step(action=Action.CREATE, kind="host", name=name, reason="absent", sentence="", changes=changes)


def test_what_is_made_in_each_zone_is_one_line() -> None:
    hosts = [_creation(f"o-nomad-{zone}", image="i", zone=f"z{zone}", cpu="1") for zone in "abc"]
    hosts += [
        _creation(f"o-broker-{zone}{number}", image="i", zone=f"z{zone}", cpu="4")
        for number in ("", "-2")
        for zone in "abc"
    ]
    plan = Plan(cluster="c", region="r", facts="f", steps=tuple(hosts))
    assert list(lines(plan))[:-1] == [
        "  [green]+[/] host: 9  (image i)",
        "      o-nomad-a, o-nomad-b, o-nomad-c  (zone za | zb | zc, cpu 1)",
        "      o-broker-a … o-broker-c-2: 6  (zone za | zb | zc, cpu 4)",
    ]
