"""What the Remark of a claim says: who owns the cluster, and who changes it at the moment.

steppe owner=<workspace>
steppe owner=<workspace> lock=<run> until=<unix time> by=<user>@<host> pid=<number> at=<place> command=<verb>
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_FIRST = "steppe"
_OTHER = re.compile(r"[^\w.@+-]", re.ASCII)
_MOST = {"by": 80, "command": 40}
"""Characters of what may be long; the rest has a fixed length, and the whole may have 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockMark:
    """One command that changes the cluster."""

    run: str
    """Random, so that no two commands are taken for each other."""
    until: int
    """When it ends unless it is renewed, in seconds since 1970."""
    by: str
    """`user@host`."""
    pid: int
    place: str
    """Of the workspace's lock file on that machine, until its next start; empty where that isn't known."""
    command: str

    @property
    def holder(self) -> str:
        """For people."""
        until = datetime.fromtimestamp(self.until, UTC).strftime("%H:%M:%S UTC")
        return f"`{self.command}` of {self.by}, process {self.pid}; unless it is renewed, it ends at {until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRemark:
    owner: str
    """Empty when steppe didn't write the Remark."""
    lock: LockMark | None = None

    def text(self) -> str:
        """At most 255 characters."""
        words = [_FIRST, f"owner={self.owner}"]
        if (lock := self.lock) is not None:
            words += [f"lock={lock.run}", f"until={lock.until}", f"by={_plain('by', lock.by)}"]
            words += [f"pid={lock.pid}", f"at={lock.place}", f"command={_plain('command', lock.command)}"]
        return " ".join(words)


def parse(remark: str) -> ClaimRemark:
    """Never fails: a Remark that isn't steppe's has no owner, half a lock is none."""
    first, *words = remark.split(" ")
    said = dict(word.split("=", 1) for word in words if "=" in word)
    if first != _FIRST or not said.get("owner"):
        return ClaimRemark(owner="")
    return ClaimRemark(owner=said["owner"], lock=_lock(said))


def _lock(said: dict[str, str]) -> LockMark | None:
    try:
        return LockMark(
            run=said["lock"],
            until=int(said["until"]),
            by=said["by"],
            pid=int(said["pid"]),
            place=said["at"],
            command=said["command"],
        )
    except (KeyError, ValueError):
        return None


def _plain(field: str, text: str) -> str:
    return _OTHER.sub("-", text)[: _MOST[field]]
