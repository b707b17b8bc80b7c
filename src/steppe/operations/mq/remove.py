"""Ends a group that the file no longer names, and deletes its data if that is asked for.

1. Refuse a group that the file names, and a NameServer group that Broker groups still use.
2. Lock the cluster; show what would be done; go on only if it is approved.
3. Stop the group's job, wait until its members have ended, and have Nomad forget it. With the last
   NameServer group the endpoint ends too: it has nothing to list.
4. If the data is to go: a job on each host removes it, and each host's outcome is checked. Then the
   controllers forget the members, so that a new group of that name begins anew.

Each part looks before it acts, so a run that was stopped anywhere is completed by the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from steppe.engine.events import Emit
from steppe.errors import Unhealthy, UsageError
from steppe.operations.mq.inside import Group, Inside, changing_groups, groups, named, wanted_groups
from steppe.operations.stages import stage
from steppe.rocketmq import admin, nomad_variables
from steppe.rocketmq.delete import delete_data, end, folder_of
from steppe.rocketmq.groups import nameserver_of
from steppe.rocketmq.jobs import ENDPOINT_JOB, members
from steppe.rocketmq.remoting import RemotingError
from steppe.spec.document import read
from steppe.topology import ports
from steppe.topology.model import Role

_DATA = "/data/rocketmq"
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What is, or was, removed."""

    kind: str
    """`nameserver` or `broker`."""
    name: str
    job: str
    runs: bool
    """Whether Nomad has its job, that ends with this."""
    delete_data: bool
    folder: str
    """Where its data is on each host."""
    hosts: tuple[str, ...]
    """The hosts that may have data of it."""
    had_data: tuple[str, ...] = ()
    """The hosts on which data was deleted."""


def remove(
    file: Path, name: str, emit: Emit, approve: Callable[[Removal], None], *, delete_data: bool
) -> Removal:
    """Does all of the above. `approve` is shown what would be removed and raises to stop.

    Raises UsageError when the file names the group, nothing of that name is known, or Broker groups use it;
    Unhealthy when a member doesn't end; LeftBehind when data is left.
    """
    with changing_groups(file, "mq remove", emit) as (inside, lock, emit):
        group = _removable(inside, file, name, delete_data=delete_data)
        asked = _removal(inside, group, delete_data=delete_data)
        approve(asked)
        lock.claim()
        if group.known is not None:
            with stage(f"end {group.title}", emit):
                end(inside.way.nomad, group.job, emit)
        if group.kind is Role.NAMESERVER:
            _end_endpoint(inside, emit)
        else:
            # Its copy of the users; a group of that name that comes back is given a new one.
            nomad_variables.delete(inside.way.nomad, nomad_variables.job_path(group.job))
        lock.require()
        if not delete_data:
            return asked
        return _with_data_deleted(inside, group, asked, emit)


def _removable(inside: Inside, file: Path, name: str, *, delete_data: bool) -> Group:
    found = groups(inside)
    group = named(found, name)
    if group is None and delete_data:
        # Its job has ended before; what it left can still be deleted.
        kind, _, short = name.rpartition("/")
        kinds = {"": Role.BROKER, "broker": Role.BROKER, "nameserver": Role.NAMESERVER}
        if kind in kinds and _NAME.fullmatch(short):
            return Group(kind=kinds[kind], name=short, wanted=False, known=None)
    if group is None:
        raise UsageError(
            f"There is no group {name} to remove: no job of it is in Nomad.",
            code="mq.no-group",
            hint="`steppe mq list` shows what runs; --delete-data removes what an ended group left.",
        )
    if group.wanted:
        raise _still_named(file, group)
    _refuse_used(inside, group, found)
    return group


def _still_named(file: Path, group: Group) -> UsageError:
    part = "nameservers" if group.kind is Role.NAMESERVER else "brokers"
    line = read(file.read_text(encoding="utf-8"), str(file)).line(("rocketmq", part, group.name))
    return UsageError(
        f"{file}:{line}: rocketmq.{part}.{group.name}: the file still asks for this group.",
        code="mq.still-named",
        hint="take it out of the file, look at `steppe plan`, and run the same command again",
    )


def _refuse_used(inside: Inside, group: Group, found: tuple[Group, ...]) -> None:
    if group.kind is not Role.NAMESERVER:
        return
    users = []
    for each in found:
        if each.kind is Role.BROKER and each.known is not None and not each.known.stopped:
            nameserver = nameserver_of(inside.way.nomad, each.job)
            if nameserver in (group.name, None):
                users.append(each.name)
    if users:
        raise UsageError(
            f"NameServer group {group.name} is used by Broker group {', '.join(users)}, which runs.",
            code="mq.used",
            hint=f"remove that first: `steppe mq remove {inside.cluster.file} {users[0]}`",
        )


def _removal(inside: Inside, group: Group, *, delete_data: bool) -> Removal:
    return Removal(
        kind=str(group.kind),
        name=group.name,
        job=group.job,
        runs=group.known is not None,
        delete_data=delete_data,
        folder=f"{_DATA}/{folder_of(group.kind, group.name)}",
        hosts=tuple(host.name for host in inside.cluster.topology.by_role(group.kind)),
    )


def _end_endpoint(inside: Inside, emit: Emit) -> None:
    still = any(kind is Role.NAMESERVER for kind, _ in wanted_groups(inside.cluster))
    runs = any(each.kind is Role.NAMESERVER and each.known for each in groups(inside))
    jobs = {job["ID"] for job in inside.way.nomad.request("GET", "/v1/jobs")}
    if not still and not runs and ENDPOINT_JOB in jobs:
        with stage("end the endpoint", emit):
            end(inside.way.nomad, ENDPOINT_JOB, emit)


def _with_data_deleted(inside: Inside, group: Group, asked: Removal, emit: Emit) -> Removal:
    with stage(f"delete the data of {group.title}", emit):
        found = delete_data(inside.way.nomad, group.kind, group.name, asked.hosts, emit)
        if group.kind is Role.BROKER:
            _forget(inside, group.name)
    return replace(asked, had_data=tuple(host for host in asked.hosts if found[host]))


def _forget(inside: Inside, group: str) -> None:
    topology = inside.cluster.topology
    for nameserver in topology.nameserver_groups:
        controllers = [
            f"{address}:{ports.NAMESERVER_CONTROLLER}" for address in members(topology, nameserver)
        ]
        try:
            admin.forget(inside.way, controllers, topology.cluster, group)
        except RemotingError as error:
            raise Unhealthy(
                f"The controllers of {nameserver.name} don't forget Broker group {group}: {error}.",
                code="mq.not-forgotten",
                hint="`steppe mq status` shows what isn't well; then run the same command again.",
            ) from error
