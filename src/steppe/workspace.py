"""The user's folder of a cluster: its secrets, its claim, the lock on this machine, the log of what was done.

    <workspace>/<region>/<cluster>/     0700
        secrets.json                    0600, see steppe.control.secrets
        audit.jsonl                     0600, one JSON object a line, only ever added to
        lock                            0600, held (flock) while a command changes the cluster

The workspace is `$STEPPE_WORKSPACE`, else `$XDG_STATE_HOME/steppe`, else `~/.local/state/steppe`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steppe.errors import Claimed, SteppeError
from steppe.hints import typed
from steppe.person import user_name

_LOCK = "lock"
AUDIT = "audit.jsonl"
"""The log's file in a cluster's folder."""
_OTHERS = 0o077
"""The permission bits of group and others."""


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """The folder of one cluster; its methods make it as soon as something is kept in it."""

    path: Path

    def read(self, name: str) -> str | None:
        """The text of that file; None if there is none. Raises SteppeError if others may read it."""
        file = self.path / name
        try:
            with file.open(encoding="utf-8") as opened:
                mode = os.fstat(opened.fileno()).st_mode
                text = opened.read()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise SteppeError(
                f"{file} can't be read: {error}",
                code="workspace.read",
                hint="Run steppe as the user who made the cluster, or set STEPPE_WORKSPACE.",
            ) from error
        if mode & _OTHERS:
            raise SteppeError(
                f"{file} holds secrets, and its permissions {mode & 0o777:04o} let other users in.",
                code="workspace.open-to-others",
                hint=typed("chmod", "600", file),
            )
        return text

    def write(self, name: str, text: str) -> None:
        """Puts the whole text in place at once (0600): a reader, or a crash, sees the old or the new one."""
        self._make()
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=self.path)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._sync()

    def remove(self, name: str) -> None:
        """Removes that file, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def lock(self, command: str) -> Iterator[str]:
        """Keeps other changing commands of this machine out while the block runs.

        Gives what names this lock file until the machine's next start; empty where that isn't known.
        Raises Claimed, naming the holder, when another one runs. The lock ends with the process that holds
        it, however that ends.
        """
        with self._opened(_LOCK) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Claimed(
                    f"Another command is changing this cluster: {_holder(file)}.",
                    code="workspace.locked",
                    hint="Wait until it ends; reading commands such as `steppe status` work meanwhile.",
                ) from error
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps(_me(command)).encode(), 0)
            try:
                yield _place(file)
            finally:
                os.ftruncate(file, 0)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Waits for its turn at the file `name`, for a read and write that must not be split."""
        with self._opened(f".{name}.turn") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def audit(self, entry: Mapping[str, Any]) -> None:
        """Adds one line to the log, with the time and who. Never give it a secret."""
        line = json.dumps({"at": _now(), "user": user_name(), **entry}, default=str) + "\n"
        with self._opened(AUDIT, os.O_APPEND) as file:
            os.write(file, line.encode())

    @contextmanager
    def _opened(self, name: str, flags: int = 0) -> Iterator[int]:
        self._make()
        file = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
        try:
            yield file
        finally:
            os.close(file)

    def _make(self) -> None:
        try:
            for folder in (*reversed(self.path.parents), self.path):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SteppeError(
                f"The folder {self.path} can't be made: {error}",
                code="workspace.make",
                hint="Set STEPPE_WORKSPACE to a folder that you may write to.",
            ) from error

    def _sync(self) -> None:
        """Makes the folder's own entries last, so that a new file survives a power cut."""
        folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass(frozen=True, slots=True)
class Workspace:
    """All clusters of one user."""

    root: Path

    def cluster(self, region: str, cluster: str) -> ClusterFolder:
        return ClusterFolder(self.root / region / cluster)

    def regions(self) -> list[str]:
        """Those in which it keeps something of a cluster, by name."""
        return sorted({path.parent.name for path in self.root.glob("*/*") if path.is_dir()})


def workspace(environ: Mapping[str, str] | None = None) -> Workspace:
    """The workspace that the environment names; nothing is made yet."""
    environment = os.environ if environ is None else environ
    named = environment.get("STEPPE_WORKSPACE")
    if named:
        return Workspace(Path(named).expanduser().absolute())
    state = environment.get("XDG_STATE_HOME")
    return Workspace((Path(state) if state else Path.home() / ".local" / "state") / "steppe")


def _me(command: str) -> dict[str, Any]:
    return {
        "command": command,
        "pid": os.getpid(),
        "user": user_name(),
        "host": socket.gethostname(),
        "since": _now(),
    }


def _place(file: int) -> str:
    """12 hex digits: the machine since its last start, and the file."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    status = os.fstat(file)
    return hashlib.sha256(f"{boot} {status.st_dev} {status.st_ino}".encode()).hexdigest()[:12]


def _holder(file: int) -> str:
    try:
        held = json.loads(os.pread(file, 4096, 0))
        return f"`{held['command']}` of {held['user']}, process {held['pid']}, since {held['since']}"
    except (ValueError, KeyError):
        return "it has only just begun"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
