"""`steppe up`: builds or mends a cluster until it carries messages."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli import plan_file, plan_view
from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.render import console, events_shown
from steppe.engine import Plan
from steppe.hints import typed
from steppe.operations.up import Outcome, up


@click.command(name="up")
@file_argument
@yes_option
@json_option
@click.option(
    "--plan",
    "saved",
    type=plan_file.PATH,
    metavar="PLAN",
    help="Apply just this plan, of `plan --out`; refused when the region or FILE has changed since.",
)
def command(file: Path, yes: bool, as_json: bool, saved: Path | None) -> None:
    """Build or mend the cluster until every health condition is met.

    Run it again at any time: what is as it should be is left alone, and a run that was stopped goes on.

    \b
    Example:
      steppe up examples/orders.yaml
      steppe up examples/orders.yaml --yes --json
      steppe up examples/orders.yaml --plan orders.plan
    """
    only = plan_file.read(saved) if saved else None
    began = time.monotonic()
    plan_shown = _Approval(yes=yes, quiet=as_json)
    with events_shown(as_json=as_json) as emit:
        outcome = up(file, emit, plan_shown, saved=only)
    if not as_json:
        _tell(file, outcome, time.monotonic() - began)


class _Approval:
    """Shows the plan and asks, once."""

    def __init__(self, *, yes: bool, quiet: bool) -> None:
        self._yes, self._quiet = yes, quiet

    def __call__(self, plan: Plan) -> None:
        if not self._quiet:
            for line in plan_view.lines(plan):
                console().print(line)
        confirm("Make these changes?", yes=self._yes)


def _tell(file: Path, outcome: Outcome, seconds: float) -> None:
    screen = console()
    if outcome.changed:
        screen.print(f"[bold green]✓[/] The cluster is up and healthy ({seconds:.1f} s).")
    else:
        said = "what up may change" if outcome.held else "everything"
        screen.print(f"[bold green]✓[/] No change: {said} is as {escape(str(file))} asks ({seconds:.1f} s).")
    for line in plan_view.held_lines(outcome.held):
        screen.print(line)
    verify, status, down = (escape(typed("steppe", verb, file)) for verb in ("verify", "status", "down"))
    screen.print(f"  Next: {verify}   sends and receives messages, each checked")
    screen.print(f"        {status}   hosts, addresses, health")
    screen.print(f"        {down}     removes it all")
