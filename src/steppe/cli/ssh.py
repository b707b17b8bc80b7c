"""`steppe ssh`: logs in to a host by its name."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from steppe.operations.ssh import ssh


@click.command(name="ssh")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("host")
@click.argument("words", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
def command(file: Path, host: str, words: tuple[str, ...]) -> int:
    """Log in to a host by its name, or run a command there, as root and through the bastion.

    HOST is a host's name, with or without the Cluster ID. The host must show the key that steppe made for it;
    your own SSH settings, keys and known hosts take no part. One word after `--` is a line for the host's
    shell; several are one command with its arguments.

    Exits with the remote command's own exit code, and with 255 when ssh itself failed.

    \b
    Example:
      steppe ssh examples/orders.yaml broker-a
      steppe ssh examples/orders.yaml orders-consul-a -- systemctl status consul
      steppe ssh examples/orders.yaml broker-b -- 'df -h /data | tail -1'
    """
    line = None if not words else words[0] if len(words) == 1 else shlex.join(words)
    return ssh(file, host, line, terminal=sys.stdin.isatty() and sys.stdout.isatty())
