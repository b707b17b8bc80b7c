"""Restarts a group's members, one at a time, the master last.

1. Refuse a group that isn't whole: a member less would stop its writes.
2. Lock the cluster; show the order; go on only if it is approved. Note in the workspace which process each
   member has now.
3. For each member whose process is still the noted one: have Nomad restart it, wait until the new process
   runs, and until the group is whole again.
4. Forget the note. A run that was stopped leaves it, and the next one goes on with the members that are left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from steppe.control.client import ControlError
from steppe.control.conditions import Condition, NotMet, wait
from steppe.engine.events import Emit
from steppe.errors import Unhealthy
from steppe.operations.mq.inside import Group, Inside, changing_groups, groups, need
from steppe.operations.mq.list import running_members
from steppe.operations.mq.status import group_status
from steppe.operations.stages import stage
from steppe.rocketmq.look import GroupStatus, Member

_LAST = ("master", "leader")
_MEMBER_DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    kind: str
    name: str
    order: tuple[str, ...]
    """Hosts whose members are restarted, in this order."""
    done_before: tuple[str, ...]
    """Hosts whose members an earlier run, that was stopped, has restarted."""


def restart(file: Path, name: str, emit: Emit, approve: Callable[[Restart], None]) -> Restart:
    """Does all of the above. `approve` is shown the order and raises to stop.

    Raises UsageError when there is no such group, Unhealthy when it isn't whole, or not again in time.
    """
    with changing_groups(file, "mq restart", emit) as (inside, lock, emit):
        group = need(groups(inside), name)
        note = f"restart-{group.job}.json"
        before = _noted(inside.cluster.folder.read(note))
        status = _whole(inside, group, emit, wait_for_it=bool(before))
        now = _processes(inside, group)
        first = {host: process for host, process in before.items() if now.get(host) == process} or now
        resumed = bool(before) and first is not now
        hosts = sorted(status.members, key=lambda member: member.role in _LAST)
        asked = Restart(
            kind=str(group.kind),
            name=group.name,
            order=tuple(member.host for member in hosts if member.host in first),
            done_before=tuple(host for host in now if host not in first) if resumed else (),
        )
        approve(asked)
        lock.claim()
        inside.cluster.folder.write(note, json.dumps(first))
        for host in asked.order:
            lock.require()
            with stage(f"restart {group.name} on {host}", emit):
                _restart(inside, group, host, first[host], emit)
        inside.cluster.folder.remove(note)
        return asked


def _whole(inside: Inside, group: Group, emit: Emit, *, wait_for_it: bool) -> GroupStatus:
    """Raises Unhealthy unless every member is there and in sync."""
    if wait_for_it:
        # The run that was stopped may have restarted a member a moment ago.
        _wait_until_whole(inside, group, emit)
    status = group_status(inside, group)
    if status.trouble:
        raise Unhealthy(
            f"{group.title} is not whole: {status.trouble}.",
            code="mq.unwell",
            hint=f"`steppe mq status {inside.cluster.file} {group.name}` shows its members; wait until it is "
            "whole, or mend it with `steppe up`, then restart.",
        )
    return status


def _noted(text: str | None) -> Mapping[str, str]:
    return json.loads(text) if text else {}


def _processes(inside: Inside, group: Group) -> Mapping[str, str]:
    """By host, what tells the member's process from one before or after it."""
    return {str(each["NodeName"]): _process(each) for each in running_members(inside, group.job)}


def _process(allocation: Mapping[str, Any]) -> str:
    (state,) = allocation["TaskStates"].values()
    return f"{allocation['ID']} {state['StartedAt']} {state['Restarts']}"


def _restart(inside: Inside, group: Group, host: str, process: str, emit: Emit) -> None:
    allocation = process.partition(" ")[0]
    try:
        # A restart outlasts the time for an answer, and must not be asked for twice: POST isn't repeated.
        inside.way.nomad.request("POST", f"/v1/client/allocation/{allocation}/restart", {"AllTasks": True})
    except ControlError as error:
        if error.status is not None:
            raise
    began = f"{group.name} on {host} runs as a new process"
    wait([Condition(began, partial(_restarted, inside, group, host, process))], _MEMBER_DEADLINE_S, emit)
    _wait_until_whole(inside, group, emit)


def _wait_until_whole(inside: Inside, group: Group, emit: Emit) -> None:
    wait([Condition(f"{group.title} is whole", partial(_is_whole, inside, group))], _MEMBER_DEADLINE_S, emit)


def _restarted(inside: Inside, group: Group, host: str, process: str) -> None:
    now = _processes(inside, group).get(host)
    if now is None or now == process:
        raise NotMet("the old process has not ended" if now else "no process runs")


def _is_whole(inside: Inside, group: Group) -> None:
    status = group_status(inside, group)
    # A replica whose connection the master doesn't see has not come back, whatever was known of it before.
    away = [each.host for each in status.members if each.role == "down" or _is_cut_off(each)]
    if status.trouble or away:
        raise NotMet(status.trouble or f"not back yet: {', '.join(away)}")


def _is_cut_off(member: Member) -> bool:
    return member.role == "replica" and member.lag_bytes is None
