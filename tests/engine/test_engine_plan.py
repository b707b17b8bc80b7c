"""What a plan says, for things of a toy cloud."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.engine import Action, Observed, Plan, observe, plan, plan_down, refuse_moved, refuse_problems
from steppe.errors import SteppeError, UsageError
from tests.engine.toy import KINDS, SCOPE, CupFact, CupWant, ThingFact, ThingWant, ToyCloud, desired, on

SHELF, CUP = ThingWant(name="s"), CupWant(name="c", needs=on("s"))
SHELF_FACT = ThingFact(id="1", name="s")
CUP_FACT = CupFact(id="2", name="c", uses=("1",))


def seen(*facts: ThingFact) -> Observed:
    cloud = ToyCloud()
    for fact in facts:
        cloud.put(fact)
    return observe(cloud, SCOPE, KINDS)


def ids(made: Plan) -> list[str]:
    return [step.id for step in made.steps]


def test_what_is_absent_is_created_after_what_it_needs() -> None:
    made = plan(desired(CUP, SHELF), seen(), KINDS)
    assert ids(made) == ["create shelf s", "create cup c"]
    assert made.steps[1].needs == ("create shelf s",)


def test_what_is_as_wanted_needs_nothing() -> None:
    assert plan(desired(SHELF, CUP), seen(SHELF_FACT, CUP_FACT), KINDS).is_empty


def test_a_created_thing_shows_its_fields_but_no_secret() -> None:
    made = plan(desired(SHELF), seen(), KINDS)
    assert {change.field: change.new for change in made.steps[0].changes} == {
        "colour": "white",
        "size": "1",
        "material": "wood",
    }
    assert "hidden" not in made.to_json()


def test_a_difference_that_can_be_mended_is_an_update() -> None:
    made = plan(desired(dataclasses.replace(SHELF, colour="red")), seen(SHELF_FACT), KINDS)
    step = made.steps[0]
    assert (step.id, step.reason, step.cloud_id) == ("update shelf s", "shelf.colour", "1")
    assert [(change.field, change.old, change.new) for change in step.changes] == [("colour", "white", "red")]


def test_what_stands_on_a_replaced_thing_goes_before_and_comes_back_after() -> None:
    larger = dataclasses.replace(SHELF, size=2)
    made = plan(desired(larger, CUP), seen(SHELF_FACT, CUP_FACT), KINDS)
    assert ids(made) == ["delete cup c", "replace shelf s", "create cup c"]
    assert [step.needs for step in made.steps] == [(), ("delete cup c",), ("replace shelf s",)]


def test_replacements_take_turns() -> None:
    shelves = [ThingWant(name=f"s{turn}", size=2, turn=turn) for turn in (1, 0)]
    cups = [CupWant(name=f"c{turn}", needs=on(f"s{turn}")) for turn in (0, 1)]
    facts = [ThingFact(id=f"{turn}", name=f"s{turn}") for turn in (0, 1)]
    stood = [CupFact(id=f"c{turn}", name=f"c{turn}", uses=(f"{turn}",)) for turn in (0, 1)]
    made = plan(desired(*shelves, *cups), seen(*facts, *stood), KINDS)
    assert ids(made) == [
        "delete cup c0",
        "replace shelf s0",
        "create cup c0",
        "delete cup c1",
        "replace shelf s1",
        "create cup c1",
    ]
    assert set(made.steps[3].needs) == {"delete cup c0", "replace shelf s0", "create cup c0"}


def test_without_a_roll_a_replacement_is_held_and_the_rest_is_mended() -> None:
    other = dataclasses.replace(SHELF, size=2, colour="red")
    made = plan(desired(other, CUP), seen(SHELF_FACT, CUP_FACT), KINDS, roll=False)
    assert ids(made) == ["update shelf s"]
    assert [step.id for step in made.held] == ["replace shelf s"]


def test_what_can_not_be_changed_is_a_problem() -> None:
    made = plan(desired(dataclasses.replace(SHELF, material="glass")), seen(SHELF_FACT), KINDS)
    assert made.steps == () and not made.is_empty
    assert made.problems[0].reason == "shelf.material"
    with pytest.raises(SteppeError, match="shelf s: its material differs"):
        refuse_problems(made)


def test_what_is_not_wanted_goes_last() -> None:
    made = plan(
        desired(SHELF), seen(ThingFact(id="8", name="old"), CupFact(id="9", name="x", uses=("8",))), KINDS
    )
    assert ids(made) == ["create shelf s", "delete cup x", "delete shelf old"]
    assert made.steps[2].needs == ("create shelf s", "delete cup x")


def test_of_several_with_one_name_the_used_one_stays() -> None:
    twin = ThingFact(id="0", name="s")
    made = plan(desired(SHELF, CUP), seen(twin, SHELF_FACT, CUP_FACT), KINDS)
    assert [(step.id, step.reason, step.cloud_id) for step in made.steps] == [
        ("delete shelf s (0)", "duplicate", "0")
    ]


def test_down_deletes_each_thing_after_those_that_use_it() -> None:
    assert ids(plan_down(seen(SHELF_FACT, CUP_FACT), KINDS)) == ["delete cup c", "delete shelf s"]


def test_parts_go_along_with_the_whole() -> None:
    part = CupFact(id="2", name="c", uses=("1",), part_of="1")
    assert ids(plan_down(seen(SHELF_FACT, part), KINDS)) == ["delete shelf s"]


def test_a_plan_is_the_same_after_a_trip_through_json() -> None:
    larger = dataclasses.replace(SHELF, size=2)
    made = plan(desired(larger, CUP), seen(SHELF_FACT, CUP_FACT), KINDS)
    again = Plan.from_json(made.to_json())
    assert again == made
    assert again.fingerprint == made.fingerprint
    refuse_moved(again, made)


def test_a_moved_plan_says_what_moved() -> None:
    saved = plan(desired(SHELF), seen(), KINDS)
    with pytest.raises(SteppeError, match="the region has changed"):
        refuse_moved(saved, plan(desired(SHELF), seen(CUP_FACT), KINDS))
    with pytest.raises(SteppeError, match="the spec or a job has changed"):
        refuse_moved(saved, plan(desired(SHELF, CUP), seen(), KINDS))


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1}', '{"version": 1, "steps": 3}'])
def test_what_is_not_a_plan_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a plan"):
        Plan.from_json(text)


NAMES = st.sets(st.sampled_from("abcdef"))
SIZES = st.integers(1, 2)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wanted=NAMES, there=NAMES, cups=NAMES, stood=NAMES, size=SIZES, roll=st.booleans())
def test_every_plan_can_be_carried_out(
    wanted: set[str], there: set[str], cups: set[str], stood: set[str], size: int, roll: bool
) -> None:
    """Each step once, only after what it needs; deletes only what isn't wanted or comes back."""
    shelves = [ThingWant(name=name, size=size, turn=ord(name) % 3) for name in sorted(wanted)]
    on_them = [CupWant(name=f"cup-{name}", needs=on(name)) for name in sorted(cups & wanted)]
    facts = [ThingFact(id=f"id-{name}", name=name) for name in sorted(there)]
    standing = [
        CupFact(id=f"id-cup-{name}", name=f"cup-{name}", uses=(f"id-{name}",))
        for name in sorted(stood & there)
    ]
    made = plan(desired(*shelves, *on_them), seen(*facts, *standing), KINDS, roll=roll)
    order = ids(made)
    assert len(set(order)) == len(order)
    for place, step in enumerate(made.steps):
        assert set(step.needs) <= set(order[:place])
    again = {step.key for step in made.steps if step.action is Action.CREATE}
    keys = {want.key for want in (*shelves, *on_them)}
    for step in made.steps:
        assert (step.key in keys) == (step.action is not Action.DELETE or step.key in again)
