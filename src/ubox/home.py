"""A box's folder: what is in it, who serves it, and where it answers.

`box.json`  settings and keys, and where the API answers (0600)
`region.db` the region, in SQLite
`lock`      held by the process that serves
`ubox.pid`  that process, as pid and start time, so that a number used again is never mistaken for it
`ubox.log`  what a server started by `ubox start` says
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ubox.errors import BoxError, called


def default_folder() -> Path:
    """`$UBOX_DIR`, else `ubox/box` in the user's XDG state folder."""
    if given := os.environ.get("UBOX_DIR"):
        return Path(given)
    return Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state")) / "ubox" / "box"


@dataclass(frozen=True, slots=True)
class Process:
    """A process that can't be mistaken for another: its pid, and when it started (ticks since boot)."""

    pid: int
    started: int

    @property
    def runs(self) -> bool:
        return started_at(self.pid) == self.started


@dataclass(frozen=True, slots=True)
class Home:
    folder: Path

    @property
    def settings_file(self) -> Path:
        return self.folder / "box.json"

    @property
    def database(self) -> Path:
        return self.folder / "region.db"

    @property
    def log_file(self) -> Path:
        return self.folder / "ubox.log"

    def told(self) -> dict[str, Any]:
        """What `box.json` says; nothing where there is none or where it can't be read."""
        try:
            kept = json.loads(self.settings_file.read_text())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until no other process starts this box's server, and keeps others waiting."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def server(self) -> Process | None:
        """The process that serves this box now."""
        try:
            kept = json.loads(self._pid_file.read_text())
            process = Process(pid=kept["pid"], started=kept["started"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return process if process.runs else None

    @contextmanager
    def served_here(self) -> Iterator[None]:
        """Marks this process as the box's server. Raises BoxError where another one is."""
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BoxError(
                    f"{self.folder}: another ubox serves it; '{called('status')}' shows it, "
                    f"'{called('stop')}' ends it"
                ) from None
            pid = os.getpid()
            self._pid_file.write_text(json.dumps({"pid": pid, "started": started_at(pid)}))
            try:
                yield
            finally:
                self._pid_file.unlink(missing_ok=True)

    @property
    def _pid_file(self) -> Path:
        return self.folder / "ubox.pid"


def started_at(pid: int) -> int | None:
    """When a live process started (field 22 of `/proc/<pid>/stat`), or None where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])
