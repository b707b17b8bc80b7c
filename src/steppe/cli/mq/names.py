"""Names that commands of `steppe mq` take, completed from the cluster file where the shell asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from steppe.cli.options import DEFAULT_FILE
from steppe.errors import SteppeError

_F = TypeVar("_F", bound=Callable[..., Any])


def group_argument(*, required: bool = True) -> Callable[[_F], _F]:
    """A group of the file, or one that runs."""

    def decorate(command: _F) -> _F:
        return click.argument("group", required=required, type=_GroupName())(command)

    return decorate


class _GroupName(click.ParamType[str]):
    name = "group"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The groups that the file names."""
        file = Path(ctx.params.get("file") or DEFAULT_FILE)
        return [CompletionItem(name) for name in _groups(file) if name.startswith(incomplete)]


def _groups(file: Path) -> list[str]:
    from steppe import spec

    try:
        written = spec.load(file).rocketmq
    except SteppeError:
        return []
    return list(dict.fromkeys([*written.nameservers, *written.brokers]))


def nameserver_option(command: _F) -> _F:
    """The NameServer group whose topics and consumer groups are meant."""
    help_text = "NameServer group; left out, the only one of FILE."
    return click.option("--nameserver", metavar="GROUP", help=help_text)(command)
