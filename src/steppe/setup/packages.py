"""Debian packages that set-up and ubox need on this machine; only what is missing is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

from steppe.errors import SteppeError
from steppe.setup.command import run
from steppe.setup.progress import step

NEEDED: Mapping[str, str] = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "ip": "iproute2",
    "mvn": "maven",
    "gcc": "build-essential",
    "javac": "default-jdk-headless",
    "nsenter": "util-linux",
}
"""The package that brings each program."""


def missing() -> tuple[str, ...]:
    """Packages whose program is not on this machine."""
    return tuple(package for program, package in NEEDED.items() if shutil.which(program, path=path()) is None)


def path() -> str:
    """Where programs are looked for: the user's PATH, and where administrators' programs are."""
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def install() -> None:
    """Installs what is missing. Raises SteppeError when apt-get can't."""
    wanted = missing()
    if not wanted:
        return
    hint = f"install them by hand: {', '.join(wanted)}"
    if shutil.which("apt-get") is None:
        raise SteppeError("This is not a Debian or Ubuntu machine.", code="setup.system", hint=hint)
    with step(f"install {', '.join(wanted)}"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "-q", "update"], hint=hint, environment=quiet)
        run(
            ["apt-get", "-q", "install", "-y", "--no-install-recommends", *wanted],
            hint=hint,
            environment=quiet,
        )
