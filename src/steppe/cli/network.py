"""`steppe network`: what the cluster's networks are joined to, and which way a flow takes through them."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from steppe.cli import plan_view
from steppe.cli.options import confirm, json_option, yes_option
from steppe.cli.output import print_document
from steppe.cli.render import console, events_shown
from steppe.errors import Unhealthy
from steppe.hints import typed
from steppe.operations.network import Change, peer, unpeer
from steppe.operations.trace import Traced, traced


@click.group(name="network")
def command() -> None:
    """Join the cluster's networks to others' VPCs, part them again, and see which way a flow takes.

    \b
    Example:
      steppe network trace orders.yaml broker-a orders-consul 8501
      steppe network peer orders.yaml uvnet-abc123
      steppe network unpeer orders.yaml uvnet-abc123
    """


@command.command(name="peer")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("vpc_id")
@click.option("--management", is_flag=True, help="Join the management VPC, for Consul and Nomad.")
@click.option("--project", help="The VPC's project, if it isn't the cluster's own.")
@click.option("--region", help="The VPC's region, if it isn't the cluster's own.")
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="CIDR",
    help="A range of the VPC, where this account may not look at it. May be given several times.",
)
@yes_option
@json_option
def peer_command(
    file: Path,
    vpc_id: str,
    management: bool,
    project: str | None,
    region: str | None,
    ranges: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    """Join a customer's VPC to the client VPC: its machines reach RocketMQ's ports, and nothing else.

    The VPC goes into FILE, whose other lines stay as they are; then the peering is made, and the hosts'
    firewalls let its ranges in. With --management the VPC, for example KUN's, reaches Consul and Nomad
    through their balancers instead. Before `up` has built the cluster, only FILE is changed.

    \b
    Example:
      steppe network peer orders.yaml uvnet-abc123
      steppe network peer orders.yaml uvnet-abc123 --project org-shop --region cn-sh2
      steppe network peer orders.yaml uvnet-def456 --management --yes
    """
    told = {"vpc_id": vpc_id, "project": project, "region": region, "ranges": list(ranges)}
    wanted = {name: value for name, value in told.items() if value}
    shown = _Approval(f"Join {vpc_id}?", yes=yes, quiet=as_json)
    with events_shown(as_json=as_json) as emit:
        done = peer(file, "management" if management else "client", wanted, emit, shown)
    if not as_json:
        _tell(done, f"{vpc_id} is joined")


@command.command(name="unpeer")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("vpc_id")
@yes_option
@json_option
def unpeer_command(file: Path, vpc_id: str, yes: bool, as_json: bool) -> None:
    """Part a VPC from the cluster's, and take it out of FILE. The VPC itself stays as it is.

    \b
    Example:
      steppe network unpeer orders.yaml uvnet-abc123
    """
    shown = _Approval(f"Part {vpc_id}?", yes=yes, quiet=as_json)
    with events_shown(as_json=as_json) as emit:
        done = unpeer(file, vpc_id, emit, shown)
    if not as_json:
        _tell(done, f"{vpc_id} is parted")


@command.command(name="trace")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.argument("port")
@click.option("--live", is_flag=True, help="Try it too: one TCP connection from the host FROM.")
@json_option
def trace_command(file: Path, source: str, target: str, port: str, live: bool, as_json: bool) -> None:
    """Say which way a flow takes, hop by hop, and where it would be stopped. Exits with 4 when it is.

    FROM and TO are hosts or balancers (with or without the Cluster ID), a peer's VPC, an IPv4 address,
    `internet` or `operator`. PORT is a number, with /udp for UDP, or `icmp`. The answer follows from FILE
    alone; --live compares it with a real connection, and exits with 4 too when that is otherwise.

    \b
    Example:
      steppe network trace orders.yaml broker-a orders-consul 8501
      steppe network trace orders.yaml internet bastion 22
      steppe network trace orders.yaml consul-a broker-b 10911 --live
    """
    found = traced(file, source, target, port, live=live)
    if as_json:
        print_document(_traced(found))
    else:
        _show_trace(found)
    _judge(found)


def _traced(found: Traced) -> dict[str, Any]:
    return {
        "from": found.source.label,
        "to": found.target.label,
        "protocol": found.protocol,
        "port": found.port,
        "passes": found.trace.passes,
        "hops": [asdict(hop) for hop in found.trace.hops],
        "tried": None if found.tried is None else asdict(found.tried),
    }


def _show_trace(found: Traced) -> None:
    out = console()
    for hop in found.trace.hops:
        mark = "[green]✓[/]" if hop.passes else "[red]✗[/]"
        out.print(f"{mark} {escape(hop.at)}: {escape(hop.says)}")
    if found.tried is not None:
        mark = "[green]✓[/]" if found.tried.came_through else "[red]✗[/]"
        out.print(f"{mark} tried, {found.tried.address}: {escape(found.tried.says)}")


def _judge(found: Traced) -> None:
    """Raises Unhealthy when the flow is stopped, or what was tried is otherwise than the rules say."""
    what = f"{found.source.label} to {found.target.label}, {found.protocol}"
    what += f" {found.port}" if found.port else ""
    if found.tried is not None and found.tried.came_through != found.trace.passes:
        said, seen = ("passes", "did not") if found.trace.passes else ("is stopped", "came through")
        raise Unhealthy(
            f"{what}: by the cluster's file it {said}, and tried it {seen}.",
            code="trace.differs",
            hint="`steppe plan` shows what differs from the file; others' own rules aren't in it",
        )
    if not found.trace.passes:
        last = found.trace.hops[-1]
        raise Unhealthy(
            f"{what}: it is stopped at {last.at}.",
            code="trace.stopped",
            hint="docs/security.md has the table of flows, docs/networks.md how to join others' networks",
        )


class _Approval:
    """Shows what the file and the region will become, and asks."""

    def __init__(self, question: str, *, yes: bool, quiet: bool) -> None:
        self._question, self._yes, self._quiet = question, yes, quiet

    def __call__(self, change: Change) -> None:
        if not self._quiet:
            _show(change)
        confirm(self._question, yes=self._yes)


def _show(change: Change) -> None:
    now = change.file.read_text(encoding="utf-8").splitlines()
    for line in difflib.unified_diff(now, change.text.splitlines(), n=0, lineterm=""):
        if line[0] in "+-" and not line.startswith(("+++", "---")):
            console().print(f"  {escape(str(change.file))}: {escape(line)}")
    if change.is_built:
        for line in plan_view.lines(change.plan):
            console().print(line)


def _tell(done: Change, what: str) -> None:
    file = escape(str(done.file))
    if not done.is_built:
        up = escape(typed("steppe", "up", done.file))
        console().print(f"[bold green]✓[/] {file} says so now; {up} does it when it builds the cluster.")
    elif done.is_written or not done.plan.is_empty:
        console().print(f"[bold green]✓[/] {escape(what)}, and {file} says so.")
    else:
        console().print(f"[bold green]✓[/] No change: {escape(what)} already.")
