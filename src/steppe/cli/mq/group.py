"""`steppe mq group`: everyday administration of consumer groups."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from steppe.cli.mq.names import nameserver_option
from steppe.cli.mq.tables import show, table
from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.operations.mq.consumers import ConsumerGroup, group_status, list_groups, reset
from steppe.rocketmq.topics import EARLIEST_MS, LATEST_MS, is_own_topic

_PLACES: Mapping[str, int] = {"earliest": EARLIEST_MS, "latest": LATEST_MS}


class _Place(click.ParamType[int]):
    """`earliest`, `latest`, or a time in ISO 8601; UTC where it names no zone. Gives milliseconds."""

    name = "earliest|latest|TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Raises click.BadParameter for anything else."""
        if value in _PLACES:
            return _PLACES[value]
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is not earliest, latest or a time such as 2030-01-31T12:00:00.", param, ctx)
        return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


@click.group(name="group", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Consumer groups: list, how far they are, and where they go on.

    \b
    Example:
      steppe mq group list examples/orders.yaml
      steppe mq group status examples/orders.yaml billing
      steppe mq group reset examples/orders.yaml billing payments --to earliest
    """


@command.command(name="list")
@file_argument
@nameserver_option
@click.option("--all", "everything", is_flag=True, help="Those that come with every broker too.")
@json_option
def list_command(file: Path, nameserver: str | None, everything: bool, as_json: bool) -> None:
    """Show consumer groups: how many clients consume for each, and how many messages wait."""
    found = list_groups(file, nameserver, lambda event: None, everything=everything)
    if as_json:
        print_document({"groups": [_data(each) for each in found]})
        return
    if not found:
        console().print("No consumer group yet: a group is there as soon as a client consumes for it.")
        return
    rows = table("consumer group", "clients", "messages waiting")
    for each in found:
        rows.add_row(each.name, str(len(each.consumers)) if each.online else "offline", str(each.lag))
    show(rows)


@command.command(name="status")
@file_argument
@click.argument("group")
@nameserver_option
@json_option
def status_command(file: Path, group: str, nameserver: str | None, as_json: bool) -> None:
    """Show a consumer group: how far it is in each topic, and its clients."""
    found = group_status(file, nameserver, group, lambda event: None)
    if as_json:
        print_document(_data(found))
    else:
        _show(found)


@command.command(name="reset")
@file_argument
@click.argument("group")
@click.argument("topic")
@click.option("--to", "place", type=_Place(), required=True, help="Where it goes on.")
@nameserver_option
@yes_option
@json_option
def reset_command(
    file: Path, group: str, topic: str, place: int, nameserver: str | None, yes: bool, as_json: bool
) -> None:
    """Have a consumer group go on from another place in a topic.

    From an earlier place it gets messages again; to a later one it never gets those between.

    \b
    Example:
      steppe mq group reset examples/orders.yaml billing payments --to earliest
      steppe mq group reset examples/orders.yaml billing payments --to 2030-01-31T12:00:00
    """

    def approve(before: ConsumerGroup) -> None:
        if not as_json:
            _show(before)
        confirm(f"Set {group} to another place in {topic}?", yes=yes)

    found = reset(file, nameserver, group, topic, place, lambda event: None, approve)
    if as_json:
        print_document(_data(found))
    else:
        console().print(f"[bold green]✓[/] {group} goes on from there; {found.lag} message(s) wait.")


def _data(found: ConsumerGroup) -> dict[str, Any]:
    data = dataclasses.asdict(found)
    for each, progress in zip(data["progress"], found.progress, strict=True):
        each["lag"] = progress.lag
    return data


def _show(found: ConsumerGroup) -> None:
    screen = console()
    waiting = f"{found.lag} message(s) wait"
    screen.print(f"{found.name}: {waiting}, {len(found.consumers)} client(s) consume.")
    rows = table("topic", "Broker group", "queue", "consumed to", "end", "waiting")
    for each in found.progress:
        if not is_own_topic(each.topic):
            numbers = (each.number, each.consumed, each.end, each.lag)
            rows.add_row(each.topic, each.broker_group, *map(str, numbers))
    if rows.row_count:
        show(rows)
    for client in found.consumers:
        screen.print(f"  {client.id} at {client.address} ({client.language})")
