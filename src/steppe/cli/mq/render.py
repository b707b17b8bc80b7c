"""`steppe mq render`: the job files, and the commands that run them by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from steppe.cli.mq.names import group_argument
from steppe.cli.options import file_argument
from steppe.cli.render import console
from steppe.errors import UsageError
from steppe.operations.mq.render import render
from steppe.rocketmq.jobs import JobFile
from steppe.rocketmq.jobs import command as by_hand
from steppe.rocketmq.jobs import render as all_by_hand


@click.command(name="render")
@file_argument
@group_argument(required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the job files, a file of variables for each job, and the commands there.",
)
def command(file: Path, group: str | None, out: Path | None) -> None:
    """Show the commands that give Nomad the same jobs by hand; with GROUP, its job file.

    The job files are plain HCL2 with described variables; `nomad job run` takes them as they are.

    \b
    Example:
      steppe mq render examples/orders.yaml
      steppe mq render examples/orders.yaml orders-0
      steppe mq render examples/orders.yaml --out jobs/
    """
    found = render(file, name=group)
    if out:
        _write(out, found)
        console().print(f"[bold green]✓[/] {len(found)} job(s) in {out}: cd {out} && sh run.sh")
    elif group:
        for job in found:
            as_comment = by_hand(job).replace("\n", "\n# ")
            click.echo(f"# {as_comment}\n#\n{job.source}")
    else:
        click.echo(all_by_hand(found))


def _write(out: Path, found: Sequence[JobFile]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for job in found:
            (out / job.file).write_text(job.source, encoding="utf-8")
            (out / _variables(job)).write_text(job.variables_text, encoding="utf-8")
        commands = "".join(f"nomad job run -var-file={_variables(job)} {job.file}\n" for job in found)
        (out / "run.sh").write_text(f"set -eu\n{commands}", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{out}: the job files can't be written there: {error.strerror}.",
            code="mq.unwritable",
            hint="Give --out a folder that is yours.",
        ) from error


def _variables(job: JobFile) -> str:
    return f"{job.id}.vars.hcl"
