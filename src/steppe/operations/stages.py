"""Named stages of an operation, and the audit log that keeps what happened.

The log has one JSON object a line, each with the time, the user, the command and the run's id: `begin`;
`plan`, with the fingerprint and every step of the plan that was approved; the events that last; and `end`,
with the outcome. A run without an end was killed, or still goes on. Nothing in it is secret.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from steppe.engine import Plan
from steppe.engine.events import ConditionEvent, Emit, Event, StageEvent, StepEvent, StepState, event_data
from steppe.errors import SteppeError
from steppe.workspace import ClusterFolder

_LASTING = (StepState.DONE, StepState.FAILED, StepState.SKIPPED)


@contextmanager
def stage(name: str, emit: Emit) -> Iterator[None]:
    """Tells when it begins, and when it ends well, with its seconds."""
    began = time.monotonic()
    emit(StageEvent(stage=name, begun=True))
    yield
    emit(StageEvent(stage=name, begun=False, seconds=round(time.monotonic() - began, 3)))


def run_id() -> str:
    """Of one run of a command in the audit log: 8 hex digits."""
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One run of a command, as the audit log keeps it."""

    folder: ClusterFolder
    command: str
    shown: Emit
    """Who else hears the events."""
    run: str = field(default_factory=run_id)

    def emit(self, event: Event) -> None:
        """Hands it on, and keeps it when it lasts."""
        self.shown(event)
        if _lasts(event):
            self.keep(event_data(event))

    def plan(self, plan: Plan) -> None:
        """What was approved: from here on the run changes something."""
        steps = [
            {
                "step": step.id,
                "reason": step.reason,
                "id": step.cloud_id,
                "changes": [{"field": each.field, "old": each.old, "new": each.new} for each in step.changes],
            }
            for step in (*plan.steps, *plan.jobs, *plan.on_hosts)
        ]
        self.keep({"type": "plan", "plan": plan.fingerprint, "facts": plan.facts, "steps": steps})

    def keep(self, entry: Mapping[str, object]) -> None:
        self.folder.audit({"command": self.command, "run": self.run, **entry})


@contextmanager
def recorded(emit: Emit, folder: ClusterFolder, command: str) -> Iterator[Record]:
    """Keeps the run in the cluster's audit log, with how it ended."""
    record = Record(folder=folder, command=command, shown=emit)
    record.keep({"type": "begin"})
    try:
        yield record
    except SteppeError as error:
        record.keep({"type": "end", "outcome": "failed", "code": error.code})
        raise
    except BaseException:
        record.keep({"type": "end", "outcome": "stopped"})
        raise
    record.keep({"type": "end", "outcome": "done"})


def noted(folder: ClusterFolder, command: str, entry: Mapping[str, object]) -> None:
    """Keeps a run of one moment, that is done."""
    folder.audit({"command": command, "run": run_id(), "type": "end", "outcome": "done", **entry})


def _lasts(event: Event) -> bool:
    if isinstance(event, StepEvent):
        return event.state in _LASTING
    return event.met if isinstance(event, ConditionEvent) else True
