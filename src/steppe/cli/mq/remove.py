"""`steppe mq remove`: ends a group that the file no longer names."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli.mq.names import group_argument
from steppe.cli.options import confirm_by_name, file_argument, json_option, yes_option
from steppe.cli.render import console, events_shown
from steppe.operations.mq.remove import Removal, remove


@click.command(name="remove")
@file_argument
@group_argument()
@click.option("--delete-data", is_flag=True, help="Delete the messages of the group on every host too.")
@yes_option
@json_option
def command(file: Path, group: str, delete_data: bool, yes: bool, as_json: bool) -> None:
    """End a group that the file no longer names, and with --delete-data delete what it holds.

    It asks for the group's name; --yes answers. Without --delete-data the data stays on the hosts' disks, and
    a group of that name that is put into the file again goes on with it. Run again, it goes on where it was
    stopped. The other groups get its share of the memory with the next `steppe up`.

    \b
    Example:
      steppe mq remove examples/orders.yaml orders-1
      steppe mq remove examples/orders.yaml orders-1 --delete-data --yes
    """
    began = time.monotonic()

    def approve(asked: Removal) -> None:
        if not as_json:
            _show(asked)
        what = f"End the {_title(asked)}{' and delete its data' if delete_data else ''}?"
        confirm_by_name(what, asked.name, yes=yes)

    with events_shown(as_json=as_json) as emit:
        removed = remove(file, group, emit, approve, delete_data=delete_data)
    if not as_json:
        _tell(file, removed, time.monotonic() - began)


def _title(asked: Removal) -> str:
    return f"{'NameServer' if asked.kind == 'nameserver' else 'Broker'} group {asked.name}"


def _show(asked: Removal) -> None:
    screen = console()
    runs = "ends" if asked.runs else "has ended already"
    screen.print(f"  [red]-[/] job {escape(asked.job)} {runs}")
    if asked.delete_data:
        screen.print(f"  [red]-[/] {asked.folder} is deleted on {', '.join(asked.hosts)}: [bold]for good[/]")
    else:
        screen.print(f"  [dim]= {asked.folder} stays on {', '.join(asked.hosts)}[/]")


def _tell(file: Path, removed: Removal, seconds: float) -> None:
    screen = console()
    screen.print(f"[bold green]✓[/] {_title(removed)} has ended ({seconds:.1f} s).")
    if removed.delete_data:
        had = ", ".join(removed.had_data)
        screen.print(f"  Its data is deleted on {had}." if had else "  No host had data of it.")
    else:
        screen.print(f"  Its data is in {removed.folder} on {', '.join(removed.hosts)}; delete it with:")
        screen.print(f"  steppe mq remove {file} {removed.kind}/{removed.name} --delete-data")
    screen.print(f"  Next: steppe plan {file}   shows what the other groups get back, `steppe up` applies it")
