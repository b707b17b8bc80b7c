"""`steppe down`: removes a cluster, and proves that nothing is left."""

from __future__ import annotations

import time
from pathlib import Path

import click

from steppe.cli import plan_view
from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.render import console, events_shown
from steppe.engine import Plan
from steppe.operations.down import down


@click.command(name="down")
@file_argument
@yes_option
@json_option
def command(file: Path, yes: bool, as_json: bool) -> None:
    """Remove everything that carries the Cluster ID, with all its data; then look whether anything is left.

    \b
    Example:
      steppe down examples/orders.yaml
    """
    began = time.monotonic()

    def approve(plan: Plan) -> None:
        if not as_json:
            for line in plan_view.lines(plan):
                console().print(line)
        confirm(f"Remove the cluster of {file} with all its data?", yes=yes)

    with events_shown(as_json=as_json) as emit:
        done = down(file, emit, approve)
    if not as_json:
        what = f"{len(done)} resources are removed" if done else "There was nothing to remove"
        seconds = time.monotonic() - began
        console().print(f"[bold green]✓[/] {what}; nothing carries the Cluster ID now ({seconds:.1f} s).")
