"""Events as they are read: live on a terminal, plain lines elsewhere, JSON lines on request.

People's text goes to stderr, JSON to stdout alone, so that either can be piped.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from steppe.cli.output import JSON_VERSION
from steppe.engine.events import (
    ConditionEvent,
    Emit,
    Event,
    NoteEvent,
    StageEvent,
    StepEvent,
    StepState,
    event_data,
)

_MOST_ROWS = 16
_WIDE = 10_000
"""Columns, where there is no terminal that has some."""


def console() -> Console:
    """Where people's text goes: stderr, in colour only on a terminal (NO_COLOR is honoured).

    Elsewhere than on a terminal nothing is wrapped or cut, tables neither.
    """
    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    if not screen.is_terminal:
        screen.width = _WIDE
    return screen


def tell_of_warnings() -> None:
    """Shows what steppe's modules warn of, while a command waits, as dim lines among people's text."""
    log = logging.getLogger("steppe")
    if not any(isinstance(handler, _Notices) for handler in log.handlers):
        log.addHandler(_Notices(logging.WARNING))


class _Notices(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        console().print(f"  [dim]… {escape(record.getMessage())}[/]")


@contextmanager
def events_shown(*, as_json: bool) -> Iterator[Emit]:
    """Gives the `Emit` that fits where the output goes."""
    if as_json:
        yield _JsonLines(sys.stdout).emit
        return
    screen = console()
    if screen.is_terminal:
        with _LiveView(screen) as view:
            yield view.emit
    else:
        yield PlainLines(screen).emit


class _JsonLines:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._sequence = 0
        self._write({"type": "hello", "tool": "steppe"})

    def emit(self, event: Event) -> None:
        self._write(event_data(event))

    def _write(self, body: dict[str, object]) -> None:
        with self._lock:
            head = {"version": JSON_VERSION, "seq": self._sequence, "at": datetime.now(UTC).isoformat()}
            self._sequence += 1
            self._out.write(json.dumps({**head, **body}, default=str) + "\n")
            self._out.flush()


def line(event: Event) -> str | None:
    """What is worth a lasting line, in rich's markup; None for what only matters while it lasts."""
    match event:
        case StageEvent(begun=True):
            return None
        case StageEvent(stage=stage, seconds=seconds):
            return f"[bold green]✓[/] [bold]{escape(stage)}[/]{_took(seconds)}"
        case StepEvent(state=StepState.DONE, step=step, seconds=seconds):
            return f"  [green]✓[/] {escape(step)}{_took(seconds)}"
        case StepEvent(state=StepState.SKIPPED, step=step, why=why):
            return f"  [dim]-[/] {escape(step)}: {escape(why)}"
        case StepEvent(state=StepState.FAILED, step=step, why=why):
            return f"  [red]✗[/] {escape(step)}: {escape(why)}"
        case ConditionEvent(met=True, condition=condition, seconds=seconds):
            return f"  [green]✓[/] {escape(condition)}{_took(seconds)}"
        case NoteEvent(text=text):
            return f"  [dim]{escape(text)}[/]"
    return None


def _took(seconds: float | None) -> str:
    return "" if seconds is None else f" [dim]{seconds:.1f} s[/]"


_WORTH_A_LINE_S = 2.0
"""A wait that ends sooner is not told of."""


class PlainLines:
    """A line when something is done, and one each time the reason of a longer wait changes."""

    def __init__(self, screen: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._lock = threading.Lock()
        self._reasons: dict[str, str] = {}
        self._since: dict[str, float] = {}

    def emit(self, event: Event) -> None:
        with self._lock:
            lasting = line(event)
            if lasting is not None:
                self._screen.print(lasting)
            elif isinstance(event, StageEvent):
                self._screen.print(f"• {escape(event.stage)}")
            else:
                self._wait(event)

    def _wait(self, event: Event) -> None:
        key, why, left = _pending(event)
        now = self._clock()
        lasted_s = now - self._since.setdefault(key, now)
        if why and lasted_s >= _WORTH_A_LINE_S and self._reasons.get(key) != why:
            self._reasons[key] = why
            self._screen.print(f"  … {escape(key)}: {escape(why)}{_left(left)}")


def _pending(event: Event) -> tuple[str, str, float | None]:
    match event:
        case StepEvent(step=step, why=why, left_s=left):
            return step, why, left
        case ConditionEvent(condition=condition, why_not=why, left_s=left):
            return condition, why, left
    return "", "", None


def _left(left: float | None) -> str:
    return "" if left is None else f" ({left:.0f} s left)"


class _LiveView:
    """Done things scroll up as lines; below them a row for each thing under way, with why it waits.

    It begins with the first event: a question before it has the terminal to itself.
    """

    def __init__(self, screen: Console) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, float] = {}
        self._rows: dict[str, tuple[float, str, float | None]] = {}
        self._begun = False
        self._live = Live(console=screen, refresh_per_second=8, transient=True, get_renderable=self._render)

    def __enter__(self) -> _LiveView:
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def emit(self, event: Event) -> None:
        lasting = line(event)
        with self._lock:
            self._note(event, ended=lasting is not None)
            is_first, self._begun = not self._begun, True
        if is_first:
            self._live.start()
        if lasting is not None:
            self._live.console.print(lasting)

    def _note(self, event: Event, *, ended: bool) -> None:
        if isinstance(event, StageEvent):
            if event.begun:
                self._stages[event.stage] = time.monotonic()
            else:
                self._stages.pop(event.stage, None)
            return
        key, why, left = _pending(event)
        if not key:
            return
        if ended:
            self._rows.pop(key, None)
        elif not (isinstance(event, StepEvent) and event.state is StepState.WAITING):
            since = self._rows[key][0] if key in self._rows else time.monotonic()
            self._rows[key] = (since, why, left)

    def _render(self) -> Group:
        now = time.monotonic()
        with self._lock:
            stages = [Text(f"• {stage} ({now - since:.0f} s)") for stage, since in self._stages.items()]
            rows = list(self._rows.items())
        shown = [
            Text(f"  … {key}" + (f": {why}" if why else "") + f" ({now - since:.0f} s{_cap(left)})")
            for key, (since, why, left) in rows[:_MOST_ROWS]
        ]
        more = [Text(f"  … and {len(rows) - _MOST_ROWS} more")] if len(rows) > _MOST_ROWS else []
        return Group(*stages, *shown, *more)


def _cap(left: float | None) -> str:
    return "" if left is None else f", {left:.0f} s left"
