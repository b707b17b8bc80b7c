"""`steppe logs`: the journal of a host, or of one unit on it."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import click

from steppe.operations.ssh import ssh

_AGO = re.compile(r"\d+(s|m|min|h|d)")


@click.command(name="logs")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("host")
@click.argument("unit", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--since", help="From then on: `15m`, `2h`, or a time as journalctl takes it.")
@click.option("--lines", "-n", type=click.IntRange(1), help="The last ones only; 200 without --since.")
def command(
    file: Path, host: str, unit: str | None, follow: bool, since: str | None, lines: int | None
) -> int:
    """Show the journal of a host, or of one unit on it: consul, nomad, first-boot, nftables, ssh.

    HOST is a host's name, with or without the Cluster ID. What RocketMQ's tasks say is kept by Nomad:
    `steppe access FILE -- nomad alloc logs -job JOB`. Exits as `steppe ssh` does.

    \b
    Example:
      steppe logs examples/orders.yaml consul-a consul --since 15m
      steppe logs examples/orders.yaml broker-a nomad --follow
    """
    return ssh(file, host, _line(unit, follow, since, lines), terminal=follow and sys.stdin.isatty())


def _line(unit: str | None, follow: bool, since: str | None, lines: int | None) -> str:
    words = ["journalctl", "--no-pager", "--output=short-iso"]
    if unit is not None:
        words.append(f"--unit={unit}")
    if since is not None:
        words.append(f"--since={'-' if _AGO.fullmatch(since) else ''}{since}")
    if lines is not None or since is None:
        words.append(f"--lines={lines or 200}")
    if follow:
        words.append("--follow")
    return shlex.join(words)
