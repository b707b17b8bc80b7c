"""`steppe mq topic`: everyday administration of topics."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import click

from steppe.cli.mq.names import nameserver_option
from steppe.cli.mq.tables import show, table
from steppe.cli.options import confirm_by_name, file_argument, json_option, yes_option
from steppe.cli.output import print_document
from steppe.cli.render import console, events_shown
from steppe.operations.mq.topics import create_topic, delete_topic, list_topics, topic_status

_QUEUES = click.IntRange(1, 1024)


@click.group(name="topic", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Topics: list, create, delete, and what is in them.

    \b
    Example:
      steppe mq topic list examples/orders.yaml
      steppe mq topic create examples/orders.yaml payments --queues 8
      steppe mq topic status examples/orders.yaml payments
    """


@command.command(name="list")
@file_argument
@nameserver_option
@click.option("--all", "everything", is_flag=True, help="RocketMQ's own topics too.")
@json_option
def list_command(file: Path, nameserver: str | None, everything: bool, as_json: bool) -> None:
    """Show topics, with their queues in each Broker group."""
    found = list_topics(file, nameserver, lambda event: None, everything=everything)
    if as_json:
        print_document({"topics": {name: dict(at) for name, at in found.items()}})
        return
    if not found:
        console().print(f"No topic yet. Next: steppe mq topic create {file} TOPIC")
        return
    rows = table("topic", "queues to write to")
    for name, queues in found.items():
        rows.add_row(name, ", ".join(f"{group}: {count}" for group, count in queues.items()))
    show(rows)


@command.command(name="status")
@file_argument
@click.argument("topic")
@nameserver_option
@json_option
def status_command(file: Path, topic: str, nameserver: str | None, as_json: bool) -> None:
    """Show how many messages a topic keeps in each Broker group, and when the last was written."""
    parts = topic_status(file, nameserver, topic, lambda event: None)
    if as_json:
        data = [dataclasses.asdict(part) for part in parts]
        print_document({"topic": topic, "broker_groups": data})
        return
    rows = table("Broker group", "queues", "messages kept", "last written")
    for part in parts:
        rows.add_row(part.broker_group, str(part.queues), str(part.messages), _when(part.last_write_ms))
    show(rows)


@command.command(name="create")
@file_argument
@click.argument("topic")
@click.option("--queues", default=8, show_default=True, type=_QUEUES, help="In each Broker group.")
@nameserver_option
@json_option
def create_command(file: Path, topic: str, queues: int, nameserver: str | None, as_json: bool) -> None:
    """Make a topic in every Broker group, or set its number of queues.

    It ends when every NameServer knows the topic.
    """
    with events_shown(as_json=as_json) as emit:
        groups = create_topic(file, nameserver, topic, emit, queue_count=queues)
    if not as_json:
        console().print(f"[bold green]✓[/] Topic {topic} has {queues} queues in each of {', '.join(groups)}.")


@command.command(name="delete")
@file_argument
@click.argument("topic")
@nameserver_option
@yes_option
@json_option
def delete_command(file: Path, topic: str, nameserver: str | None, yes: bool, as_json: bool) -> None:
    """Delete a topic with its messages. It asks for the topic's name; --yes answers."""

    def approve(groups: tuple[str, ...]) -> None:
        confirm_by_name(f"Delete topic {topic} in {', '.join(groups)} with its messages?", topic, yes=yes)

    with events_shown(as_json=as_json) as emit:
        delete_topic(file, nameserver, topic, emit, approve)
    if not as_json:
        console().print(f"[bold green]✓[/] Topic {topic} is deleted.")


def _when(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds") if time_ms else "never"
