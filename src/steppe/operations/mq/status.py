"""Looks at groups once, member by member.

1. Ask Nomad which groups there are, and where their members run.
2. Ask the controllers who is master and who is in sync, the masters how far their replicas are, and each
   broker what goes through it; all groups at the same time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from steppe.engine.events import Emit
from steppe.operations.mq.inside import Group, Inside, groups, looking, need
from steppe.operations.mq.list import running_on
from steppe.rocketmq import look
from steppe.rocketmq.groups import nameserver_of, port_of
from steppe.rocketmq.jobs import nameserver_job
from steppe.rocketmq.look import GroupStatus
from steppe.topology import ports
from steppe.topology.model import Host, Role

_AT_ONCE = 8


def status(file: Path, emit: Emit, *, name: str | None = None) -> tuple[GroupStatus, ...]:
    """Of all groups, NameServer groups first, or of the one that is named.

    Raises UsageError when there is no such group, SteppeError when Nomad can't be asked.
    """
    with looking(file, emit) as inside:
        found = groups(inside)
        if name is not None:
            found = (need(found, name),)
        with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="mq-status") as pool:
            return tuple(pool.map(partial(group_status, inside), found))


def group_status(inside: Inside, group: Group) -> GroupStatus:
    """How one group is. Raises SteppeError when Nomad can't be asked."""
    if group.known is None:
        return _absent(group)
    return _nameservers(inside, group) if group.kind is Role.NAMESERVER else _brokers(inside, group)


def controllers_of(inside: Inside, group: Group) -> tuple[str, tuple[str, ...]]:
    """The NameServer group of a Broker group, and its controllers' addresses; empty where unknown."""
    topology = inside.cluster.topology
    asked = {each.name: each.nameserver for each in topology.broker_groups}
    running = nameserver_of(inside.way.nomad, group.job) if group.known else None
    nameserver = running or asked.get(group.name, "")
    hosts = {each.name: each.hosts for each in topology.nameserver_groups}.get(nameserver)
    if hosts is None:
        # The file no longer names it: its members are where Nomad runs them.
        hosts = running_on(inside, nameserver_job(nameserver)) if nameserver else ()
    addresses = [topology.host(host).address for host in hosts if _is_host(inside, host)]
    return nameserver, tuple(f"{address}:{ports.NAMESERVER_CONTROLLER}" for address in addresses)


def hosts_of(inside: Inside, group: Group) -> dict[str, Host]:
    """The hosts on which its members run, by private address, in zone order."""
    topology = inside.cluster.topology
    names = [name for name in running_on(inside, group.job) if _is_host(inside, name)]
    hosts = sorted((topology.host(name) for name in names), key=lambda host: (host.zone.index, host.name))
    return {str(host.address): host for host in hosts}


def _brokers(inside: Inside, group: Group) -> GroupStatus:
    nameserver, controllers = controllers_of(inside, group)
    port = port_of(inside.way.nomad, group.job) or ports.BROKER_FIRST
    members, replicas = look.brokers(inside.way, controllers, group.name, hosts_of(inside, group), port=port)
    takes, trouble = look.trouble(replicas, len(inside.cluster.topology.zones))
    return GroupStatus(
        kind=str(group.kind),
        name=group.name,
        nameserver=nameserver,
        wanted=group.wanted,
        members=members,
        in_sync=0 if isinstance(replicas, str) else len(replicas.in_sync),
        takes_messages=takes,
        trouble=trouble,
    )


def _nameservers(inside: Inside, group: Group) -> GroupStatus:
    members = look.nameservers(inside.way, hosts_of(inside, group))
    count = len(inside.cluster.topology.zones)
    well = sum(member.in_sync for member in members)
    lacks = f"{well} of {count} know the controllers' leader and every Broker group"
    return GroupStatus(
        kind=str(group.kind),
        name=group.name,
        nameserver="",
        wanted=group.wanted,
        members=members,
        in_sync=well,
        takes_messages=None,
        trouble="" if well >= count else lacks,
    )


def _absent(group: Group) -> GroupStatus:
    return GroupStatus(
        kind=str(group.kind),
        name=group.name,
        nameserver="",
        wanted=group.wanted,
        members=(),
        in_sync=0,
        takes_messages=None,
        trouble="it doesn't run: Nomad has no job of it",
    )


def _is_host(inside: Inside, name: str) -> bool:
    return any(host.name == name for host in inside.cluster.topology.hosts)
