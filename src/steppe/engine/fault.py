"""What can go wrong with a call to the cloud, by what is to be done about it.

The cloud room says which class a RetCode or a network fault has; the engine acts by the class alone.
"""

from __future__ import annotations

from enum import StrEnum

from steppe.errors import SteppeError


class FaultClass(StrEnum):
    PERMANENT = "permanent"
    """Repeating can't help: stop, and tell the user."""
    RETRYABLE = "retryable"
    """Nothing was done; the same call may succeed later: back off."""
    NOT_YET = "not-yet"
    """The cloud needs time before it can do this: wait, and say for what."""
    ABSENT = "absent"
    """What the call names isn't there: for a delete that is success."""
    UNKNOWN = "unknown-outcome"
    """It may have been done: look before anything is repeated."""


class Fault(SteppeError):
    """A call failed. As any SteppeError it can be shown to the user when nothing more can be done."""

    def __init__(self, fault_class: FaultClass, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.fault_class = fault_class
