"""`steppe audit`: who changed the cluster, when, by which plan, and what became of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from steppe.cli.options import file_argument, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.operations.audit import RunRecord, StepRecord, one_run, runs


@click.group(name="audit")
def command() -> None:
    """The log of what this workspace did to a cluster.

    \b
    Example:
      steppe audit list examples/orders.yaml
    """


@command.command(name="list")
@file_argument
@json_option
def list_runs(file: Path, as_json: bool) -> None:
    """Show each run: when, who, the command, the plan's fingerprint, and how it ended.

    \b
    Example:
      steppe audit list examples/orders.yaml
    """
    found = runs(file)
    if as_json:
        print_document({"runs": [_summary(each) for each in found]})
        return
    if not found:
        console().print("This workspace has done nothing to the cluster yet.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("run", "began", "who", "command", "plan", "outcome"):
        table.add_column(title, no_wrap=title != "outcome")
    for each in found:
        row = (each.run, each.at, each.user, each.command, each.plan or "-", _outcome(each))
        table.add_row(*map(escape, row))
    console().print(table)


@command.command(name="show")
@file_argument
@click.argument("run", required=False)
@json_option
def show(file: Path, run: str | None, as_json: bool) -> None:
    """Show what one run changed; left out, RUN is the last one that applied a plan.

    \b
    Example:
      steppe audit show examples/orders.yaml
      steppe audit show examples/orders.yaml 1f0c9a2b --json
    """
    found = one_run(file, run)
    if as_json:
        print_document(dataclasses.asdict(found))
        return
    screen = console()
    screen.print(escape(f"{found.command} by {found.user}, began {found.at}: {_outcome(found)}"))
    screen.print(escape(f"plan {found.plan}" if found.plan else "no plan was applied"))
    for step in found.steps:
        screen.print(f"  {escape(_line(step))}")
        if not step.step.startswith("create "):
            for change in step.changes:
                screen.print(escape(f"      {change.field}: {change.old} → {change.new}"))


def _summary(record: RunRecord) -> dict[str, object]:
    """Without the steps, which `show` has."""
    return {name: value for name, value in dataclasses.asdict(record).items() if name != "steps"}


def _outcome(record: RunRecord) -> str:
    return f"{record.outcome} ({record.code})" if record.code else record.outcome


def _line(step: StepRecord) -> str:
    took = f" ({step.seconds:.1f} s)" if step.seconds is not None else ""
    return f"{step.state}: {step.step}, {step.reason}{took}" + (f": {step.why}" if step.why else "")
