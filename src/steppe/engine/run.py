"""What all steps of one application share: what is there now, the polls, the patience, the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from steppe.engine.events import Emit, StepEvent, StepState
from steppe.engine.fault import Fault, FaultClass
from steppe.engine.kind import Cloud, Fact, Key, Scope, Wait

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long what is waited for; seconds."""

    poll_first_s: float = 0.2
    poll_most_s: float = 3.0
    """A poll comes after a twentieth of the time waited so far, within these."""
    backoff_first_s: float = 0.3
    backoff_most_s: float = 10.0
    """A retry comes after a random part of twice the last delay, within these."""
    retry_s: float = 300.0
    """How long a call that fails for the moment is repeated."""
    not_yet_s: float = 1200.0
    """How long the cloud may need. A subnet stays busy for about ten minutes after its last host."""
    visible_s: float = 60.0
    """How long something new may stay invisible to other calls."""
    lost_answer_s: float = 5.0
    """How long the effect of a lost answer is looked for before the call is repeated."""
    total_s: float = 3600.0


class Stopped(Exception):
    """The run was stopped while a step waited."""


class World:
    """What is there now, by wanted name. Steps change it as they are done; threads may share it."""

    def __init__(self, facts: dict[Key, Fact]) -> None:
        self._facts = dict(facts)
        self._lock = threading.Lock()

    def get(self, key: Key) -> Fact | None:
        with self._lock:
            return self._facts.get(key)

    def put(self, key: Key, fact: Fact | None) -> None:
        with self._lock:
            if fact is None:
                self._facts.pop(key, None)
            else:
                self._facts[key] = fact

    def snapshot(self) -> dict[Key, Fact]:
        with self._lock:
            return dict(self._facts)


@dataclass(slots=True)
class _Cell:
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: float = float("-inf")
    value: Any = None


class Shared:
    """Values that many steps wait for, fetched once for all of them."""

    def __init__(self) -> None:
        self._cells: dict[str, _Cell] = {}
        self._lock = threading.Lock()

    def get(self, name: str, fetch: Callable[[], T], age_s: float) -> T:
        with self._lock:
            cell = self._cells.setdefault(name, _Cell())
        with cell.lock:
            now = time.monotonic()
            if now - cell.asked > age_s:
                cell.value, cell.asked = fetch(), now
            value: T = cell.value
            return value


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """The `Run` that a kind sees: this application, from the place of one step."""

    step: str
    cloud: Cloud
    scope: Scope
    world: World
    polls: Shared
    emit: Emit
    patience: Patience
    stop: threading.Event
    deadline: float
    """When the whole application must be done, on the monotonic clock."""

    def fact(self, kind: str, name: str) -> Any:
        found = self.world.get(Key(kind, name))
        if found is None:
            raise Fault(
                FaultClass.PERMANENT,
                f"{self.step}: {kind} {name} isn't there any more.",
                code="engine.gone",
                hint="Somebody deleted it meanwhile. Run the command again.",
            )
        return found

    def id(self, kind: str, name: str) -> str:
        found: Fact = self.fact(kind, name)
        return found.id

    def shared(self, name: str, fetch: Callable[[], T], *, age_s: float) -> T:
        return self.polls.get(name, fetch, age_s)

    def until(self, check: Callable[[float], T | Wait], *, within_s: float) -> T:
        began = time.monotonic()
        while True:
            waited = time.monotonic() - began
            pause = min(max(waited / 20, self.patience.poll_first_s), self.patience.poll_most_s)
            value = check(pause)
            if not isinstance(value, Wait):
                return value
            if waited > within_s:
                raise self.out_of_time(value.why, waited)
            self.pause(pause, value.why, StepState.WAITING, left_s=within_s - waited)

    def pause(self, seconds: float, why: str, state: StepState, *, left_s: float) -> None:
        """Waits, and says so. Raises Stopped when the run is stopped, Fault when its time is over."""
        total_left = self.deadline - time.monotonic()
        if total_left <= 0:
            raise self.out_of_time(why, self.patience.total_s)
        self.emit(StepEvent(step=self.step, state=state, why=why, left_s=round(min(left_s, total_left), 1)))
        if self.stop.wait(min(seconds, total_left)):
            raise Stopped

    def out_of_time(self, why: str, waited_s: float) -> Fault:
        return Fault(
            FaultClass.PERMANENT,
            f"{self.step}: after {waited_s:.0f} s still {why}",
            code="engine.deadline",
            hint="What was done so far stays. Run the command again to go on from here.",
        )
