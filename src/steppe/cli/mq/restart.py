"""`steppe mq restart`: restarts a group's members, one at a time."""

from __future__ import annotations

import time
from pathlib import Path

import click

from steppe.cli.mq.names import group_argument
from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.render import console, events_shown
from steppe.operations.mq.restart import Restart, restart


@click.command(name="restart")
@file_argument
@group_argument()
@yes_option
@json_option
def command(file: Path, group: str, yes: bool, as_json: bool) -> None:
    """Restart a group's members one at a time, each back in sync before the next, the master last.

    Writes pause for some seconds while another member becomes master. Run again after it was stopped, it goes
    on with the members that are left.

    \b
    Example:
      steppe mq restart examples/orders.yaml orders-0
    """
    began = time.monotonic()

    def approve(asked: Restart) -> None:
        if not as_json:
            _show(asked)
        confirm(f"Restart the members of {asked.name}, one after the other?", yes=yes)

    with events_shown(as_json=as_json) as emit:
        done = restart(file, group, emit, approve)
    if not as_json:
        seconds = time.monotonic() - began
        console().print(
            f"[bold green]✓[/] {len(done.order)} member(s) of {done.name} were restarted ({seconds:.1f} s)."
        )


def _show(asked: Restart) -> None:
    screen = console()
    if asked.done_before:
        screen.print(f"An earlier run restarted {', '.join(asked.done_before)}; this one goes on.")
    for host in asked.order:
        screen.print(f"  [yellow]~[/] {asked.name} on {host}")
