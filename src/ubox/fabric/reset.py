"""Takes a box apart, whatever state it is in, by nothing but its folder's name.

1. End every process in its control groups, and remove the groups, so that none can be added.
2. Remove its cables, then its network namespaces.
3. Unmount what is mounted below its folder.
4. Delete its machines' disks, and systemd-nspawn's traces of them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

from ubox.errors import BoxError
from ubox.fabric import groups
from ubox.fabric.commands import ip_batch, run, run_leniently
from ubox.fabric.groups import Group
from ubox.fabric.kernel import remove_hosts
from ubox.fabric.machine import PROPAGATE
from ubox.fabric.names import Names
from ubox.fabric.namespaces import existing

_ROUNDS = 3
"""A command that a killed ubox had begun may still make something after the first."""


class Removed(NamedTuple):
    what: str
    name: str


def reset(folder: Path) -> list[Removed]:
    """Removes what the fabric of the box in that folder ever made, and says what that was.

    The folder need not exist any more. No ubox may be running there. Raises BoxError if something stays.
    """
    names = Names.of(folder)
    removed: list[Removed] = []
    for _ in range(_ROUNDS):
        removed += [*_machines(names), *_networks(names), *_mounts(names), *_files(names)]
        if not (left := leftovers(folder)):
            return removed
    raise BoxError(f"the box at {names.folder} left something behind: {', '.join(left)}; reset it again")


def leftovers(folder: Path) -> list[str]:
    """Every kernel object of the box in that folder; none after `reset`."""
    names = Names.of(folder)
    found = [f"namespace {each}" for each in sorted(existing(f"{names.prefix}-"))]
    if _uplink(names).exists():
        found.append(f"interface {names.uplink}")
    found += [f"mount {each}" for each in _mounted(names)]
    for hierarchy in groups.hierarchies():
        if (group := hierarchy.folder / names.prefix).exists():
            found.append(f"control group {group}")
    return found + [f"folder {each}" for each in _traces(names)]


def _machines(names: Names) -> list[Removed]:
    removed = []
    for host in sorted(groups.hosts(names)):
        group = Group(names, host)
        removed.append(Removed("machine" if group.processes() else "control group of", host))
        group.remove()
    groups.remove_parents(names)
    return removed


def _networks(names: Names) -> list[Removed]:
    found = existing(f"{names.prefix}-")
    hosts = sorted(each for each in found if names.is_host_namespace(each))
    remove_hosts(hosts)
    routing = sorted(found - set(hosts))
    for namespace in routing:
        links = json.loads(run(["ip", "-n", namespace, "-j", "link", "show"]) or "[]")
        doomed = [f"link del {link['ifname']}" for link in links if link["ifname"] != "lo"]
        run_leniently([ip_batch(namespace, doomed, lenient=True)])
    if _uplink(names).exists():
        run_leniently([ip_batch("", [f"link del {names.uplink}"], lenient=True)])
    run_leniently([ip_batch("", [f"netns del {each}" for each in routing], lenient=True)])
    return [Removed("namespace", each) for each in sorted(found)]


def _mounts(names: Names) -> list[Removed]:
    found = _mounted(names)
    for each in found:
        run(["umount", "--lazy", each])
    return [Removed("mount", each) for each in found]


def _files(names: Names) -> list[Removed]:
    removed = []
    for folder in (names.hosts_folder, names.disks_folder):
        if folder.is_dir():
            removed += [Removed("files of", each.name) for each in sorted(folder.iterdir())]
            shutil.rmtree(folder)
    names.health_file.unlink(missing_ok=True)
    for trace in _traces(names):
        trace.rmdir()
    return removed


def _uplink(names: Names) -> Path:
    return Path("/sys/class/net", names.uplink)


def _mounted(names: Names) -> list[str]:
    """Mount points below the folder, the deepest first."""
    points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    decoded = [point.encode().decode("unicode_escape") for point in points]
    return sorted((each for each in decoded if each.startswith(f"{names.folder}/")), key=len, reverse=True)


def _traces(names: Names) -> list[Path]:
    return sorted(PROPAGATE.glob(f"{names.prefix}-*")) if PROPAGATE.is_dir() else []
