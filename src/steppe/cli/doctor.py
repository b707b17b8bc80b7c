"""`steppe doctor`: what this machine lacks, and the command that mends it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from rich.markup import escape

from steppe import spec
from steppe.cli.options import DEFAULT_FILE, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.errors import SteppeError
from steppe.operations.certificates import certificates
from steppe.setup.doctor import MODES, Finding, examine
from steppe.spec.model import BOX_REGION


@click.command(name="doctor")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--mode", type=click.Choice(MODES), help="What to examine for; else what FILE's region needs.")
@json_option
def command(file: Path | None, mode: str | None, as_json: bool) -> None:
    """Say what this machine lacks for the local region (box) or for UCloud (cloud), and what mends it.

    With FILE, and a workspace that has built its cluster: also whether the cluster's certificates are valid.

    \b
    Example:
      steppe doctor
      steppe doctor examples/production.yaml
    """
    chosen = mode or _mode(file)
    findings = [*examine(chosen), *(certificates(file) if file else [])]
    if as_json:
        print_document({"mode": chosen, "findings": [dataclasses.asdict(each) for each in findings]})
    else:
        for finding in findings:
            console().print(_line(finding))
    lacking = [finding for finding in findings if not finding.ok]
    if lacking:
        raise SteppeError(
            f"Not ready for {chosen}: {len(lacking)} of {len(findings)} checks failed.",
            code="doctor.lacking",
            hint="; ".join(finding.remedy for finding in lacking),
        )


def _mode(file: Path | None) -> str:
    """The mode that a cluster file needs; the box without one."""
    named = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    return "box" if named is None or spec.load(named).region == BOX_REGION else "cloud"


def _line(finding: Finding) -> str:
    if finding.ok:
        return f"[green]✓[/] {escape(finding.check)} [dim]({escape(finding.detail)})[/]"
    return (
        f"[red]✗[/] {escape(finding.check)}: {escape(finding.detail)}\n"
        f"  [bold]Next:[/] {escape(finding.remedy)}"
    )
