"""`steppe mq`: RocketMQ's groups on a cluster that is up."""

from __future__ import annotations

import click

from steppe.cli.mq import apply, group, list, remove, render, restart, status, topic, user


@click.group(name="mq", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """RocketMQ's groups: look at them, apply, restart or remove them; their topics, consumer groups, users.

    The file names the groups that are wanted. Its NameServer groups and Broker groups are run by `up`, or by
    `mq apply` alone; a group that is taken out of it goes on running until `mq remove`.

    \b
    Example:
      steppe mq list examples/orders.yaml
      steppe mq status examples/orders.yaml orders-0
      steppe mq remove examples/orders.yaml orders-1
    """


for _module in (list, status, apply, restart, remove, render, topic, group, user):
    command.add_command(_module.command)
