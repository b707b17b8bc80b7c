"""One stream of typed events: the engine and the operations emit; renderers and the audit log read.

Nothing else in steppe prints. An event never carries a secret.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class StepState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEvent:
    """A named part of an operation begins or ends, for example `cloud`, `consul`, `rocketmq`."""

    stage: str
    begun: bool
    seconds: float | None = None
    """How long it took; only when it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent:
    """A step of a plan changed its state."""

    step: str
    """For example `create host orders-consul-a`."""
    state: StepState
    why: str = ""
    """What it waits for, or what went wrong."""
    seconds: float | None = None
    left_s: float | None = None
    """Until its deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionEvent:
    """A health condition was looked at."""

    condition: str
    met: bool
    why_not: str = ""
    """The last error, in a sentence."""
    left_s: float | None = None
    seconds: float | None = None
    """How long it took to be met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEvent:
    """Something a person should read."""

    text: str
    data: Mapping[str, object] = field(default_factory=dict)


Event: TypeAlias = StageEvent | StepEvent | ConditionEvent | NoteEvent
Emit: TypeAlias = Callable[[Event], None]


def event_data(event: Event) -> dict[str, object]:
    """One event as data: `type` (`stage`, `step`, `condition`, `note`), then its fields that have a value."""
    fields = {key: value for key, value in dataclasses.asdict(event).items() if value not in (None, "", {})}
    return {"type": _TYPES[type(event)], **fields}


_TYPES: Mapping[type, str] = {
    StageEvent: "stage",
    StepEvent: "step",
    ConditionEvent: "condition",
    NoteEvent: "note",
}
