"""`steppe init`: a commented cluster file to start from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

from steppe import spec
from steppe.cli.options import file_argument
from steppe.cli.render import console
from steppe.errors import UsageError
from steppe.hints import typed
from steppe.spec.model import BOX_REGION

_OPTIONS = {"cluster": "--cluster", "region": "--region", "zones": "--zones", "access.from": "--from"}
_ANY_NETWORK = ("192.0.2.0/24",)
"""Stands for the user's own while the rest is checked (RFC 5737); never written."""


@click.command(name="init")
@file_argument
@click.option("--cluster", default="orders", show_default=True, help="The Cluster ID, unique in its region.")
@click.option("--region", default="box", show_default=True, help="A UCloud region, or `box`: this machine.")
@click.option("--zones", metavar="A,B,C", help="Three zones of the region; left out, those that are known.")
@click.option(
    "--from",
    "sources",
    metavar="NETWORK",
    multiple=True,
    help="A network that people come from, to reach the bastion; may be given several times.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(
    file: Path, cluster: str, region: str, zones: str | None, sources: tuple[str, ...], force: bool
) -> None:
    """Write a commented cluster file to start from.

    \b
    Example:
      steppe init cluster.yaml --cluster orders --region cn-bj2 --from 198.51.100.7/32
    """
    chosen = _zones(region, zones)
    _check(spec.template(cluster, region, chosen, sources or _ANY_NETWORK))
    try:
        with file.open("w" if force else "x") as out:
            out.write(spec.template(cluster, region, chosen, sources))
    except FileExistsError:
        raise UsageError(
            f"{file} is there already.", code="init.exists", hint="choose another name, or give --force"
        ) from None
    except OSError as error:
        raise UsageError(
            f"{file} can't be written: {error.strerror}.", code="init.write", hint="choose another place"
        ) from None
    if sources or region == BOX_REGION:
        after = f"edit it, then {typed('steppe', 'plan', file)}"
    else:
        after = f"put the network that you come from in access.from, then {typed('steppe', 'validate', file)}"
    console().print(f"[green]✓[/] {escape(str(file))} is written. Next: {escape(after)}")


def _zones(region: str, given: str | None) -> Sequence[str]:
    """Those that are named, else those that the region is known to have. Raises UsageError for neither."""
    if region == BOX_REGION and given is not None:
        raise UsageError(
            "The box has its own zones.", code="init.zones", hint="leave --zones out, or name a region"
        )
    if given is not None:
        return [zone.strip() for zone in given.split(",")]
    if region not in spec.ZONES:
        raise UsageError(
            f"The zones of the region {region} are not known here; known regions: {', '.join(spec.ZONES)}.",
            code="init.zones",
            hint=f"if the region exists, name its zones: --zones {region}-01,{region}-02,{region}-03",
        )
    return spec.ZONES[region]


def _check(text: str) -> None:
    """Raises UsageError, in words of the options, where one of them is wrong."""
    try:
        spec.parse(text, "the file")
    except spec.SpecError as error:
        wrong = [
            f"{_OPTIONS[field]}: {problem.message}"
            + (f" (expected {problem.expected})" if problem.expected else "")
            for problem in error.problems
            if (field := problem.field.partition("[")[0]) in _OPTIONS
        ]
        raise UsageError(
            "\n".join(wrong) or error.message, code="init.value", hint="nothing was written; correct it"
        ) from None
