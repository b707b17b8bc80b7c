"""What several commands take: the cluster file, `--json`, `--yes`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from steppe.errors import UsageError

DEFAULT_FILE = Path("cluster.yaml")
_F = TypeVar("_F", bound=Callable[..., Any])


def file_argument(command: _F) -> _F:
    return click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_FILE)(command)


def json_option(command: _F) -> _F:
    help_text = "Print data on stdout instead of text."
    return click.option("--json", "as_json", is_flag=True, help=help_text)(command)


def yes_option(command: _F) -> _F:
    return click.option("--yes", "-y", is_flag=True, help="Do not ask before changing anything.")(command)


def confirm(question: str, *, yes: bool) -> None:
    """Asks before a change. Raises UsageError without a terminal, and click.Abort on a no."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{question} Nobody can answer: this is not a terminal.",
            code="cli.no-terminal",
            hint="give --yes to go on without asking",
        )
    click.confirm(question, abort=True, err=True)


def confirm_by_name(what: str, name: str, *, yes: bool) -> None:
    """Asks for the name of what is to go. Raises UsageError without a terminal, and for another name."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{what} Nobody can type its name: this is not a terminal.",
            code="cli.no-terminal",
            hint="give --yes to go on without asking",
        )
    typed = click.prompt(f"{what} Type its name, {name}, to go on", err=True, default="", show_default=False)
    if typed.strip() != name:
        raise UsageError(
            f"What was typed is not {name}: nothing was changed.",
            code="cli.other-name",
            hint="run the command again and type the name, or leave it as it is",
        )
