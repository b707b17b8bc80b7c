"""What steppe tells a person when something can't go on.

    SteppeError                exit 1
    ├── UsageError             exit 2   wrong use, or a wrong spec
    ├── PendingChanges         exit 3   `plan --exit-code` found changes
    ├── Unhealthy              exit 4   a condition is not met
    ├── Claimed                exit 5   locked or claimed by another
    └── LeftBehind             exit 6   something still carries the Cluster ID

Each carries a stable code (`steppe explain CODE` tells more), what happened and where, and the next step.
"""

from __future__ import annotations

from typing import ClassVar


class SteppeError(Exception):
    """`message` says what happened and where; `hint` says what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint


class UsageError(SteppeError):
    exit_code = 2


class PendingChanges(SteppeError):
    exit_code = 3


class Unhealthy(SteppeError):
    exit_code = 4


class Claimed(SteppeError):
    exit_code = 5


class LeftBehind(SteppeError):
    exit_code = 6
