"""`steppe export ssh-config`: the hosts for OpenSSH and what builds on it (scp, rsync, Ansible)."""

from __future__ import annotations

from pathlib import Path

import click

from steppe.cli.options import file_argument
from steppe.cli.render import console
from steppe.operations.ssh import export


@click.command(name="ssh-config")
@file_argument
def ssh_config(file: Path) -> None:
    """Write an OpenSSH configuration with every host by name, through the bastion, host keys pinned.

    The operator's key and the hosts' keys are put beside the cluster's secrets in the workspace (0600), and
    the configuration names them there. `steppe down` removes them. Run it again when the bastion has a new
    address.

    \b
    Example:
      steppe export ssh-config examples/orders.yaml >orders.conf
      scp -F orders.conf orders-broker-a:/etc/hosts .
    """
    click.echo(export(file), nl=False)
    console().print(
        "The key is in the workspace now, 0600. Use: ssh -F FILE HOST, or `Include FILE` in ~/.ssh/config."
    )
