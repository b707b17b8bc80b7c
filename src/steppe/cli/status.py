"""`steppe status`: hosts, addresses and health."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from steppe.cli.options import file_argument, json_option
from steppe.cli.output import print_document
from steppe.cli.render import console
from steppe.control.conditions import ConditionResult
from steppe.errors import Unhealthy
from steppe.hints import typed
from steppe.operations.status import Status, status
from steppe.topology.model import Balancer


@click.command(name="status")
@file_argument
@json_option
def command(file: Path, as_json: bool) -> None:
    """Show hosts, the addresses of the APIs, and each health condition. Exits with 4 when one is not met.

    \b
    Example:
      steppe status examples/orders.yaml
    """
    found = status(file, lambda event: None)
    if as_json:
        print_document(_data(found))
    else:
        _show(file, found)
    if not found.healthy:
        unmet = [each.condition for each in found.conditions if not each.met]
        absent = [f"{host.name} is {host.state}" for host in found.hosts if host.state != "Running"]
        raise Unhealthy(
            f"The cluster is not well: {'; '.join(absent + unmet)}.",
            code="status.unhealthy",
            hint=f"`{typed('steppe', 'plan', file)}` shows what differs, "
            f"`{typed('steppe', 'up', file)}` mends it",
        )


def _data(found: Status) -> dict[str, Any]:
    return {
        "cluster": found.topology.cluster,
        "region": found.topology.region,
        "healthy": found.healthy,
        "hosts": [dataclasses.asdict(host) for host in found.hosts],
        "addresses": dataclasses.asdict(found.addresses),
        "peers": [dataclasses.asdict(peer) for peer in found.peers],
        "links": dict(found.links),
        "conditions": [dataclasses.asdict(each) for each in found.conditions],
        "warnings": list(found.warnings),
    }


def _show(file: Path, found: Status) -> None:
    screen = console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("host", "role", "zone", "address", "state"):
        table.add_column(title)
    for host in found.hosts:
        colour = "green" if host.state == "Running" else "red"
        table.add_row(host.name, host.role, host.zone, host.address, f"[{colour}]{escape(host.state)}[/]")
    screen.print(table)
    screen.print()
    for balancer in found.topology.balancers:
        screen.print(f"{balancer.name}: {_where(balancer, found.addresses.balancers)}")
    if found.addresses.bastion:
        screen.print(f"bastion: {found.addresses.bastion}; steppe ssh {escape(str(file))} HOST logs in")
    for peer in found.peers:
        how = "is joined to" if peer.joined else "[red]is not joined to[/]"
        ranges = f" ({', '.join(peer.ranges)})" if peer.ranges else ""
        screen.print(f"peer {escape(peer.vpc_id)}{ranges} {how} {escape(peer.network)}")
    screen.print()
    for condition in found.conditions:
        screen.print(_condition(condition))
    for warning in found.warnings:
        screen.print(f"[yellow]![/] {escape(warning)}")


def _where(balancer: Balancer, addresses: Any) -> str:
    address = addresses.get(balancer.name)
    if address is None:
        return "[red]absent[/]"
    return ", ".join(f"{address}:{listener.port}" for listener in balancer.listeners)


def _condition(condition: ConditionResult) -> str:
    if condition.met:
        return f"[green]✓[/] {escape(condition.condition)}"
    hint = f" Next: {escape(condition.hint)}" if condition.hint else ""
    return f"[red]✗[/] {escape(condition.condition)}: {escape(condition.why_not)}{hint}"
