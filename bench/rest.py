"""What a cluster uses while nobody asks anything of it, and what is left when it is gone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ubox.fabric import groups
from ubox.fabric.names import Names
from ubox.fabric.namespaces import existing
from ubox.home import Home
from ubox.status import status

_MIB = 2**20
_WATCHED_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    memory_mib: int
    """Of all hosts' control groups, the kernel's caches for them included, and of the box's server."""
    processes_mib: int
    """Of that, what processes hold: the rest is cache, which the kernel takes back when it needs it."""
    less_available_mib: int
    """By how much the machine's available memory has shrunk; other users of the machine are in it too."""
    cores: float
    """Busy on average over some seconds, in the hosts' control groups."""


def rest(box: Path, available_before_mib: int) -> Rest:
    """Looks for some seconds at the box in that folder."""
    names = Names.of(box)
    server = _server_mib(box)
    began, busy_before = time.monotonic(), _busy_s(names)
    # A mean over a span of time needs the span: there is nothing to wait for.
    time.sleep(_WATCHED_S)
    cores = (_busy_s(names) - busy_before) / (time.monotonic() - began)
    used, held = _memory(names)
    return Rest(
        memory_mib=used // _MIB + server,
        processes_mib=held // _MIB + server,
        less_available_mib=available_before_mib - available_mib(),
        cores=round(cores, 2),
    )


def available_mib() -> int:
    return _kib(Path("/proc/meminfo"), "MemAvailable:") // 1024


def left_in_box(box: Path, before: Mapping[str, int]) -> tuple[str, ...]:
    """What a box with no cluster in it holds, in its region and in the kernel, that it didn't hold `before`.

    A region is never quite empty: UCloud has some firewalls in every project.
    """
    names = Names.of(box)
    return (
        *(f"{count} {kind}" for kind, count in counts(box).items() if count != before.get(kind, 0)),
        *(f"namespace {each}" for each in sorted(existing(f"{names.prefix}-host-"))),
        *(f"control group of {each}" for each in sorted(groups.hosts(names))),
    )


def counts(box: Path) -> Mapping[str, int]:
    """How many of each kind are in the region."""
    return dict(status(Home(box))["counts"])


def _server_mib(box: Path) -> int:
    """Memory of the process that serves the box."""
    return _kib(Path(f"/proc/{status(Home(box))['pid']}/status"), "VmRSS:") // 1024


def _memory(names: Names) -> tuple[int, int]:
    """Bytes used, and bytes that processes hold, in the control groups of the box."""
    for each in groups.hierarchies():
        folder = each.folder / names.prefix
        if "memory" in each.controllers:
            used = int((folder / "memory.usage_in_bytes").read_text())
            return used, _statistic(folder / "memory.stat", "total_rss")
        if each.unified and (folder / "memory.current").exists():
            return int((folder / "memory.current").read_text()), _statistic(folder / "memory.stat", "anon")
    return 0, 0


def _busy_s(names: Names) -> float:
    """Seconds of CPU that the control groups of the box have used."""
    for each in groups.hierarchies():
        folder = each.folder / names.prefix
        if "cpuacct" in each.controllers:
            return int((folder / "cpuacct.usage").read_text()) / 1e9
        if each.unified and (folder / "cpu.stat").exists():
            return _statistic(folder / "cpu.stat", "usage_usec") / 1e6
    return 0.0


def _statistic(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.split()[0] == name)


def _kib(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name))
