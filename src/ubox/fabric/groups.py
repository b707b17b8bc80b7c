"""The control groups of a host: `<prefix>/<host>` in every hierarchy, made before its first process.

They hold its limits, name its processes (so that a box can be found again without any notes), and end them
all at once. Written for hybrid machines (cgroup v1 controllers beside a v2 tree) and for pure v2; only the
former is tested.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ubox.errors import BoxError, called
from ubox.fabric.names import Names

_CPU_SHARES = 1024
"""cgroup v1's share of one core, and about what v2 calls a weight of 100."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    folder: Path
    controllers: frozenset[str]
    """Empty for cgroup v2, whose controllers are switched on below."""
    unified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    memory_mb: int
    cpu: int
    cpu_quota: float | None
    """Cores that each of its cores may use at most; None: only a share when cores are scarce."""


@cache
def hierarchies() -> tuple[Hierarchy, ...]:
    """Every mounted hierarchy. Raises BoxError where no cgroup v2 tree is mounted (hybrid or pure)."""
    found = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            folder = Path(before.split()[4])
            found[folder] = Hierarchy(folder, frozenset(options.split(",")) - {"rw", "ro"}, kind == "cgroup2")
    if not any(each.unified for each in found.values()):
        raise BoxError("no cgroup v2 tree is mounted; mount one: mkdir -p /sys/fs/cgroup/unified && "
                       "mount -t cgroup2 none /sys/fs/cgroup/unified")  # fmt: skip
    # The unified one first: it is joined first, so whoever is in any of them is in that one.
    return tuple(sorted(found.values(), key=lambda each: not each.unified))


class Group:
    """The control groups of one host."""

    def __init__(self, names: Names, host: str) -> None:
        self._names, self._host = names, host

    def make(self, limits: Limits) -> None:
        """Makes them, with their limits; what exists is kept."""
        for each in hierarchies():
            parent, folder = each.folder / self._names.prefix, self._folder(each)
            if each.unified:
                _delegate(each.folder)
            for level in (parent, folder):
                level.mkdir(exist_ok=True)
                if "cpuset" in each.controllers:
                    _open_cpuset(each.folder, level)
            if each.unified:
                _delegate(parent)
            for name, value in _settings(each, limits).items():
                if (folder / name).exists():
                    (folder / name).write_text(value)

    def entrances(self, below: str = "") -> list[Path]:
        """The files that a process joins by writing 0 to each.

        `below` names groups inside the host's; they are made if missing.
        """
        folders = [self._folder(each) / below for each in hierarchies()]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        return [folder / "cgroup.procs" for folder in folders]

    def processes(self) -> list[int]:
        """Every process of the host, its supervisor included."""
        return [pid for folder in _below(self._unified) for pid in _pids(folder)]

    def supervisor(self) -> int | None:
        """The systemd-nspawn of the host, if it runs."""
        pids = _pids(self._unified) + _pids(self._unified / "supervisor")
        return min(pids, key=lambda pid: (_started(pid), pid), default=None)

    def leader(self) -> int | None:
        """The host's first process: number 1 of a namespace of processes just below ours."""
        depth = len(_namespace_pids(os.getpid())) + 1
        for pid in sorted(self.processes()):
            numbers = _namespace_pids(pid)
            if len(numbers) == depth and numbers[-1] == 1:
                return pid
        return None

    def kill(self) -> None:
        """Ends every process of the host at once. Raises BoxError if one is still there after 10 s."""
        deadline = time.monotonic() + 10
        while left := self.processes():
            if time.monotonic() > deadline:
                raise BoxError(f"processes of {self._host} don't end: {left}; try `{called('reset')}` again")
            switch = self._unified / "cgroup.kill"
            if switch.exists():
                switch.write_text("1")
            else:
                _signal_all(left)
            time.sleep(0.01)

    def remove(self) -> None:
        """Ends what still runs and removes the groups; a machine that is just being started then fails."""
        for each in hierarchies():
            _remove(self._folder(each), busy=self.kill)

    @property
    def _unified(self) -> Path:
        return next(self._folder(each) for each in hierarchies() if each.unified)

    def _folder(self, hierarchy: Hierarchy) -> Path:
        return hierarchy.folder / self._names.prefix / self._host


def hosts(names: Names) -> set[str]:
    """The hosts that have a group, running or not."""
    parents = [each.folder / names.prefix for each in hierarchies()]
    return {each.name for parent in parents if parent.is_dir() for each in parent.iterdir() if each.is_dir()}


def remove_parents(names: Names) -> None:
    """Removes the box's own groups, once those of its hosts are gone."""
    for each in hierarchies():
        _remove(each.folder / names.prefix, busy=lambda: None)


def _settings(hierarchy: Hierarchy, limits: Limits) -> dict[str, str]:
    """Each limit by the name of its file; microseconds of CPU are for each tenth of a second."""
    memory = str(limits.memory_mb * 2**20)
    busy = None if limits.cpu_quota is None else str(int(limits.cpu * limits.cpu_quota * 100_000))
    if hierarchy.unified:
        return {
            "memory.max": memory,
            "memory.swap.max": "0",
            "cpu.weight": str(min(10_000, 100 * limits.cpu)),
            "cpu.max": f"{busy or 'max'} 100000",
        }
    return {
        "memory.limit_in_bytes": memory,
        "cpu.shares": str(_CPU_SHARES * limits.cpu),
        "cpu.cfs_quota_us": busy or "-1",
    }


def _delegate(folder: Path) -> None:
    """Cgroup v2: the groups below may have limits, as far as this machine has v2 controllers."""
    offered = (folder / "cgroup.controllers").read_text().split()
    for controller in {"cpu", "memory", "pids"}.intersection(offered):
        (folder / "cgroup.subtree_control").write_text(f"+{controller}")


def _open_cpuset(root: Path, folder: Path) -> None:
    (folder / "cgroup.clone_children").write_text("1")
    for name in ("cpuset.cpus", "cpuset.mems"):
        (folder / name).write_text((root / name).read_text())


def _below(folder: Path) -> Iterator[Path]:
    yield from (Path(each) for each, _, _ in os.walk(folder))


def _pids(folder: Path) -> list[int]:
    try:
        return [int(pid) for pid in (folder / "cgroup.procs").read_text().split() if pid != "0"]
    except OSError:
        return []


def _started(pid: int) -> int:
    """When the process was started, in ticks since boot; a process that is gone was never first."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return 2**63


def _namespace_pids(pid: int) -> list[int]:
    """Its number in each namespace of processes that it is in (`NSpid` in proc(5))."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(each) for line in lines if line.startswith("NSpid:") for each in line.split()[1:]]


def _signal_all(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _remove(folder: Path, busy: Callable[[], None]) -> None:
    deadline = time.monotonic() + 5
    while folder.is_dir():
        try:
            for each in reversed(list(_below(folder))):
                each.rmdir()
        except OSError:
            # A group stays busy for a moment after its last process.
            if time.monotonic() > deadline:
                raise
            busy()
            time.sleep(0.01)
