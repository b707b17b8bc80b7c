"""One run of the real commands in a box of its own: up, messages, up again, rest, plan, down; all removed.

Seconds are those of whole commands, as a user waits for them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.clock import load, undisturbed
from bench.rest import Rest, available_mib, counts, left_in_box, rest
from ubox.fabric import reset
from ubox.fabric.reset import leftovers

_COMMAND = Path(sys.executable).with_name("steppe")
_LAST_CONDITIONS = 3

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Seconds, but for what says otherwise; the load before it began."""

    load: float
    stages: Mapping[str, float]
    """Of `up` and of the first message, in order."""
    last_conditions: Mapping[str, float]
    """Those that came true last, with the seconds since the beginning of `up`."""
    up: float
    first_message: float
    """From the start of `steppe up` to one message sent and received."""
    second_up: float
    second_up_changed: tuple[str, ...]
    """What the second `up` did; nothing, if all is well."""
    plan: float
    rest: Rest
    down: float
    left: tuple[str, ...]
    """What `down`, or the box's reset after it, left in the region or on the machine."""


class CommandFailed(Exception):
    """A command of the run failed: there is nothing to measure."""


def measure(file: Path) -> Run:
    """Does it all in a new folder. Raises CommandFailed; everything is removed, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="steppe-bench-", dir="/var/tmp"))
    box = folder / "box"
    try:
        return _run(file, folder, box)
    finally:
        with undisturbed():
            subprocess.run([_COMMAND, "box", "reset", "--yes"], env=environment(folder), capture_output=True)
            reset(box)
            shutil.rmtree(folder)


def _run(file: Path, folder: Path, box: Path) -> Run:
    around = environment(folder)
    before, free = load(), available_mib()
    timed(["box", "start"], around)
    empty = counts(box)
    up_s, said = timed(["up", str(file), "--yes", "--json"], around)
    events = [json.loads(line) for line in said.splitlines()]
    message_s, _ = timed(["verify", str(file), "--messages", "1", "--json"], around)
    again_s, said_again = timed(["up", str(file), "--yes", "--json"], around)
    at_rest = rest(box, free)
    plan_s, _ = timed(["plan", str(file), "--exit-code"], around)
    down_s, _ = timed(["down", str(file), "--yes"], around)
    left = left_in_box(box, empty)
    timed(["box", "reset", "--yes"], around)
    return Run(
        load=before,
        stages={**_stages(events), "first message": round(message_s, 2)},
        last_conditions=_last_conditions(events),
        up=up_s,
        first_message=round(up_s + message_s, 2),
        second_up=again_s,
        second_up_changed=_done([json.loads(line) for line in said_again.splitlines()]),
        plan=plan_s,
        rest=at_rest,
        down=down_s,
        left=(*left, *leftovers(box)),
    )


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "UBOX_DIR": str(folder / "box"), "STEPPE_WORKSPACE": str(folder / "workspace")}


def timed(arguments: Sequence[str], around: Mapping[str, str]) -> tuple[float, str]:
    """Seconds of a steppe command, and its stdout. Raises CommandFailed with the end of its stderr."""
    began = time.monotonic()
    ended = subprocess.run([_COMMAND, *arguments], env=around, capture_output=True, text=True)
    seconds = round(time.monotonic() - began, 2)
    if ended.returncode:
        raise CommandFailed(
            f"steppe {' '.join(arguments)} ended with {ended.returncode} after {seconds} s:\n"
            + ended.stderr[-2000:]
        )
    return seconds, ended.stdout


def _stages(events: Sequence[Event]) -> dict[str, float]:
    """Each stage of `up`, and what lies between two of them under a name of its own."""
    found: dict[str, float] = {}
    since, before = _at(events[0]), "file and region"
    for event in events:
        if event["type"] == "condition" and event["met"] and event["condition"] == "the bastion answers":
            before = "the bastion answers"
        elif event["type"] == "stage" and event["begun"]:
            found[before] = round(_at(event) - since, 2)
        elif event["type"] == "stage":
            found[event["stage"]] = round(event["seconds"], 2)
            since, before = _at(event), f"after {event['stage']}"
    return found


def _last_conditions(events: Sequence[Event]) -> dict[str, float]:
    """A condition may be waited for twice; the first time counts."""
    met: dict[str, float] = {}
    for event in events:
        if event["type"] == "condition" and event["met"]:
            met.setdefault(event["condition"], round(_at(event) - _at(events[0]), 2))
    return dict(list(met.items())[-_LAST_CONDITIONS:])


def _done(events: Sequence[Event]) -> tuple[str, ...]:
    return tuple(event["step"] for event in events if event["type"] == "step" and event["state"] == "done")


def _at(event: Event) -> float:
    return datetime.fromisoformat(event["at"]).timestamp()
