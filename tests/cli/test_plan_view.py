"""A plan as text: each change with field, old and new value, why, and what it forces."""

from __future__ import annotations

from rich.text import Text

from steppe.cli import plan_view
from steppe.engine import Action, Change, Plan, Step


def shown(*steps: Step, held: tuple[Step, ...] = ()) -> list[str]:
    plan = Plan(cluster="orders", region="box", facts="", steps=steps, held=held)
    return [Text.from_markup(line).plain for line in plan_view.lines(plan)]


def create(name: str, *, reason: str = "absent", **fields: str) -> Step:
    changes = tuple(Change(field=field, old=None, new=value) for field, value in fields.items())
    return Step(
        action=Action.CREATE, kind="subnet", name=name, reason=reason, sentence="why", changes=changes
    )


def changed(action: Action, force: str) -> Step:
    change = Change(field="image", old="v1", new="v2", why="it was made from another image", force=force)
    return Step(
        action=action,
        kind="host",
        name="orders-consul-a",
        reason="host.image",
        sentence="it was made from another image",
        changes=(change,),
    )


def test_what_is_made_is_listed_with_its_fields_and_common_ones_once() -> None:
    assert shown(create("a", vpc="v", cidr="10.0.0.0/24"), create("b", vpc="v", cidr="10.0.1.0/24")) == [
        "  + subnet: 2  (vpc v)",
        "      a  (cidr 10.0.0.0/24)",
        "      b  (cidr 10.0.1.0/24)",
        "Plan: 2 to create.",
    ]


def test_a_single_one_is_one_line() -> None:
    assert shown(create("a", vpc="v"))[0] == "  + subnet a  (vpc v)"


def test_another_reason_than_absence_is_said() -> None:
    assert shown(create("a", reason="replaced-below"))[0] == "  + subnet a: why"


def test_a_change_has_field_old_new_why_and_what_it_forces() -> None:
    assert shown(changed(Action.REPLACE, "replace")) == [
        "  ± host orders-consul-a: it was made from another image",
        "      image: v1 → v2  (it was made from another image: forces a replacement)",
        "Plan: 1 to replace.",
    ]
    assert shown(changed(Action.UPDATE, "update"))[1].endswith(": changed in place)")


def test_what_is_held_back_shows_why() -> None:
    lines = shown(held=(changed(Action.REPLACE, "replace"),))
    assert lines[0].startswith("  = replace host orders-consul-a is held back")
    assert "v1 → v2" in lines[1]
