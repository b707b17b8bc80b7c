"""A plan as a person reads it: what is made, changed and removed, why, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rich.markup import escape

from steppe.engine import Action, Change, Force, Plan, Step

_SIGNS = {
    Action.CREATE: "[green]+[/]",
    Action.UPDATE: "[yellow]~[/]",
    Action.REPLACE: "[magenta]±[/]",
    Action.DELETE: "[red]-[/]",
}
_PLACE = re.compile(r"-[a-c](-\d+)?$")
"""A zone's letter at the end of a name, and the number of what is there more than once."""
_SHOWN = 3
"""Names or values, as many as there are zones; of more, the first and the last."""
_FORCED = {
    Force.UPDATE: "changed in place",
    Force.REPLACE: "forces a replacement",
    Force.REMAKE: "forces a replacement in any case",
}


def lines(plan: Plan) -> Iterator[str]:
    """The plan in rich's markup, a line each. What is made is listed by kind and reason, with its fields."""
    for steps in _alike(step for step in plan.steps if step.action is Action.CREATE):
        yield from _creates(steps)
    for step in plan.steps:
        if step.action is not Action.CREATE:
            yield _line(step, f"{step.kind} {step.name}: {step.sentence}")
            yield from map(_changed, step.changes)
    for step in plan.jobs:
        made = step.action is Action.CREATE
        yield _line(step, f"{step.kind} {step.name}: {step.sentence}{_fields(step.changes) if made else ''}")
        yield from () if made else map(_changed, step.changes)
    for alike in _same_changes(plan.on_hosts):
        yield _line(alike[0], f"{alike[0].kind} {_names(alike)}: {alike[0].sentence}")
        yield from map(_changed, alike[0].changes)
    yield from held_lines(plan.held)
    for name in plan.stays:
        yield f"  [dim]= {escape(name)} stays: it may hold data[/]"
    for problem in plan.problems:
        yield f"  [red]![/] {escape(f'{problem.kind} {problem.name}: {problem.sentence}')}"
    yield summary(plan)


def held_lines(held: Iterable[Step]) -> Iterator[str]:
    """What differs and is left as it is, with the reason."""
    for step in held:
        yield f"  [dim]= {escape(step.id)} is held back: {escape(step.sentence)}[/]"
        yield from (f"[dim]{_changed(change)}[/]" for change in step.changes)


def summary(plan: Plan) -> str:
    """One line of counts."""
    counts = plan.count()
    if plan.problems:
        return f"[red]✗[/] This can't be done: {len(plan.problems)} problem(s), marked ! above."
    if plan.held and plan.is_empty:
        return f"Nothing that up does now; {len(plan.held)} change(s) are held back."
    if plan.is_empty:
        return "[green]✓[/] Nothing to change."
    parts = [f"{counts[action]} to {action}" for action in Action if counts[action]]
    parts += [f"{len(plan.jobs)} job(s) for Nomad"] if plan.jobs else []
    parts += [f"{len(plan.on_hosts)} host(s) to tell"] if plan.on_hosts else []
    return "Plan: " + ", ".join(parts) + "."


def _alike(creates: Iterable[Step]) -> Iterable[list[Step]]:
    """Those of one kind that are made for the same reason."""
    groups: dict[tuple[str, str, str], list[Step]] = {}
    for step in creates:
        groups.setdefault((step.kind, step.sentence, step.maybe), []).append(step)
    return groups.values()


def _same_changes(steps: Iterable[Step]) -> Iterable[list[Step]]:
    groups: dict[tuple[Change, ...], list[Step]] = {}
    for step in steps:
        groups.setdefault(step.changes, []).append(step)
    return groups.values()


def _creates(steps: Sequence[Step]) -> Iterator[str]:
    """Fields that are the same for all are said once."""
    first = steps[0]
    common = {each for each in first.changes if all(each in step.changes for step in steps)}
    why = "" if first.reason == "absent" else f": {first.sentence}"
    shared = [each for each in first.changes if each in common]
    if len(steps) == 1:
        yield _line(first, f"{first.kind} {first.name}{why}{_fields(shared)}")
        return
    yield _line(first, f"{first.kind}: {len(steps)}{why}{_fields(shared)}")
    for alike in _one_per_zone(steps):
        own = [[each for each in step.changes if each not in common] for step in alike]
        yield f"      {escape(_names(alike) + _fields(_merged(own)))}"


def _one_per_zone(steps: Sequence[Step]) -> Iterable[list[Step]]:
    """Those with the same fields whose names differ only in the zone's letter and the number in it."""
    groups: dict[tuple[str, ...], list[Step]] = {}
    for step in steps:
        fields = (each.field for each in step.changes)
        groups.setdefault((_PLACE.sub("", step.name), *fields), []).append(step)
    return groups.values()


def _names(steps: Sequence[Step]) -> str:
    names = [step.name for step in steps]
    return ", ".join(names) if len(names) <= _SHOWN else f"{names[0]} … {names[-1]}: {len(names)}"


def _merged(several: Sequence[Sequence[Change]]) -> list[Change]:
    """One list for all: a value that isn't the same everywhere as the values it has."""
    merged = []
    for same in zip(*several, strict=True):
        values = list(dict.fromkeys(_value(each.new) for each in same))
        text = " | ".join(values) if len(values) <= _SHOWN else f"{values[0]} … {values[-1]}"
        merged.append(replace(same[0], new=text))
    return merged


def _fields(changes: Sequence[Change]) -> str:
    return f"  ({', '.join(f'{each.field} {_value(each.new)}' for each in changes)})" if changes else ""


def _line(step: Step, text: str) -> str:
    maybe = f" [dim](maybe: {escape(step.maybe)})[/]" if step.maybe else ""
    return f"  {_SIGNS[step.action]} {escape(text)}{maybe}"


def _changed(change: Change) -> str:
    forced = f"{change.why}: {_FORCED[Force(change.force)]}" if change.force else change.why
    return f"      {escape(f'{change.field}: {_value(change.old)} → {_value(change.new)}  ({forced})')}"


def _value(value: str | None) -> str:
    return "none" if value is None else value
