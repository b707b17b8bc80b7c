"""`steppe box`: runs the program `ubox` for the user; the two meet only at its command line and its API."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from steppe.cli.options import confirm, json_option, yes_option
from steppe.errors import SteppeError


@click.group(name="box", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """The local region: a UCloud region on this machine, with real machines and networks.

    \b
    Example:
      steppe box start
      steppe box status
      steppe box reset --yes
    """


@command.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port of the API; left out, that of the last time, or a free one. 0 takes a free one.",
)
def start(port: int | None) -> None:
    """Start the region, or say that it runs. Machines of an earlier start are still there."""
    _ubox("start", *([] if port is None else ["--port", str(port)]))


@command.command()
def stop() -> None:
    """Stop answering the API. The region's machines and networks stay as they are."""
    _ubox("stop")


@command.command()
@json_option
def status(as_json: bool) -> None:
    """Say whether the region runs, where its API is and what lives in it."""
    _ubox("status", *(["--json"] if as_json else []))


@command.command()
@yes_option
def reset(yes: bool) -> None:
    """Remove the region with every machine, network and disk of it, also after a crash."""
    confirm("Remove the local region and everything in it?", yes=yes)
    _ubox("reset", "--yes")


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("vpc")
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND…")
def inside(vpc: str, argv: tuple[str, ...]) -> None:
    """Run a command as from a machine of that VPC, which a private cluster needs (`access.mode: direct`).

    It reaches what the VPC reaches and the region's API, and its exit code is this command's.

    \b
    Example:
      steppe box inside uvnet-abc123 -- steppe up private.yaml
    """
    program = str(_program("inside"))
    os.execv(program, [program, "inside", vpc, "--", *argv])


def _program(command: str) -> Path:
    program = Path(sys.executable).with_name("ubox")
    if not program.exists():
        raise SteppeError(
            f"The program `ubox` is not installed beside steppe ({program}).",
            code="box.missing",
            hint="run `make setup` in steppe's folder",
        )
    if os.geteuid() != 0:
        raise SteppeError(
            "The local region makes machines and networks, which needs root.",
            code="box.root",
            hint=f"run `sudo {program.with_name('steppe')} box {command}`",
        )
    return program


def _ubox(*arguments: str) -> None:
    program = _program(arguments[0])
    done = subprocess.run(
        [program, *arguments], check=False, env={**os.environ, "UBOX_COMMAND": "steppe box"}
    )
    if done.returncode:
        raise SteppeError(
            f"`steppe box {arguments[0]}` failed; the line above says why.",
            code="box.failed",
            hint=f"mend that and run `steppe box {arguments[0]}` again; "
            "`steppe doctor` tells what this machine lacks",
        )
