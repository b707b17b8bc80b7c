"""`steppe mq`: RocketMQ's parts in a cluster."""

from __future__ import annotations

import click

from steppe.cli.mq_user import user


@click.group(name="mq", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """RocketMQ on a cluster: its users."""


command.add_command(user)
