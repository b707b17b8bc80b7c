"""`steppe list`: the clusters of a region, or of all."""

from __future__ import annotations

import dataclasses
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from steppe.cli.options import json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.errors import SteppeError
from steppe.operations.list import Listing, list_clusters


@click.command(name="list")
@click.option(
    "--region", help="The region to look at; left out, those in which the workspace keeps clusters."
)
@click.option("--all-regions", is_flag=True, help="Every region of the account, and the box if it runs.")
@json_option
def command(region: str | None, all_regions: bool, as_json: bool) -> None:
    """Show the clusters that steppe made, of this workspace and of others, and who changes them now.

    Exits with 1 when a region could not be asked; the others are shown.

    \b
    Example:
      steppe list --region cn-bj2
      steppe list --all-regions --json
    """
    if region and all_regions:
        raise click.UsageError("--region and --all-regions don't go together.")
    found = list_clusters(region, all_regions=all_regions)
    if as_json:
        print_document(_data(found))
    else:
        _show(found)
    if found.failures:
        raise SteppeError(
            f"{len(found.failures)} of {len(found.regions)} regions could not be asked:\n  "
            + "\n  ".join(f"{name}: {error.message}" for name, error in found.failures),
            code="list.failed",
            hint=found.failures[0][1].hint,
        )


def _data(found: Listing) -> dict[str, Any]:
    return {
        "regions": list(found.regions),
        "clusters": [dataclasses.asdict(each) for each in found.clusters],
        "failures": [{"region": name, "code": error.code} for name, error in found.failures],
    }


def _show(found: Listing) -> None:
    if not found.clusters:
        console().print(f"No cluster in {escape(', '.join(found.regions))}.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("cluster", "region", "owner", "hosts running", "peers", "created", "changed now by"):
        table.add_column(title)
    for each in found.clusters:
        owner = "this workspace" if each.own else "another workspace"
        hosts = f"{each.running} of {each.hosts}"
        table.add_row(
            each.cluster, each.region, owner, hosts, str(len(each.peers)), each.created, escape(each.lock)
        )
    console().print(table)
