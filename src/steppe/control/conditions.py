"""Named conditions: a poll, its last error, and how long is left. Nothing here sleeps for a guessed time.

`wait` looks at several at once until all are met; `check_once` looks at each a single time.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from steppe.engine.events import ConditionEvent, Emit
from steppe.errors import SteppeError, Unhealthy

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5
_PULSE_S = 1.0
"""A condition that stays unmet is told of again this often, with the time that is left."""


class NotMet(Unhealthy):
    """What a poll raises while its condition does not hold: why, in a sentence, and what to do about it."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why, code="condition.not-met", hint=hint)


class Hopeless(SteppeError):
    """What a poll raises when waiting can't help; `wait` ends with it at once."""


@dataclass(frozen=True, slots=True)
class Condition:
    name: str
    """As a person reads it, for example `every Nomad client is ready`."""
    poll: Callable[[], object]
    """Returns (anything) when the condition holds. Raises SteppeError, mostly NotMet, while it does not.
    Must be bounded in time, and safe to call again and beside other polls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionResult:
    condition: str
    met: bool
    why_not: str = ""
    hint: str = ""
    seconds: float
    """How long the look took, or the wait until it was met."""


def check_once(conditions: Sequence[Condition]) -> list[ConditionResult]:
    """Looks at each condition once, all at the same time; results in the order given."""
    results: dict[int, ConditionResult] = {}
    with _Lookers(conditions, repeat=False) as lookers:
        while len(results) < len(conditions):
            place, result = lookers.next()
            results[place] = result
    return [results[place] for place in range(len(conditions))]


def wait(conditions: Sequence[Condition], deadline_s: float, emit: Emit) -> None:
    """Returns as soon as every condition has been met, in any order.

    Raises Unhealthy after `deadline_s` seconds, with the last error of each that was not, and at once
    whatever Hopeless a poll raises. Events come from the calling thread alone.
    """
    end = time.monotonic() + deadline_s
    unmet = {
        place: ConditionResult(condition=each.name, met=False, why_not="not looked at yet", seconds=0)
        for place, each in enumerate(conditions)
    }
    told: dict[int, tuple[str, float]] = {}
    with _Lookers(conditions, repeat=True) as lookers:
        while unmet:
            try:
                place, result = lookers.next(max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise _unhealthy(list(unmet.values()), deadline_s) from None
            unmet[place] = result
            if result.met:
                del unmet[place]
            now = time.monotonic()
            why, at = told.get(place, ("", -_PULSE_S))
            if result.met or result.why_not != why or now - at >= _PULSE_S:
                told[place] = (result.why_not, now)
                emit(_event(result, max(0.0, end - now)))


class _Lookers:
    """One thread for each condition; what they see comes back through one queue.

    They are daemons: a poll that still hangs must not hold up an interrupted command.
    """

    def __init__(self, conditions: Sequence[Condition], *, repeat: bool) -> None:
        self._repeat = repeat
        self._seen: queue.Queue[tuple[int, ConditionResult | Exception]] = queue.Queue()
        self._moved = threading.Condition()
        self._times_moved = 0
        self._over = False
        self._threads = [
            threading.Thread(target=self._look, args=(place, condition), daemon=True)
            for place, condition in enumerate(conditions)
        ]

    def __enter__(self) -> _Lookers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._wake_others()

    def next(self, timeout_s: float | None = None) -> tuple[int, ConditionResult]:
        """What was seen next, by the condition's place. Raises queue.Empty after the time."""
        place, seen = self._seen.get(timeout=timeout_s)
        if isinstance(seen, Exception):
            raise seen
        return place, seen

    def _look(self, place: int, condition: Condition) -> None:
        begun = time.monotonic()
        pause_s = _FIRST_PAUSE_S
        while not self._over:
            moved = self._times_moved
            seen = self._once(condition, begun)
            self._seen.put((place, seen))
            done = isinstance(seen, Exception) or seen.met
            if done:
                self._wake_others()
            if done or not self._repeat:
                return
            with self._moved:
                # Another condition that is met may be what this one waits for: look again at once.
                self._moved.wait_for(partial(self._moved_since, moved), pause_s)
            pause_s = min(_LONGEST_PAUSE_S, 1.5 * pause_s)

    def _once(self, condition: Condition, begun: float) -> ConditionResult | Exception:
        try:
            condition.poll()
        except SteppeError as error:
            if self._repeat and isinstance(error, Hopeless):
                return error
            return ConditionResult(
                condition=condition.name,
                met=False,
                why_not=error.message,
                hint=error.hint,
                seconds=time.monotonic() - begun,
            )
        except Exception as fault:
            return fault
        return ConditionResult(condition=condition.name, met=True, seconds=time.monotonic() - begun)

    def _moved_since(self, times: int) -> bool:
        return self._times_moved != times

    def _wake_others(self) -> None:
        with self._moved:
            self._times_moved += 1
            self._moved.notify_all()


def _event(result: ConditionResult, left_s: float) -> ConditionEvent:
    if result.met:
        return ConditionEvent(condition=result.condition, met=True, seconds=round(result.seconds, 3))
    return ConditionEvent(
        condition=result.condition, met=False, why_not=result.why_not, left_s=round(left_s, 1)
    )


def _unhealthy(unmet: Sequence[ConditionResult], deadline_s: float) -> Unhealthy:
    lines = [f"{each.condition}: {each.why_not}" for each in unmet]
    hints = dict.fromkeys(each.hint for each in unmet if each.hint)
    return Unhealthy(
        f"After {deadline_s:.0f} s, {len(unmet)} condition(s) are not met:\n  " + "\n  ".join(lines),
        code="condition.deadline",
        hint=" ".join(hints) or "Look at the hosts named above, then run the same command again to go on.",
    )
