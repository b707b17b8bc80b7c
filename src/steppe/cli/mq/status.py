"""`steppe mq status`: groups, member by member."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from steppe.cli.mq.names import group_argument
from steppe.cli.mq.tables import show, table
from steppe.cli.options import file_argument, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.errors import Unhealthy
from steppe.operations.mq.status import status
from steppe.rocketmq.look import GroupStatus, Member

_MIB = 1024 * 1024


@click.command(name="status")
@file_argument
@group_argument(required=False)
@json_option
def command(file: Path, group: str | None, as_json: bool) -> None:
    """Show each group's members: master or replica, zone, whether in sync, how far behind, messages a second.

    Exits with 4 when a group isn't whole, and says when its writes have stopped.

    \b
    Example:
      steppe mq status examples/orders.yaml
      steppe mq status examples/orders.yaml orders-0 --json
    """
    found = status(file, lambda event: None, name=group)
    if as_json:
        print_document({"groups": [dataclasses.asdict(each) for each in found]})
    else:
        for each in found:
            _show(each)
    _raise_if_unwell(file, found)


def _raise_if_unwell(file: Path, found: tuple[GroupStatus, ...]) -> None:
    unwell = [each for each in found if each.trouble]
    if not unwell:
        return
    said = "\n  ".join(f"{each.name}: {each.trouble}" for each in unwell)
    if any(each.takes_messages is False for each in unwell):
        raise Unhealthy(
            f"Writes have stopped:\n  {said}",
            code="mq.no-writes",
            hint=f"`steppe status {file}` shows hosts and jobs that don't run. A group takes messages again "
            "when two members are in sync; nothing that was acknowledged is lost.",
        )
    raise Unhealthy(
        f"{len(unwell)} group(s) are not whole:\n  {said}",
        code="mq.unwell",
        hint=f"`steppe status {file}` shows what doesn't run, `steppe mq apply {file}` runs what is missing; "
        "a member that comes back catches up by itself.",
    )


def _show(each: GroupStatus) -> None:
    screen = console()
    colour = "green" if not each.trouble else ("red" if each.takes_messages is False else "yellow")
    is_broker = each.kind == "broker"
    kind, of = ("Broker", f" of {each.nameserver or 'unknown'}") if is_broker else ("NameServer", "")
    title = f"{kind} group {each.name}{of}"
    beside = "" if each.wanted else " [yellow]not in the file[/]"
    screen.print(f"[bold]{escape(title)}[/] [{colour}]{escape(each.trouble or 'well')}[/]{beside}")
    if each.members:
        show(_brokers(each) if is_broker else _nameservers(each))


def _brokers(each: GroupStatus) -> Table:
    rows = table(
        "member", "zone", "address", "role", "in sync", "behind", "writes/s", "reads/s", "disk", dim=True
    )
    for member in each.members:
        rows.add_row(
            *_common(member),
            "yes" if member.in_sync else "[red]no[/]",
            "" if member.lag_bytes is None else _bytes(member.lag_bytes),
            _number(member.writes_per_s),
            _number(member.reads_per_s),
            "" if member.disk_ratio is None else f"{member.disk_ratio:.0%}",
        )
    return rows


def _nameservers(each: GroupStatus) -> Table:
    rows = table("member", "zone", "address", "controller", "up to date", dim=True)
    for member in each.members:
        rows.add_row(*_common(member), "yes" if member.in_sync else "[red]no[/]")
    return rows


def _common(member: Member) -> tuple[str, str, str, str]:
    role = "[red]down[/]" if member.role == "down" else member.role
    return member.host, member.zone, member.address, role


def _bytes(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / _MIB:.1f} MiB"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
