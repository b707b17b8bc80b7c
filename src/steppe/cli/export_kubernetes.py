"""`steppe export kubernetes`: Services for a cluster's balancers, and Jobs that run steppe, as manifests."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from steppe.cli.options import file_argument
from steppe.cli.render import console
from steppe.errors import UsageError
from steppe.kubernetes import (
    Runner,
    Task,
    checked_image,
    checked_name,
    checked_namespace,
    checked_schedule,
)

_TASKS = click.Choice([str(task) for task in Task])
_OFTEN = "*/15 * * * *"


@click.command(name="kubernetes")
@file_argument
@click.option("--out", "--output", type=click.Path(path_type=Path), metavar="YAML", help="Write there.")
@click.option("--namespace", default="default", show_default=True, help="Of every object.")
@click.option("--image", help="steppe's container image, of the Containerfile; adds Job and CronJob.")
@click.option("--secret", help="Name of the Secret with keys and workspace; CLUSTER-steppe if left out.")
@click.option("--job", type=_TASKS, help="What the Job runs; verify if left out.")
@click.option("--cron", type=_TASKS, help="What the CronJob runs; status if left out.")
@click.option("--schedule", help=f"Of the CronJob; '{_OFTEN}' if left out.")
@click.option("--api-ca", is_flag=True, help="The Secret has api-ca.pem, the API's own authority.")
def kubernetes(
    file: Path,
    out: Path | None,
    namespace: str,
    image: str | None,
    secret: str | None,
    job: str | None,
    cron: str | None,
    schedule: str | None,
    api_ca: bool,
) -> None:
    """Write manifests for Kubernetes: a Service and an EndpointSlice for each balancer, as it is now.

    With --image also a ConfigMap with FILE, a Job and a CronJob that run steppe. They name a Secret, which
    you make; docs/kubernetes.md tells how. No secret is written.

    \b
    Example:
      steppe export kubernetes orders.yaml | kubectl apply -f -
      steppe export kubernetes orders.yaml --namespace shop --image registry.example.com/steppe:0.1.0
    """
    from steppe.operations.kubernetes import export

    checked_namespace(namespace)
    if image is None:
        _refuse_alone({"secret": secret, "job": job, "cron": cron, "schedule": schedule, "api-ca": api_ca})
        runner = None
    else:
        runner = Runner(
            image=checked_image(image),
            secret=None if secret is None else checked_name(secret),
            job=Task(job or Task.VERIFY),
            cron=Task(cron or Task.STATUS),
            schedule=checked_schedule(_OFTEN if schedule is None else schedule),
            has_api_ca=api_ca,
        )
    made = export(file, namespace, runner)
    if out is None:
        click.echo(made.text, nl=False)
    else:
        _write(out, made.text)
        console().print(f"[green]✓[/] {escape(str(out))}: {made.topology.cluster}, {made.objects} objects")
    if runner is None:
        console().print("[dim]With --image, a Job and a CronJob that run steppe are written too.[/]")


def _refuse_alone(options: dict[str, str | bool | None]) -> None:
    given = [f"--{name}" for name, value in options.items() if value not in (None, False)]
    if given:
        raise UsageError(
            f"{', '.join(given)} says how steppe runs in a pod, and without --image none is written.",
            code="kubernetes.image",
            hint="name steppe's image with --image; docs/kubernetes.md tells how to build it",
        )


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{out} can't be written: {error.strerror}.",
            code="kubernetes.unwritable",
            hint="name a file in a folder that is there, with --out",
        ) from error
