"""`steppe verify`: messages through the cluster, each checked."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from steppe.cli.options import file_argument, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console, events_shown
from steppe.errors import Unhealthy
from steppe.hints import typed
from steppe.operations.verify import verify

_MESSAGES = click.IntRange(1, 10_000_000)
_SECONDS = click.IntRange(10, 86_400)


@click.command(name="verify")
@file_argument
@json_option
@click.option("--messages", default=1000, show_default=True, type=_MESSAGES, help="How many.")
@click.option("--timeout", default=120, show_default=True, type=_SECONDS, help="Seconds, at most.")
def command(file: Path, as_json: bool, messages: int, timeout: int) -> None:
    """Send messages with RocketMQ's Java client and receive them again; each is checked by id and checksum.

    It runs as a job on the cluster, in a topic of its own. Exits with 4 when a message is missing or changed.

    \b
    Example:
      steppe verify examples/orders.yaml --messages 10000
    """
    with events_shown(as_json=False) as emit:
        results = verify(file, emit, messages=messages, deadline_s=float(timeout))
    if as_json:
        print_document({"groups": {group: dataclasses.asdict(each) for group, each in results.items()}})
    for group, result in results.items():
        if result.timed_out:
            raise Unhealthy(
                f"The time was up before the check of {group} ended: of {messages} messages "
                f"{result.acknowledged} were acknowledged and {result.received} received, "
                f"{result.corrupt} of them changed. Whether the rest would have come is not known.",
                code="verify.time-up",
                hint="give it longer with --timeout, or fewer --messages",
            )
        if not result.is_whole:
            raise Unhealthy(
                f"Messages through {group} are not whole: {result.sent} sent, "
                f"{result.acknowledged} acknowledged, {result.received} received, "
                f"{result.missing} missing, {result.corrupt} changed. {result.last_error}",
                code="verify.not-whole",
                hint=f"`{typed('steppe', 'status', file)}` shows which part is not well",
            )
        if not as_json:
            console().print(
                f"[bold green]✓[/] {group}: {result.sent} messages sent, {result.received} received, "
                f"each checked: {result.missing} missing, {result.corrupt} changed, "
                f"{result.duplicates} twice ({result.seconds:.1f} s)."
            )
