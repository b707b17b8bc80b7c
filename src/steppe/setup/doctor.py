"""What this machine lacks for each mode, and the command that mends it.

Each check is a small function that gives what is wrong, or nothing; together they are a list, as a person
would go through it.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from steppe.setup import go_tools, image, packages, rocketmq

MODES = ("box", "cloud")
_MEMORY_GIB = 6
"""A cluster of the box at rest needs about 2.5 GiB, the making of the image less than 4."""
_DISK_GIB = 10
_GIB = 1024**3
_CREDENTIAL_FILES = ("credential.json", "config.json")
"""Of the official command line and Terraform provider, in `~/.ucloud`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check's result: `detail` says what was found, `remedy` how it is mended if it isn't `ok`."""

    check: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(mode: str) -> list[Finding]:
    """All findings for one of `MODES`: `box` is the local region, `cloud` UCloud itself. In order.

    Raises KeyError for another mode.
    """
    return [check() for check in {"box": _BOX, "cloud": _CLOUD}[mode]]


def _python() -> Finding:
    return Finding(
        check="Python is 3.11 or newer",
        ok=sys.version_info >= (3, 11),
        detail=platform.python_version(),
        remedy="apt-get install python3.11, then make PYTHON=python3.11 setup",
    )


def _root() -> Finding:
    return Finding(
        check="runs as root, which makes machines and networks",
        ok=os.geteuid() == 0,
        detail=f"user {os.geteuid()}",
        remedy="sudo steppe …",
    )


def _linux() -> Finding:
    machine = platform.machine()
    return Finding(
        check="is Linux on x86-64 or arm64",
        ok=platform.system() == "Linux" and machine in ("x86_64", "aarch64"),
        detail=f"{platform.system()} {machine}",
        remedy="use a Linux machine",
    )


def _packages() -> Finding:
    missing = packages.missing()
    return Finding(
        check="has the packages that make machines and networks",
        ok=not missing,
        detail=f"missing: {', '.join(missing)}" if missing else "all there",
        remedy=f"apt-get install {' '.join(missing or dict.fromkeys(packages.NEEDED.values()))}",
    )


def _cgroups() -> Finding:
    root = Path("/sys/fs/cgroup")
    kinds = {"cgroup.controllers": "version 2", "unified": "version 1 and 2", "systemd": "version 1"}
    found = next((kind for file, kind in kinds.items() if (root / file).exists()), "")
    return Finding(
        check="has control groups, which keep a machine's processes apart",
        ok=bool(found),
        detail=found or "none mounted",
        remedy="mount -t cgroup2 none /sys/fs/cgroup",
    )


def _overlay() -> Finding:
    known = Path("/proc/filesystems").read_text()
    return Finding(
        check="has the overlay file system, on which machines share one image",
        ok="\toverlay\n" in known,
        detail="known to the kernel" if "\toverlay\n" in known else "not loaded",
        remedy="modprobe overlay",
    )


def _firewall() -> Finding:
    program = shutil.which("nft", path=packages.path())
    asked = subprocess.run(
        [program or "false", "list", "tables"], capture_output=True, text=True, check=False
    )
    return Finding(
        check="has nftables in its kernel, for the networks and firewalls",
        ok=asked.returncode == 0,
        detail="answers" if asked.returncode == 0 else asked.stderr.strip() or "nft is not installed",
        remedy="as root: modprobe nf_tables",
    )


def _memory() -> Finding:
    lines = Path("/proc/meminfo").read_text().splitlines()
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    free = kib["MemAvailable"] * 1024 / _GIB
    return Finding(
        check=f"has {_MEMORY_GIB} GiB of memory free for a cluster",
        ok=free >= _MEMORY_GIB,
        detail=f"{free:.1f} GiB",
        remedy="end what needs memory, or use a machine with more",
    )


def _disk() -> Finding:
    folder = next(parent for parent in (image.catalogue(), *image.catalogue().parents) if parent.is_dir())
    free = shutil.disk_usage(folder).free / _GIB
    return Finding(
        check=f"has {_DISK_GIB} GiB free for the image and machines' disks",
        ok=free >= _DISK_GIB,
        detail=f"{free:.1f} GiB in {folder}",
        remedy="free some disk, or set STEPPE_CACHE and UBOX_DIR to a larger one",
    )


def _tools() -> Finding:
    missing = [tool.name for tool in go_tools.TOOLS if not go_tools.binary(tool).exists()]
    missing += [] if rocketmq.jars().exists() else ["RocketMQ"]
    return Finding(
        check="has Consul, Nomad and RocketMQ",
        ok=not missing,
        detail=f"missing: {', '.join(missing)}" if missing else "in the cache",
        remedy="make setup",
    )


def _image() -> Finding:
    root = image.current()
    return Finding(
        check="has the host image",
        ok=root is not None,
        detail=str(root) if root else "not made yet",
        remedy="make setup",
    )


def _credentials() -> Finding:
    named = bool(os.environ.get("UCLOUD_PUBLIC_KEY") and os.environ.get("UCLOUD_PRIVATE_KEY"))
    folder = Path.home() / ".ucloud"
    files = [folder / name for name in _CREDENTIAL_FILES if (folder / name).is_file()]
    return Finding(
        check="has UCloud credentials",
        ok=named or bool(files),
        detail="in the environment" if named else str(files[0]) if files else "neither environment nor files",
        remedy="export UCLOUD_PUBLIC_KEY=… UCLOUD_PRIVATE_KEY=… UCLOUD_PROJECT_ID=…",
    )


_Check = Callable[[], Finding]
_BOX: tuple[_Check, ...] = (
    _linux,
    _python,
    _root,
    _packages,
    _cgroups,
    _overlay,
    _firewall,
    _memory,
    _disk,
    _tools,
    _image,
)
_CLOUD: tuple[_Check, ...] = (_python, _credentials)
