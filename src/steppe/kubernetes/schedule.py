"""The schedule of a CronJob, which the published schema takes as any text; the API server is stricter.

https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax, read by
https://pkg.go.dev/github.com/robfig/cron/v3 (`ParseStandard`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from steppe.errors import UsageError

_MACROS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_ENTRY = re.compile(r"(?:(?P<all>[*?])|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d{1,4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    """Names of its values, from `low` on."""

    def allows(self, text: str) -> bool:
        return all(self._allows_entry(entry) for entry in text.split(","))

    def _allows_entry(self, text: str) -> bool:
        found = _ENTRY.fullmatch(text)
        if not found or (found["step"] is not None and int(found["step"]) == 0):
            return False
        if found["all"]:
            return True
        low, high = self._value(found["low"]), self._value(found["high"] or found["low"])
        return low is not None and high is not None and self.low <= low <= high <= self.high

    def _value(self, text: str) -> int | None:
        if text.isdecimal():
            return int(text)
        word = text.lower()
        return self.low + self.words.index(word) if word in self.words else None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)


def checked_schedule(text: str) -> str:
    """The same. Raises UsageError, naming the field, if Kubernetes would refuse it."""
    if text in _MACROS:
        return text
    given = text.split()
    if len(given) != len(_FIELDS):
        raise _refused(text, f"it has {len(given)} fields, and a schedule has five")
    for field, value in zip(_FIELDS, given, strict=True):
        if not field.allows(value):
            raise _refused(text, f"{value!r} is no {field.name}, {field.low} to {field.high}")
    return text


def _refused(text: str, why: str) -> UsageError:
    return UsageError(
        f"--schedule {text!r} can't be used: {why}.",
        code="kubernetes.schedule",
        hint="minute, hour, day of month, month, day of week; '*/15 * * * *' is every quarter of an hour",
    )
