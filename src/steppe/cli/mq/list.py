"""`steppe mq list`: the groups of the file, and those that run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli.mq.tables import show, table
from steppe.cli.options import file_argument, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.operations.mq.list import ListedGroup, list_groups

_COLOURS = {"running": "green", "partly": "yellow", "stopped": "red", "absent": "red"}


@click.command(name="list")
@file_argument
@json_option
def command(file: Path, as_json: bool) -> None:
    """Show NameServer groups and Broker groups: those that the file names, and those that run.

    \b
    Example:
      steppe mq list examples/orders.yaml
    """
    found = list_groups(file, lambda event: None)
    if as_json:
        print_document({"groups": [dataclasses.asdict(each) for each in found]})
    else:
        _show(file, found)


def _show(file: Path, found: tuple[ListedGroup, ...]) -> None:
    screen = console()
    if not found:
        screen.print(f"{escape(str(file))} names no group, and none runs.")
        return
    rows = table("group", "kind", "in the file", "state", "members", "port", "NameServer group", "hosts")
    for each in found:
        colour = _COLOURS[each.state]
        rows.add_row(
            each.name,
            each.kind,
            "yes" if each.wanted else "[yellow]no[/]",
            f"[{colour}]{each.state}[/]",
            f"{len(each.members)} of {each.count}",
            "" if each.port is None else str(each.port),
            each.nameserver,
            ", ".join(each.members),
        )
    show(rows)
    for each in found:
        if not each.wanted:
            screen.print(f"{each.name} is not in the file: steppe mq remove {file} {each.name}   ends it")
    if any(each.wanted and each.state in ("absent", "stopped") for each in found):
        screen.print(f"Next: steppe mq apply {file}   runs what the file names")
