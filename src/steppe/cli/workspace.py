"""`steppe workspace`: moves a cluster's secrets between people."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.errors import UsageError
from steppe.operations import hand_over
from steppe.operations.hand_over import HandOver

_PATH = click.Path(path_type=Path)
_passphrase_option = click.option(
    "--passphrase-file", "given", type=_PATH, help="Its first line is the passphrase; else you are asked."
)


@click.group(name="workspace", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Move a cluster between people: its secrets, in a file that a passphrase locks.

    \b
    Example:
      steppe workspace export examples/orders.yaml --out orders.sealed
      steppe workspace import orders.sealed
    """


@command.command(name="export")
@file_argument
@click.option("--out", required=True, type=_PATH, metavar="SEALED", help="The file to write, 0600.")
@_passphrase_option
@json_option
def export(file: Path, out: Path, given: Path | None, as_json: bool) -> None:
    """Write what the workspace keeps of a cluster into a locked file.

    Whoever has the file and its passphrase rules the cluster: send them apart.

    \b
    Example:
      steppe workspace export orders.yaml --out orders.sealed
    """
    done = hand_over.export(file, out, _passphrase(given, confirmed=True))
    if as_json:
        _print(done)
        return
    console().print(
        f"[green]✓[/] {escape(str(out))} holds the workspace of {done.cluster}, locked.\n"
        f"  Next: steppe workspace import {escape(str(out))}   by whom it is for; send the passphrase apart"
    )


@command.command(name="import")
@click.argument("sealed", type=_PATH)
@_passphrase_option
@yes_option
@json_option
def take_in(sealed: Path, given: Path | None, yes: bool, as_json: bool) -> None:
    """Take a cluster into this workspace out of a file of `workspace export`.

    Never writes over the secrets of another cluster. Both workspaces can manage the cluster then, one command
    at a time.

    \b
    Example:
      steppe workspace import orders.sealed
    """

    def approve(found: HandOver) -> None:
        confirm(
            f"Replace this workspace's secrets of {found.cluster} by those exported at {found.exported}?",
            yes=yes,
        )

    done = hand_over.take_in(sealed, _passphrase(given, confirmed=False), approve)
    if as_json:
        _print(done)
        return
    what = "is in this workspace now" if done.changed else "was in this workspace already"
    console().print(f"[green]✓[/] {escape(done.cluster)} in {escape(done.region)} {what}.")


def _print(done: HandOver) -> None:
    print_document(dataclasses.asdict(done))


def _passphrase(given: Path | None, *, confirmed: bool) -> str:
    if given is not None:
        try:
            return given.read_text(encoding="utf-8").split("\n", 1)[0]
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{given} can't be read: {type(error).__name__}.",
                code="handover.file",
                hint="name a text file with the passphrase in its first line",
            ) from None
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "Nobody can give the passphrase: this is not a terminal.",
            code="cli.no-terminal",
            hint="give --passphrase-file",
        )
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirmed, err=True))
