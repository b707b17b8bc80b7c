"""`steppe adopt`: takes a cluster over from another workspace."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.hints import typed
from steppe.operations.adopt import Adoption, adopt


@click.command(name="adopt")
@file_argument
@click.option(
    "--secrets",
    "backup",
    type=click.Path(path_type=Path),
    help="A backup of the cluster's secrets.json, out of the workspace that built it.",
)
@yes_option
@json_option
def command(file: Path, backup: Path | None, yes: bool, as_json: bool) -> None:
    """Make this workspace the owner of a cluster that another one built, for example on a lost laptop.

    Secrets are not in the cloud. With a backup of them everything can be managed again; without one the
    cluster can be seen in the cloud's API, and `steppe down` removes it with its data.

    \b
    Example:
      steppe adopt orders.yaml --secrets backup/secrets.json
      steppe adopt orders.yaml --yes
    """

    def approve(found: Adoption) -> None:
        if not as_json:
            _show(found)
        confirm(f"Take {found.cluster} in {found.region} over?", yes=yes)

    found = adopt(file, approve, backup=backup)
    if as_json:
        print_document(dataclasses.asdict(found))
        return
    done = "is this workspace's already" if found.already else "is this workspace's now"
    console().print(f"[bold green]✓[/] {escape(found.cluster)} in {escape(found.region)} {done}.")
    if found.made_from or not found.hosts:
        console().print(f"  Next: {escape(typed('steppe', 'plan', file))}")
    else:
        console().print(
            f"  Next: {escape(typed('steppe', 'down', file))}   removes it, with its data; "
            "`steppe up` builds it anew"
        )


def _show(found: Adoption) -> None:
    screen = console()
    screen.print(f"{escape(found.cluster)} in {escape(found.region)}: {len(found.hosts)} hosts.")
    whose = "the backup's" if found.from_backup else "this workspace's"
    screen.print(f"  {len(found.made_from)} of them were made from {whose} secrets and are as the file asks.")
    if found.made_from or not found.hosts:
        return
    screen.print(
        "  [yellow]What can't be recovered:[/] the CA, gossip and SSH keys, tokens of Consul and Nomad.\n"
        "  They are not in the cloud, and no host is known to have been made from these secrets: expect\n"
        "  that Consul, Nomad and SSH let nobody in.\n"
        "  [green]What can be done:[/] `steppe plan` and `steppe list` show the cluster as the cloud does,\n"
        "  and `steppe down` removes it all. A host that was removed by hand is made anew, from the new\n"
        "  secrets, by `steppe up`; the old hosts don't trust it. The workspace that built it is refused."
    )
