"""`steppe diagram`: the cluster as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from steppe import spec, topology
from steppe.cli.options import file_argument
from steppe.cli.render import console
from steppe.diagram import Health, draw, mermaid, svg
from steppe.errors import UsageError


@click.command(name="diagram")
@file_argument
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write there, not to stdout.")
@click.option("--format", "form", type=click.Choice(["svg", "mermaid"]), default="svg", show_default=True)
@click.option(
    "--live", is_flag=True, help="Mark hosts that run and balancers that answer: ✓ well, ✗ not, ? unknown."
)
def command(file: Path, out: Path | None, form: str, live: bool) -> None:
    """Draw networks, hosts by zone, balancers, gateway, bastion and peering, as SVG or as Mermaid text.

    \b
    Example:
      steppe diagram examples/orders.yaml --out orders.svg
      steppe diagram examples/orders.yaml --format mermaid --live
    """
    built, healths = _live(file) if live else (topology.build(spec.load(file)), {})
    text = svg(draw(built, healths)) if form == "svg" else mermaid(built, healths)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{out} can't be written: {error.strerror}.",
            code="diagram.unwritable",
            hint="name a file in a folder that is there, with --out",
        ) from error
    console().print(f"[green]✓[/] {out}: {built.cluster}, {len(built.hosts)} hosts")


def _live(file: Path) -> tuple[topology.Topology, dict[str, Health]]:
    from steppe.operations.signs import signs
    from steppe.operations.status import status

    found = status(file, lambda event: None)
    return found.topology, signs(found)
