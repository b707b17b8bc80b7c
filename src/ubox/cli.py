"""The command `ubox`: thin; what it does is in `serving`, `daemon`, `status` and `fidelity`."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ubox import daemon, fidelity, serving
from ubox.errors import BoxError, called
from ubox.home import Home, default_folder
from ubox.settings import SPEEDS
from ubox.status import status as status_of

_dir = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_folder,
    show_default="$UBOX_DIR, else ~/.local/state/ubox/box",
    help="The box's folder.",
)
_port = click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of the API; else as last time, or a free one."
)
_fabric = click.option(
    "--fabric",
    type=click.Choice([serving.KERNEL, serving.NONE]),
    help="kernel: real machines and networks (needs root). none: the API alone. Else as last time (kernel).",
)
_images = click.option(
    "--images",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Catalogue of images (JSON); else $UBOX_IMAGES.",
)
_speed = click.option(
    "--speed",
    type=click.Choice(list(SPEEDS)),
    help="How long states take to change; else as in box.json (fast).",
)


class _Ubox(click.Group):
    """Shows a user's mistakes in one line, exit code 1 (click has 2 for a wrong option).

    People's text goes to stderr, JSON to stdout.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BoxError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            # The reader has seen enough; writing again at shutdown would only repeat the error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=_Ubox, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="steppe")
def ubox() -> None:
    """A UCloud region on this machine: its API, and real machines and networks behind it.

    \b
    Example:
      ubox start
      ubox status
      ubox reset --yes
    """


@ubox.command()
@_dir
@_port
@_fabric
@_images
@_speed
def serve(folder: Path, port: int | None, fabric: str | None, images: Path | None, speed: str | None) -> None:
    """Serve a box in the foreground; end it with Ctrl-C. Machines go on.

    \b
    Example:
      ubox serve --dir /tmp/paper --fabric none --speed instant
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    serving.run(Home(folder.absolute()), port=port, fabric=fabric, images=images, speed=speed)


@ubox.command()
@_dir
@_port
@_fabric
@_images
@_speed
def start(folder: Path, port: int | None, fabric: str | None, images: Path | None, speed: str | None) -> None:
    """Serve a box in the background, and say how to reach it.

    \b
    Example:
      ubox start
      ubox start --dir /tmp/paper --fabric none
    """
    home = Home(folder.absolute())
    given = {"--port": port, "--fabric": fabric, "--images": images and images.absolute(), "--speed": speed}
    arguments = [str(word) for name, value in given.items() if value is not None for word in (name, value)]
    started = daemon.start(home, arguments)
    told = home.told()
    click.echo(f"box {home.folder} {'started' if started else 'is running already'}", err=True)
    click.echo(f"  API     {told['endpoint']}", err=True)
    click.echo(f"  region  {told['region']}: {', '.join(told['zones'])}", err=True)
    click.echo(f"  keys    {home.settings_file}", err=True)


@ubox.command()
@_dir
def stop(folder: Path) -> None:
    """End the server. Machines, networks and the region stay; 'ubox start' takes them up again.

    \b
    Example:
      ubox stop
    """
    stopped = daemon.stop(Home(folder.absolute()))
    click.echo("stopped" if stopped else "not running", err=True)


@ubox.command()
@_dir
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def status(folder: Path, as_json: bool) -> None:
    """Show whether the box is served, where, and what is in it.

    \b
    Example:
      ubox status --json | jq .counts
    """
    found = status_of(Home(folder.absolute()))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    if not found["exists"]:
        click.echo(f"no box in {found['folder']}; make one with '{called('start')}'", err=True)
        return
    for line in _shown(found):
        click.echo(line, err=True)


def _shown(found: Mapping[str, Any]) -> Iterator[str]:
    stopped = f"stopped; '{called('start')}' starts it, with what is in it"
    holds = ", ".join(f"{count} {name}" for name, count in found["counts"].items() if count)
    yield f"box      {found['folder']}"
    yield f"server   {'running, pid ' + str(found['pid']) if found['running'] else stopped}"
    yield f"API      {found['endpoint']}"
    yield f"region   {found['region']}: {', '.join(found['zones'])}"
    yield f"fabric   {found['fabric']}"
    yield f"holds    {holds or 'nothing'}"
    for host in found["hosts"]:
        yield f"  {host['name']:<28} {host['zone']:<10} {host['address']:<15} {host['state']}"


@ubox.command()
@_dir
@click.option("--yes", is_flag=True, help="Don't ask.")
def reset(folder: Path, yes: bool) -> None:
    """Remove the box: its server, machines, networks and folder, and nothing of any other box.

    \b
    Example:
      ubox reset --yes
    """
    home = Home(folder.absolute())
    if home.folder.exists():
        _refuse_foreign(home)
    if not yes:
        click.confirm(f"Remove the box in {home.folder} with everything in it?", abort=True, err=True)
    removed: list[tuple[str, str]] = []
    if home.folder.exists():
        daemon.stop(home)
    if home.told().get("fabric") != serving.NONE:
        from ubox.fabric import reset as reset_fabric

        # Also without the folder: what is in the kernel outlives it.
        removed += reset_fabric(home.folder)
    if home.folder.exists():
        shutil.rmtree(home.folder)
        removed.append(("folder", str(home.folder)))
    click.echo(_summary(removed) if removed else f"no box in {home.folder}", err=True)


def _summary(removed: Sequence[tuple[str, str]]) -> str:
    """How many things of each sort were removed."""
    kinds = Counter(what for what, _ in removed)
    return "removed: " + ", ".join(f"{kind} ({count})" for kind, count in kinds.items())


@ubox.command(context_settings={"ignore_unknown_options": True})
@_dir
@click.argument("vpc")
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND…")
def inside(folder: Path, vpc: str, argv: Sequence[str]) -> None:
    """Run a command as from a machine of that VPC; the box's API answers there too.

    \b
    Example:
      ubox inside uvnet-abc123 -- curl http://10.9.0.16:9876/
    """
    home = Home(folder.absolute())
    if home.told().get("fabric") != serving.KERNEL or not daemon.answers(home):
        raise BoxError(f"{home.folder}: no box with real networks is served there; 'ubox start' does it")
    from ubox.fabric import run_inside

    told = home.told()
    world = daemon.ask(told, "world", timeout_s=60)
    sys.exit(run_inside(home.folder, world, vpc, int(told["port"]), argv))


@ubox.command(name="fidelity")
def print_fidelity() -> None:
    """Print what is known of each behaviour of the API, as Markdown.

    \b
    Example:
      ubox fidelity > docs/fidelity.md
    """
    click.echo(fidelity.document(), nl=False)


def _refuse_foreign(home: Home) -> None:
    """Raises BoxError for a folder that isn't a box's: it would be removed."""
    if any(home.folder.iterdir()) and not (home.settings_file.exists() or (home.folder / "lock").exists()):
        raise BoxError(f"{home.folder}: this is not a box's folder (no box.json in it); give the right --dir")


def main() -> None:
    """The command's entry."""
    ubox(prog_name="ubox")
