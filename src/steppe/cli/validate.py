"""`steppe validate`: the spec and its topology, checked without touching any cloud."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from steppe import spec, topology
from steppe.cli.options import file_argument, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.hints import typed


@click.command(name="validate")
@file_argument
@json_option
def command(file: Path, as_json: bool) -> None:
    """Check a cluster file: every error at once, each with its line and what is allowed.

    \b
    Example:
      steppe validate examples/orders.yaml
    """
    built = topology.build(spec.load(file))
    topology.refuse_overlaps(built)
    if as_json:
        print_document(
            {
                "file": str(file),
                "cluster": built.cluster,
                "region": built.region,
                "zones": [zone.name for zone in built.zones],
                "hosts": [host.name for host in built.hosts],
                "cautions": list(topology.cautions(built)),
            }
        )
        return
    for caution in topology.cautions(built):
        console().print(f"[yellow]![/] {escape(caution)}")
    console().print(
        f"[green]✓[/] {escape(str(file))}: cluster {built.cluster} in {built.region}, "
        f"{len(built.hosts)} hosts in {len(built.zones)} zones. Next: {escape(typed('steppe', 'plan', file))}"
    )
