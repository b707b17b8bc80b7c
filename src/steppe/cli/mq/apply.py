"""`steppe mq apply`: runs the groups of the file as the file asks."""

from __future__ import annotations

import time
from pathlib import Path

import click

from steppe.cli import plan_view
from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.render import console, events_shown
from steppe.engine import Plan
from steppe.operations.mq.apply import apply


@click.command(name="apply")
@file_argument
@yes_option
@json_option
def command(file: Path, yes: bool, as_json: bool) -> None:
    """Run the groups as the file asks, on a cluster that is up, and wait until they are well.

    It is the part of `steppe up` that is RocketMQ's jobs; hosts and networks are left as they are. Members
    that must be restarted are, one after the other.

    \b
    Example:
      steppe mq apply examples/orders.yaml
    """
    began = time.monotonic()

    def approve(plan: Plan) -> None:
        if not as_json:
            for line in plan_view.lines(plan):
                console().print(line)
        confirm("Make these changes?", yes=yes)

    with events_shown(as_json=as_json) as emit:
        applied = apply(file, emit, approve)
    if as_json:
        return
    what = f"{len(applied.jobs)} job(s) changed" if applied.jobs else "No change"
    console().print(f"[bold green]✓[/] {what}; every group is well ({time.monotonic() - began:.1f} s).")
    for line in plan_view.held_lines(applied.held):
        console().print(line)
