"""`steppe`: finds the command's module only when it is asked for, so that each starts quickly."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

import steppe
from steppe.cli import exits

_COMMANDS: Mapping[str, str] = {
    "init": "Write a commented cluster file to start from.",
    "validate": "Check a cluster file without touching any cloud.",
    "plan": "Show what `up` would change.",
    "up": "Build or mend the cluster until it carries messages.",
    "diagram": "Draw the cluster, as SVG or as Mermaid text.",
    "status": "Show hosts and health, condition by condition.",
    "verify": "Send and receive messages through the cluster, each checked.",
    "mq": "RocketMQ's groups, topics, consumer groups and users.",
    "down": "Remove the cluster, and prove that nothing is left.",
    "list": "Show the clusters of a region, or of all.",
    "adopt": "Take a cluster over from another workspace, knowingly.",
    "audit": "Show who changed a cluster, when and by which plan.",
    "access": "Give a person the way to Consul and Nomad: environment, UIs, tokens that expire.",
    "ssh": "Log in to a host by its name, or run a command there.",
    "logs": "Show the journal of a host, or of one unit on it.",
    "export": "Write the cluster down for other tools.",
    "network": "Join others' VPCs to the cluster's networks, and part them.",
    "rotate": "Renew certificates or gossip keys of a running cluster.",
    "workspace": "Move a cluster between people, locked by a passphrase.",
    "discover": "Print addresses of running hosts, in go-discover's syntax.",
    "doctor": "Say what this machine lacks, and how to mend it.",
    "box": "The local region: start, stop, status, inside, reset.",
    "completion": "Make the shell complete commands and names.",
    "explain": "Tell more about an error's code or a plan's reason.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"steppe.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            if near:
                raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done or no change, 1 failed, 2 wrong use or spec, 3 changes pending, 4 unhealthy, "
    "5 locked or claimed by another, 6 something left behind, 130 interrupted.",
)
@click.version_option(steppe.__version__, prog_name="steppe")
def cli() -> None:
    """Highly available Nomad clusters on UCloud, made to run Apache RocketMQ.

    \b
    Try it on this machine, without any cloud account:
      steppe box start
      steppe up examples/orders.yaml
      steppe verify examples/orders.yaml
      steppe down examples/orders.yaml
    """


def main() -> None:
    """The entry point of the command `steppe`."""
    exits.end(exits.run(cli))


if __name__ == "__main__":
    main()
