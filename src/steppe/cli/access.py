"""`steppe access`: the way to Consul and Nomad for a person."""

from __future__ import annotations

import os
import re
import shlex
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli.options import file_argument
from steppe.cli.render import console, events_shown
from steppe.control.people import PersonRole
from steppe.operations.access import Opened, opened, revoke, with_tools
from steppe.operations.foreground import foreground, until_ended
from steppe.person import user_name

_UNITS = {"m": 60, "h": 3600}
_SHORTEST_S, _LONGEST_S = 60, 86_400
"""Consul's and Nomad's own limits for a token that expires."""


class _Ttl(click.ParamType[int]):
    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d{1,4})([mh])", str(value))
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if not _SHORTEST_S <= seconds <= _LONGEST_S:
            self.fail(f"{value} is no time from 1m to 24h, such as 30m or 8h", param, ctx)
        return seconds


@click.command(name="access")
@file_argument
@click.argument("words", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--role", type=click.Choice([str(role) for role in PersonRole]), default="reader", show_default=True
)
@click.option("--ttl", type=_Ttl(), default="8h", show_default=True, help="The tokens' life: 1m to 24h.")
@click.option("--for", "who", help="Whose the tokens are; left out, yours.")
@click.option("--env", is_flag=True, help="Print the environment for `consul` and `nomad` on stdout.")
@click.option("--open", "browse", is_flag=True, help="Open both UIs in the browser.")
@click.option("--revoke", "revoking", is_flag=True, help="Delete the tokens given so far; --for: a person's.")
def command(
    file: Path,
    words: tuple[str, ...],
    role: str,
    ttl: int,
    who: str | None,
    env: bool,
    browse: bool,
    revoking: bool,
) -> int:
    """Give a person the way to Consul and Nomad: an environment, both UIs, tokens of a role that expire.

    With a COMMAND: run it with that environment; its exit code is ours. Otherwise the way is open until
    Ctrl-C. The tokens are deleted at the end; those that --env prints live until --ttl or --revoke.

    A reader sees everything but secrets, ACLs and tasks' files. An operator also restarts, scales and drains
    what runs, and tends the servers. A manager may do everything.

    \b
    Example:
      steppe access examples/orders.yaml
      steppe access examples/orders.yaml -- nomad job status
      steppe access examples/orders.yaml --role operator -- bash
      steppe access examples/orders.yaml --revoke
    """
    if sum((bool(words), env, browse, revoking)) > 1:
        raise click.UsageError("A COMMAND, --env, --open and --revoke don't go together.")
    with events_shown(as_json=False) as emit:
        if revoking:
            _tell_revoked(revoke(file, who, emit))
            return 0
        with opened(file, PersonRole(role), ttl, who or user_name(), lambda event: None, lasting=env) as way:
            if words:
                return foreground(words, with_tools(way.environment))
            if env:
                _print(way.environment)
                if not way.held:
                    return 0
            else:
                _tell_pages(way, browse=browse)
            console().print("[dim]The way is open until Ctrl-C.[/]")
            if not until_ended(ttl):
                console().print("The tokens have expired.")
    return 0


def _print(environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _tell_pages(way: Opened, *, browse: bool) -> None:
    """The tokens go to stdout, where they were asked for; a log of stderr has none."""
    tokens = {"Consul": way.grant.consul_secret, "Nomad": way.grant.nomad_secret}
    for title, address in way.pages.items():
        click.echo(f"{title + ':':8}{address}  token {tokens[title]}")
    sys.stdout.flush()
    console().print(
        f"Role {way.grant.role}, until {escape(way.grant.expires)}. In each UI: log in with its token."
    )
    if browse and _has_screen():
        for address in way.pages.values():
            webbrowser.open(address)


def _has_screen() -> bool:
    """Elsewhere a browser in text mode would take this terminal."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _tell_revoked(revoked: tuple[str, ...]) -> None:
    for each in revoked:
        console().print(f"[green]✓[/] revoked: {escape(each)}")
    if not revoked:
        console().print("No token to revoke.")
