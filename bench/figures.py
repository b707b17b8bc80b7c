"""The goals, what was measured beside them, and the table for people. Medians of several runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.cluster import Run
from bench.floor import Floor

_GIB_IN_MIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    name: str
    unit: str
    goal: float
    values: tuple[float, ...]
    """One for each run; none where there was nothing to compare with."""

    @property
    def value(self) -> float | None:
        return round(median(self.values), 2) if self.values else None

    @property
    def met(self) -> bool | None:
        return None if self.value is None else self.value <= self.goal


def figures(runs: Sequence[Run], floors: Sequence[Floor]) -> tuple[Figure, ...]:
    """A run is compared with the floor that was measured just before it."""
    ratios = tuple(run.first_message / floor.seconds for run, floor in zip(runs, floors, strict=False))

    def of(name: str, unit: str, goal: float, value: Callable[[Run], float]) -> Figure:
        return Figure(name=name, unit=unit, goal=goal, values=tuple(value(run) for run in runs))

    return (
        of("up to the first message", "s", 60, lambda run: run.first_message),
        Figure(name="the same, in floors", unit="x", goal=1.5, values=ratios),
        of("second up", "s", 5, lambda run: run.second_up),
        of("second up: steps done", "", 0, lambda run: len(run.second_up_changed)),
        of("plan of the running cluster", "s", 1.5, lambda run: run.plan),
        of("memory at rest", "GiB", 10, lambda run: run.rest.memory_mib / _GIB_IN_MIB),
        of("down", "s", 20, lambda run: run.down),
        of("left behind", "", 0, lambda run: len(run.left)),
    )


def table(found: Sequence[Figure], runs: Sequence[Run], floors: Sequence[Floor]) -> list[str]:
    """The figures against their goals, then where the time went."""
    lines = [f"{'':<30}{'measured':>10}{'goal':>10}"]
    for figure in found:
        value = "-" if figure.value is None else f"{figure.value:g} {figure.unit}".strip()
        goal = f"{figure.goal:g} {figure.unit}".strip()
        verdict = {True: "", False: "  missed", None: ""}[figure.met]
        spread = _spread(figure.values)
        lines.append(f"{figure.name:<30}{value:>10}{goal:>10}{verdict}{spread}")
    if floors:
        lines += ["", *_stages("the floor", [floor.stages for floor in floors])]
    lines += ["", *_stages("up", [run.stages for run in runs])]
    lines += ["", "came true last in up"]
    lines += [f"  {name:<68}{seconds:8.2f} s" for name, seconds in runs[-1].last_conditions.items()]
    rest = runs[-1].rest
    lines += [
        "",
        f"at rest: {rest.memory_mib} MiB in control groups and server ({rest.processes_mib} MiB held by "
        f"processes), {rest.less_available_mib} MiB less available, {rest.cores:g} cores busy",
        f"load before each: floor {_listed([floor.load for floor in floors])}; "
        f"up {_listed([run.load for run in runs])}",
    ]
    lines += [f"left behind: {each}" for run in runs for each in run.left]
    lines += [f"the second up did: {each}" for run in runs for each in run.second_up_changed]
    return lines


def _stages(title: str, all_stages: Sequence[Mapping[str, float]]) -> list[str]:
    lines = [title]
    for name in all_stages[0]:
        values = tuple(stages[name] for stages in all_stages if name in stages)
        lines.append(f"  {name:<28}{median(values):8.2f} s{_spread(values)}")
    return lines


def _spread(values: Sequence[float]) -> str:
    if len(values) < 2:
        return ""
    return f"   ({', '.join(f'{value:.2f}' for value in values)})"


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values) or "-"
