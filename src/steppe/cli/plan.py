"""`steppe plan`: what `up` would change, before anything is changed."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli import plan_file, plan_view, price_view
from steppe.cli.options import file_argument, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.engine import refuse_problems
from steppe.errors import PendingChanges
from steppe.hints import typed
from steppe.operations.plan import planned


@click.command(name="plan")
@file_argument
@json_option
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there is something to change.")
@click.option("--out", type=plan_file.PATH, metavar="PLAN", help="Save the plan, for `up --plan PLAN`.")
@click.option("--no-price", is_flag=True, help="Do not ask the API what that which is made would cost.")
def command(file: Path, as_json: bool, exit_code: bool, out: Path | None, no_price: bool) -> None:
    """Show each change that `up` would make, and why. Nothing is changed.

    \b
    Example:
      steppe plan examples/orders.yaml
      steppe plan examples/orders.yaml --json --exit-code
      steppe plan examples/orders.yaml --out orders.plan
    """
    found = planned(file, with_price=not no_price)
    made = found.plan
    apply = typed("steppe", "up", file, *(["--plan", out] if out else []))
    if out:
        plan_file.write(out, made)
    if as_json:
        more = {"price": price_view.data(found.price), "cautions": list(found.cautions)}
        print_document(dict(sorted({**json.loads(made.to_json()), **more}.items())))
    else:
        for line in plan_view.lines(made):
            console().print(line)
        for caution in found.cautions:
            console().print(f"[yellow]![/] {escape(caution)}")
        for line in price_view.lines(found.price):
            console().print(line)
        if not made.is_empty and not made.problems and not exit_code:
            console().print(f"Next: {escape(apply)}")
    refuse_problems(made)
    pending = len(made.steps) + len(made.jobs) + len(made.on_hosts)
    if exit_code and (pending or made.held):
        held = f", {len(made.held)} held back" if made.held else ""
        raise PendingChanges(
            f"{pending} change(s) are pending{held}.",
            code="plan.pending",
            hint=apply if pending else "up leaves what works as it is",
        )
