"""Ends a group's job, and deletes what it left on its hosts, each host asked for its outcome.

Both may be repeated: what has ended already, or is deleted already, is left as it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from steppe.control.conditions import Condition, NotMet, wait
from steppe.engine.events import Emit
from steppe.errors import LeftBehind, Unhealthy
from steppe.rocketmq.interfaces import HttpApi
from steppe.rocketmq.jobs import DELETE_FILE, JobFile
from steppe.rocketmq.submit import submit
from steppe.topology.model import Role

_ENDED = ("complete", "failed", "lost")
_END_DEADLINE_S = 120.0
"""A broker has a minute to end (kill_timeout of its task)."""
_DELETE_DEADLINE_S = 120.0
_TASK = "delete"
_REMOVED, _ABSENT = "removed", "absent"


def end(nomad: HttpApi, job: str, emit: Emit) -> None:
    """Stops the job, waits until none of its members runs, and has Nomad forget it.

    Raises Unhealthy when a member doesn't end in time: its host doesn't answer, perhaps.
    """
    nomad.request("DELETE", f"/v1/job/{job}")
    stopped = Condition(f"every member of {job} has stopped", partial(_stopped, nomad, job))
    wait([stopped], _END_DEADLINE_S, emit)
    nomad.request("DELETE", f"/v1/job/{job}", params={"purge": "true"})


def folder_of(kind: Role, group: str) -> str:
    """The folder under /data/rocketmq that a group's members write to (the job files say so)."""
    return group if kind is Role.BROKER else f"controller-{group}"


def delete_job(kind: Role, group: str) -> JobFile:
    """The job that removes a group's folder on every host of its kind; each has an id of its own."""
    identity = f"rocketmq-delete-data-{group}-{uuid.uuid4().hex[:8]}"
    return JobFile(
        id=identity,
        file=DELETE_FILE,
        variables={
            "id": identity,
            "pool": str(kind),
            "class": kind.node_class,
            "folder": folder_of(kind, group),
        },
    )


def delete_data(
    nomad: HttpApi, kind: Role, group: str, hosts: Sequence[str], emit: Emit
) -> Mapping[str, bool]:
    """Removes a group's folder on these hosts, by name; tells where there was one.

    The group's job must have ended. Raises LeftBehind with the hosts whose data was not removed in time.
    """
    job = delete_job(kind, group)
    deleted = [
        Condition(f"the data of {group} is deleted on {host}", partial(_done, nomad, job.id, host))
        for host in hosts
    ]
    submit(nomad, job)
    try:
        wait(deleted, _DELETE_DEADLINE_S, emit)
        return {host: _outcome(nomad, job.id, host) == _REMOVED for host in hosts}
    except Unhealthy as error:
        raise LeftBehind(
            f"Data of {group} may be left in /data/rocketmq/{folder_of(kind, group)}. {error.message}",
            code="mq.data-left",
            hint="`steppe status` shows hosts that don't answer; then run the same command again.",
        ) from error
    finally:
        nomad.request("DELETE", f"/v1/job/{job.id}", params={"purge": "true"})


def _stopped(nomad: HttpApi, job: str) -> None:
    left = [each for each in _allocations(nomad, job) if each["ClientStatus"] not in _ENDED]
    if left:
        hosts = ", ".join(sorted(f"{each['NodeName']} ({each['ClientStatus']})" for each in left))
        raise NotMet(f"still on {hosts}")


def _done(nomad: HttpApi, job: str, host: str) -> None:
    outcome = _outcome(nomad, job, host)
    if outcome not in (_REMOVED, _ABSENT):
        raise NotMet(outcome)


def _outcome(nomad: HttpApi, job: str, host: str) -> str:
    """`removed` or `absent`, as the host said; else why there is no outcome yet."""
    found = [each for each in _allocations(nomad, job) if each["NodeName"] == host]
    if not found:
        return "Nomad has not begun there: the host may be down"
    newest = max(found, key=lambda each: int(each["CreateIndex"]))
    if newest["ClientStatus"] not in _ENDED:
        return f"it is {newest['ClientStatus']}"
    said = _log(nomad, newest["ID"], "stdout")
    if newest["ClientStatus"] == "complete" and said in (_REMOVED, _ABSENT):
        return said
    return f"it ended as {newest['ClientStatus']}: {_log(nomad, newest['ID'], 'stderr') or said or 'no word'}"


def _log(nomad: HttpApi, allocation: str, kind: str) -> str:
    parameters = {"task": _TASK, "type": kind, "plain": "true"}
    return str(nomad.request("GET", f"/v1/client/fs/logs/{allocation}", params=parameters)).strip()


def _allocations(nomad: HttpApi, job: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = nomad.request("GET", f"/v1/job/{job}/allocations") or ()
    return found
