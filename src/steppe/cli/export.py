"""`steppe export`: the cluster in the terms of other tools."""

from __future__ import annotations

import click

from steppe.cli.export_kubernetes import kubernetes
from steppe.cli.export_ssh_config import ssh_config


@click.group(name="export", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Write the cluster down for other tools.

    \b
    Example:
      steppe export ssh-config examples/orders.yaml >~/.ssh/orders.conf
      steppe export kubernetes examples/orders.yaml | kubectl apply -f -
    """


command.add_command(ssh_config)
command.add_command(kubernetes)
