"""`steppe plan`: what `up` would change, before anything is changed."""

from __future__ import annotations

from pathlib import Path

import click

from steppe.cli import plan_view
from steppe.cli.options import file_argument, json_option
from steppe.cli.render import console
from steppe.errors import PendingChanges
from steppe.operations.plan import plan


@click.command(name="plan")
@file_argument
@json_option
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there is something to change.")
def command(file: Path, as_json: bool, exit_code: bool) -> None:
    """Show each change that `up` would make, and why. Nothing is changed.

    \b
    Example:
      steppe plan examples/orders.yaml
      steppe plan examples/orders.yaml --json --exit-code
    """
    made = plan(file)
    if as_json:
        click.echo(made.to_json(), nl=False)
    else:
        for line in plan_view.lines(made):
            console().print(line)
        if made.steps:
            console().print(f"Next: steppe up {file}")
    if exit_code and made.steps:
        raise PendingChanges(
            f"{len(made.steps)} change(s) are pending.", code="plan.pending", hint=f"steppe up {file}"
        )
