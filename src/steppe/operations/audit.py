"""Reads a cluster's audit log: which commands changed it, by which plan, and what became of each step.

1. Read the file only for region and Cluster ID; no cloud is asked.
2. Gather the log's lines by the run that wrote them, in the order in which the runs began.
3. Put each step's end beside what the plan said of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steppe import spec
from steppe.errors import UsageError
from steppe.workspace import AUDIT, workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    step: str
    """For example `update firewall orders-firewall-bastion`."""
    reason: str
    state: str
    """`done`, `failed`, `skipped`; `not ended` for one that was not begun or was cut off."""
    why: str
    """What went wrong; empty when nothing did."""
    seconds: float | None
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    run: str
    at: str
    """When it began: UTC, ISO 8601."""
    user: str
    command: str
    plan: str
    """Fingerprint of the plan that was applied; empty where none was."""
    outcome: str
    """`done`, `failed`, `stopped`; `not ended` for one that was killed or still goes on."""
    code: str
    """Of the error that it failed with."""
    steps: tuple[StepRecord, ...]


def runs(file: Path) -> tuple[RunRecord, ...]:
    """Every run that the workspace's log has of that cluster, the first one first; none without a log."""
    written = spec.load(file)
    text = workspace().cluster(written.region, written.cluster).read(AUDIT) or ""
    by_run: dict[str, list[Mapping[str, Any]]] = {}
    for line in text.splitlines():
        entry = _entry(line)
        if entry is not None:
            by_run.setdefault(entry["run"], []).append(entry)
    return tuple(_record(run, entries) for run, entries in by_run.items())


def one_run(file: Path, run: str | None) -> RunRecord:
    """The run with that id, or the last one that applied a plan. Raises UsageError when there is none."""
    found = runs(file)
    fitting = [each for each in found if (each.run == run if run else each.plan)]
    if not fitting:
        what = f"no run {run}" if run else "no run that changed anything"
        raise UsageError(
            f"The audit log of {file} has {what}.",
            code="audit.absent",
            hint=f"`steppe audit list {file}` shows the runs of this workspace.",
        )
    return fitting[-1]


def _entry(line: str) -> Mapping[str, Any] | None:
    """A line that was cut off by a crash, or is older than runs, says nothing of a run."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "run" in entry else None


def _record(run: str, entries: Sequence[Mapping[str, Any]]) -> RunRecord:
    first = entries[0]
    plan = next((each for each in entries if each["type"] == "plan"), {})
    end = next((each for each in entries if each["type"] == "end"), {})
    ended = {each["step"]: each for each in entries if each["type"] == "step"}
    return RunRecord(
        run=run,
        at=first["at"],
        user=first["user"],
        command=first["command"],
        plan=plan.get("plan", ""),
        outcome=end.get("outcome", "not ended"),
        code=end.get("code", ""),
        steps=tuple(_step(step, ended.get(step["step"], {})) for step in plan.get("steps", ())),
    )


def _step(step: Mapping[str, Any], end: Mapping[str, Any]) -> StepRecord:
    return StepRecord(
        step=step["step"],
        reason=step["reason"],
        state=end.get("state", "not ended"),
        why=end.get("why", ""),
        seconds=end.get("seconds"),
        changes=tuple(FieldChange(**each) for each in step["changes"]),
    )
