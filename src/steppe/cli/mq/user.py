"""`steppe mq user`: users of applications, and what each may send and receive."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from steppe.cli.options import confirm, file_argument, json_option, yes_option
from steppe.cli.output import print_document
from steppe.cli.render import console, events_shown
from steppe.errors import UsageError
from steppe.operations.mq import users as mq_users
from steppe.rocketmq.users import AppUser, Grants, grants

_F = TypeVar("_F", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)
_NAME = click.argument("name")


@click.group(name="user", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Users of applications, for every Broker group of the cluster.

    A topic or a consumer group may end with * to stand for all that begin so.

    \b
    Example:
      steppe mq user create examples/orders.yaml shop --pub orders --group 'shop*' --out shop.conf
      steppe mq user grant examples/orders.yaml shop --pub 'returns-*'
      steppe mq user list examples/orders.yaml
      steppe mq user delete examples/orders.yaml shop --yes
    """


def _grant_options(function: _F) -> _F:
    for name, help_text in (
        ("--group", "Consumer group that it may be in."),
        ("--sub", "Topic that it may receive from."),
        ("--pub", "Topic that it may send to."),
    ):
        function = click.option(name, multiple=True, help=f"{help_text} May be repeated.")(function)
    return function


@command.command(name="create")
@file_argument
@_NAME
@_grant_options
@click.option(
    "--out", type=_PATH, help="A file for name and secret (mode 0600), which must not be there yet."
)
def create(
    file: Path,
    name: str,
    pub: tuple[str, ...],
    sub: tuple[str, ...],
    group: tuple[str, ...],
    out: Path | None,
) -> None:
    """Make a user. Its secret is shown once, as lines of a properties file, on stdout or in the file --out.

    \b
    Example:
      steppe mq user create examples/orders.yaml shop --pub orders --out shop.conf
    """
    given = grants(pub, sub, group)
    place = _Place(out)
    try:
        with events_shown(as_json=False) as emit:
            mq_users.create(file, emit, name, given, place.take)
    finally:
        place.close()
    console().print(f"[bold green]✓[/] {name} may {_may(given)}.")


@command.command(name="grant")
@file_argument
@_NAME
@_grant_options
@click.option("--only", is_flag=True, help="Instead of what it may do now.")
def grant(
    file: Path, name: str, pub: tuple[str, ...], sub: tuple[str, ...], group: tuple[str, ...], only: bool
) -> None:
    """Let a user do more; with --only, just this.

    \b
    Example:
      steppe mq user grant examples/orders.yaml shop --sub returns --group shop-returns
      steppe mq user grant examples/orders.yaml shop --pub orders --only
    """
    with events_shown(as_json=False) as emit:
        now = mq_users.grant(file, emit, name, grants(pub, sub, group), only=only)
    console().print(f"[bold green]✓[/] {name} may {_may(now.grants)}.")


@command.command(name="delete")
@file_argument
@_NAME
@yes_option
def delete(file: Path, name: str, yes: bool) -> None:
    """Remove a user: nothing that it signs is answered any more."""
    confirm(f"Remove user {name}?", yes=yes)
    with events_shown(as_json=False) as emit:
        mq_users.delete(file, emit, name)
    console().print(f"[bold green]✓[/] {name} is removed.")


@command.command(name="list")
@file_argument
@json_option
def list_(file: Path, as_json: bool) -> None:
    """Show the users and what each may do, and whether every Broker group knows them."""
    with events_shown(as_json=False) as emit:
        listed = mq_users.listed(file, emit)
    if as_json:
        users = [{"name": each.name, "grants": dict(each.grants)} for each in listed.users]
        print_document({"users": users, "lacking": dict(listed.lacking)})
        return
    for each in listed.users:
        console().print(f"{each.name}  may {_may(each.grants)}")
    if not listed.users:
        console().print("There are no users of applications.")
    for name, why in listed.lacking.items():
        console().print(f"[bold yellow]![/] Broker group {name}: {why}")


def _may(given: Grants) -> str:
    """`send to orders; receive from orders; be in group shop*`."""
    words = {("Topic", "Pub"): "send to", ("Topic", "Sub"): "receive from", ("Group", "Sub"): "be in group"}
    said = []
    for (kind, action), verb in words.items():
        names = [
            resource.partition(":")[2]
            for resource, actions in given.items()
            if resource.startswith(f"{kind}:") and action in actions
        ]
        if names:
            said.append(f"{verb} {', '.join(names)}")
    return "; ".join(said) or "do nothing yet"


@dataclass(slots=True)
class _Place:
    """Where a new secret goes: a file, made before there is a secret, else stdout."""

    path: Path | None
    _file: int = -1

    def __post_init__(self) -> None:
        if self.path is None:
            return
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(
                f"{self.path} can't be made: {error.strerror}.",
                code="mq.user",
                hint="--out names a file that isn't there yet, in a folder that is",
            ) from error

    def take(self, made: AppUser) -> None:
        text = f"accessKey={made.name}\nsecretKey={made.secret}\n"
        if self.path is None:
            click.echo(text, nl=False)
        else:
            os.write(self._file, text.encode())

    def close(self) -> None:
        """A file that got no secret goes again."""
        if self.path is None:
            return
        is_empty = os.fstat(self._file).st_size == 0
        os.close(self._file)
        if is_empty:
            self.path.unlink()
