"""`steppe rotate`: renews certificates or gossip keys of a running cluster."""

from __future__ import annotations

from pathlib import Path

import click

from steppe.cli.options import confirm, json_option, yes_option
from steppe.cli.render import console, events_shown
from steppe.operations.rotate import What, rotate


@click.command(name="rotate")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("what", type=click.Choice([str(each) for each in What]))
@yes_option
@json_option
def command(file: Path, what: str, yes: bool, as_json: bool) -> None:
    """Renew the certificates of all agents, or the gossip keys, zone by zone while everything runs.

    No agent or task is restarted and no host replaced. A run that was stopped is completed by the same
    command: old and new are valid side by side until the end. Certificates live for two years, and
    `steppe status` warns 30 days before one expires. The CA, which lives for ten, is not renewed.

    \b
    Example:
      steppe rotate examples/orders.yaml certs
      steppe rotate examples/orders.yaml gossip --yes
    """
    with events_shown(as_json=as_json) as emit:
        done = rotate(file, What(what), emit, lambda question: confirm(question, yes=yes))
    if not as_json:
        things = "certificates" if done.what is What.CERTIFICATES else "gossip keys"
        console().print(f"[bold green]✓[/] New {things} on {len(done.hosts)} hosts.")
