"""Named stages of an operation, and the audit log that keeps what happened."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from steppe.engine.events import ConditionEvent, Emit, Event, StageEvent, StepEvent, StepState, event_data
from steppe.workspace import ClusterFolder

_LASTING = (StepState.DONE, StepState.FAILED, StepState.SKIPPED)


@contextmanager
def stage(name: str, emit: Emit) -> Iterator[None]:
    """Tells when it begins, and when it ends well, with its seconds."""
    began = time.monotonic()
    emit(StageEvent(stage=name, begun=True))
    yield
    emit(StageEvent(stage=name, begun=False, seconds=round(time.monotonic() - began, 3)))


def audited(emit: Emit, folder: ClusterFolder, command: str) -> Emit:
    """Hands each event on, and keeps those that last in the cluster's audit log with the command."""

    def both(event: Event) -> None:
        emit(event)
        if _lasts(event):
            folder.audit({"command": command, **event_data(event)})

    return both


def _lasts(event: Event) -> bool:
    if isinstance(event, StepEvent):
        return event.state in _LASTING
    return event.met if isinstance(event, ConditionEvent) else True
