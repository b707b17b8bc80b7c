"""Faults of the API, by rule: off unless asked for, and the same each time.

A rule meets the calls of one action (or of all, `*`) and strikes the n-th of them, every n-th, or each.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any


class Strike(enum.StrEnum):
    ERROR = "error"
    """The API answers with `retcode`; nothing is done."""
    HTTP = "http"
    """HTTP `status` instead of an answer; nothing is done."""
    DROP_BEFORE = "drop-before"
    """The connection breaks; nothing is done."""
    DROP_AFTER = "drop-after"
    """It is done, and the connection breaks before the answer."""
    DELAY = "delay"
    """It is done `seconds` later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    kind: Strike
    action: str = "*"
    nth: int = 0
    """Only the n-th call that the rule meets, from 1."""
    every: int = 0
    """Every n-th."""
    retcode: int = 153
    message: str = "a fault that was asked for"
    status: int = 503
    seconds: float = 0.0
    met: int = 0
    """Calls met so far."""

    def strikes(self) -> bool:
        """Whether it strikes the call that was met last."""
        if self.nth:
            return self.met == self.nth
        return self.met % self.every == 0 if self.every else True


class Faults:
    """The rules in force. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: tuple[FaultRule, ...] = ()

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        return self._rules

    def set(self, rules: Sequence[FaultRule]) -> None:
        """Puts these rules in place of all others; their counts begin as they say."""
        with self._lock:
            self._rules = tuple(rules)

    def meet(self, action: str) -> FaultRule | None:
        """Counts a call; gives the first rule that strikes it."""
        with self._lock:
            self._rules = tuple(
                replace(rule, met=rule.met + 1) if rule.action in ("*", action) else rule
                for rule in self._rules
            )
            return next(
                (rule for rule in self._rules if rule.action in ("*", action) and rule.strikes()), None
            )


def rule(given: Mapping[str, Any]) -> FaultRule:
    """From JSON. Raises ValueError for what isn't a rule."""
    names = [each.name for each in fields(FaultRule) if each.name != "met"]
    if unknown := sorted(given.keys() - set(names)):
        raise ValueError(f"unknown field {unknown[0]!r} of a fault rule; known are {', '.join(names)}")
    try:
        return FaultRule(**{**given, "kind": Strike(given["kind"])})
    except (KeyError, ValueError):
        raise ValueError(f"a fault rule's kind is one of {', '.join(Strike)}") from None
