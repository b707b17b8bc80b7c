"""The plan's schema in docs/engine.md is what a plan's JSON has: each field, each type, none more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steppe.engine import Action, Change, Plan, Problem, Step

PAGE = Path(__file__).parents[2] / "docs" / "engine.md"
ROW = re.compile(r"^\| `([a-z_.\[\]]+)` \| ([a-z ]+) \|", re.MULTILINE)
HEAD = "| Field | Type | Meaning |"
TYPES: dict[str, set[type]] = {
    "number": {int},
    "text": {str},
    "text or null": {str, type(None)},
    "list": {list},
    "list of text": {list},
}

STEP = Step(
    action=Action.REPLACE,
    kind="host",
    name="orders-consul-a",
    reason="host.image",
    sentence="it was made from another image",
    cloud_id="uhost-1",
    maybe="who knows",
    changes=(Change(field="image", old="a", new=None, why="another", force="replace"),),
    needs=("create vpc orders-net-client",),
)
FULL = Plan(
    cluster="orders",
    region="box",
    facts="0123456789abcdef",
    steps=(STEP,),
    jobs=(STEP,),
    on_hosts=(STEP,),
    held=(STEP,),
    stays=("disk orders-disk",),
    problems=(
        Problem(kind="vpc", name="n", field="cidr", old="a", new=None, reason="vpc.cidr", sentence="s"),
    ),
)


def documented() -> dict[str, str]:
    table = PAGE.read_text().partition(HEAD)[2].partition("\n\n")[0]
    return dict(ROW.findall(table))


def found(value: Any, place: str = "") -> Iterator[tuple[str, type]]:
    """Every place in the data with the type of what is there; a list's parts are called by it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            path = f"{place}.{name}" if place else name
            yield from found(inner, path)
    elif isinstance(value, list):
        yield f"{place}[]", list
        for inner in value:
            if isinstance(inner, dict):
                yield from found(inner, f"{place}[]")
            else:
                assert isinstance(inner, str)
    else:
        yield place, type(value)


def test_a_full_plan_has_just_the_documented_fields_with_their_types() -> None:
    fields = documented()
    # Jobs, what goes to hosts, and held steps are as the others: the page says so in one row each.
    there = [
        (re.sub(r"^(held|jobs|on_hosts)\[\]\.", "steps[].", place), kind)
        for place, kind in found(json.loads(FULL.to_json()))
    ]
    assert {place for place, _ in there} == set(fields)
    assert [(place, kind) for place, kind in there if kind not in TYPES[fields[place]]] == []


def test_a_full_plan_reads_back() -> None:
    assert Plan.from_json(FULL.to_json()) == FULL
