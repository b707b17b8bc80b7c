"""`python -m steppe.cli.reference` prints docs/commands.md, made from the commands' own help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from steppe.cli.main import cli

_HEAD = """# The commands

Made from `steppe COMMAND --help` by `python -m steppe.cli.reference > docs/commands.md`.

FILE is the cluster's spec; left out, `cluster.yaml` in the current folder. JSON goes to stdout alone,
people's text to stderr. Changing commands show the plan and ask; `--yes` answers, and without a terminal
or `--yes` they stop.

With `--json` a command prints one JSON object with a `version`, or, `up` and `down`, one for each event, a
line each. One that fails before that prints `{"version": 1, "error": {"code", "message", "hint", "exit"}}`
instead, on one line; after events it is the last line. The text on stderr is the same as without `--json`.

| exit code | meaning |
| --- | --- |
| 0 | done, or no change |
| 1 | failed |
| 2 | wrong use, or a wrong spec |
| 3 | changes pending (`plan --exit-code`) |
| 4 | unhealthy |
| 5 | locked or claimed by another |
| 6 | something is left behind |
| 130 | interrupted |
"""


def reference() -> str:
    """The whole page, in Markdown."""
    return _HEAD + "".join(_sections(cli, "steppe"))


def _sections(group: click.Group, path: str) -> Iterator[str]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        full = f"{path} {name}"
        own = click.Context(
            command,
            info_name=full,
            terminal_width=100,
            # In use, commands inherit these names from the group.
            help_option_names=["-h", "--help"],
        )
        yield f"\n## {full}\n\n```\n{command.get_help(own)}\n```\n"
        if isinstance(command, click.Group):
            yield from _sections(command, full)


if __name__ == "__main__":
    print(reference(), end="")
