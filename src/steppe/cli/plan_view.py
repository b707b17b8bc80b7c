"""A plan as a person reads it: what is made, changed and removed, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape

from steppe.engine import Action, Change, Plan, Step

_SIGNS = {
    Action.CREATE: "[green]+[/]",
    Action.UPDATE: "[yellow]~[/]",
    Action.REPLACE: "[magenta]±[/]",
    Action.DELETE: "[red]-[/]",
}


def lines(plan: Plan) -> Iterator[str]:
    """The plan in rich's markup, a line each. Creates are listed by kind: their reason is always the same."""
    creates = [step for step in plan.steps if step.action is Action.CREATE]
    for kind, names in _by_kind(creates).items():
        yield f"  {_SIGNS[Action.CREATE]} {escape(kind)}: {escape(', '.join(names))}"
    for step in plan.steps:
        if step.action is not Action.CREATE:
            yield from _step(step)
    for step in plan.held:
        yield f"  [dim]= {escape(step.id)} is held back: {escape(step.sentence)}[/]"
    for name in plan.stays:
        yield f"  [dim]= {escape(name)} stays: it may hold data[/]"
    for problem in plan.problems:
        yield f"  [red]![/] {escape(f'{problem.kind} {problem.name}: {problem.sentence}')}"
    yield summary(plan)


def summary(plan: Plan) -> str:
    """One line of counts."""
    counts = plan.count()
    if not plan.steps:
        return "[green]✓[/] Nothing to change."
    return "Plan: " + ", ".join(f"{counts[action]} to {action}" for action in Action if counts[action]) + "."


def _by_kind(steps: list[Step]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for step in steps:
        kinds.setdefault(step.kind, []).append(step.name)
    return kinds


def _step(step: Step) -> Iterator[str]:
    maybe = f" [dim](maybe: {escape(step.maybe)})[/]" if step.maybe else ""
    yield f"  {_SIGNS[step.action]} {escape(f'{step.kind} {step.name}: {step.sentence}')}{maybe}"
    for change in step.changes:
        yield f"      {escape(_change(change))}"


def _change(change: Change) -> str:
    return f"{change.field}: {_value(change.old)} → {_value(change.new)}"


def _value(value: object) -> str:
    return "none" if value is None else str(value)
