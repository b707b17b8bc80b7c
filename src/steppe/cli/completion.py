"""`steppe completion`: makes the shell complete commands, options and the names of groups."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_STEPPE_COMPLETE"
"""By it the shell asks the program, which click answers."""


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands, options, files and the names of groups.

    \b
    Example:
      eval "$(steppe completion bash)"
      steppe completion fish > ~/.config/fish/completions/steppe.fish
    """
    made = get_completion_class(shell)
    assert made is not None
    root = ctx.find_root()
    click.echo(made(root.command, {}, "steppe", _VARIABLE).source())
