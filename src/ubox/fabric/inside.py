"""Runs a command in a host, as a drill or a curious user wants to."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ubox.errors import BoxError
from ubox.fabric.groups import Group
from ubox.fabric.names import Names

_JOIN = 'for group in $UBOX_GROUPS; do echo 0 >"$group"; done; unset UBOX_GROUPS; exec nsenter "$@"'


def exec_command(folder: Path, host: str, argv: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command and environment that run `argv` in a host, within its limits.

    Raises BoxError if the host isn't running.
    """
    names = Names.of(folder)
    group = Group(names, host)
    leader = group.leader()
    if leader is None:
        raise BoxError(f"{host} is not running in the box at {names.folder}")
    spaces = ["-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "UBOX_GROUPS": " ".join(map(str, group.entrances("exec"))),
    }
    return ["sh", "-c", _JOIN, "sh", "-t", str(leader), *spaces, "--", *argv], environment


def exec_in_host(
    folder: Path, host: str, argv: Sequence[str], *, given: str = "", timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Runs it to its end, in seconds `timeout` at most. Raises BoxError, subprocess.TimeoutExpired."""
    command, environment = exec_command(folder, host, argv)
    return subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, timeout=timeout, check=False
    )


def console_log(folder: Path, host: str) -> Path:
    """The file with all that the host wrote to its console."""
    return Names.of(folder).console(host)
