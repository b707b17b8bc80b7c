"""`steppe init`: a commented cluster file to start from."""

from __future__ import annotations

from pathlib import Path

import click

from steppe import spec
from steppe.cli.options import file_argument
from steppe.cli.render import console
from steppe.errors import UsageError


@click.command(name="init")
@file_argument
@click.option("--cluster", default="orders", show_default=True, help="The Cluster ID, unique in its region.")
@click.option("--region", default="box", show_default=True, help="A UCloud region, or `box`: this machine.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(file: Path, cluster: str, region: str, force: bool) -> None:
    """Write a commented cluster file to start from.

    \b
    Example:
      steppe init cluster.yaml --cluster orders --region cn-bj2
    """
    text = spec.template(cluster, region)
    spec.parse(text, str(file))
    try:
        with file.open("w" if force else "x") as out:
            out.write(text)
    except FileExistsError:
        raise UsageError(
            f"{file} is there already.", code="init.exists", hint="choose another name, or give --force"
        ) from None
    except OSError as error:
        raise UsageError(
            f"{file} can't be written: {error.strerror}.", code="init.write", hint="choose another place"
        ) from None
    console().print(f"[green]✓[/] {file} is written. Next: edit it, then steppe plan {file}")
