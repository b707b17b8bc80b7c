"""What RocketMQ's jobs would change in Nomad, as steps of a plan. Nothing is changed here.

1. While there is no Nomad to ask, each job is foreseen as new, or as unknown.
2. Else Nomad's own plan tells what is new or differs, and what that does to the members that run; the
   variables kept with the running version tell which fields.
3. A group's job that runs and isn't wanted is named, and left to `steppe mq remove`: it may hold messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from steppe.engine import Action, Change, Step
from steppe.rocketmq.groups import submission
from steppe.rocketmq.hcl import Value, parsed_variables
from steppe.rocketmq.interfaces import HttpApi
from steppe.rocketmq.jobs import JobFile, broker_job, is_broker_job, is_group_job, job_ids
from steppe.rocketmq.submit import Difference, compare
from steppe.topology.model import Topology

KIND = "job"
_PARALLEL = 4
"""Jobs compared at once."""


def foreseen(topology: Topology) -> tuple[Step, ...]:
    """For a cluster that is yet to be made."""
    port_of = {broker_job(group.name): group.port for group in topology.broker_groups}
    return tuple(_created(job, port_of.get(job)) for job in job_ids(topology))


def unknown(ids: Iterable[str]) -> tuple[Step, ...]:
    """For a cluster that is there, and whose Nomad can't be asked now."""
    return tuple(
        Step(
            action=Action.UPDATE,
            kind=KIND,
            name=job,
            reason="job.unknown",
            sentence="it is compared once Nomad answers",
            maybe="Nomad can't be asked now",
        )
        for job in ids
    )


def compared(nomad: HttpApi, wanted: Sequence[JobFile]) -> tuple[Step, ...]:
    """For those that Nomad would run otherwise than it does. Raises SteppeError when it doesn't answer."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        differences = list(pool.map(partial(compare, nomad), wanted))
    return tuple(_step(nomad, difference) for difference in differences if difference.is_change)


def unwanted(nomad: HttpApi, wanted: Iterable[str]) -> tuple[Step, ...]:
    """For the groups that run, and whose jobs aren't wanted. Raises SteppeError when Nomad doesn't answer."""
    known = set(wanted)
    running = [job["ID"] for job in nomad.request("GET", "/v1/jobs") if job["Status"] != "dead"]
    return tuple(
        Step(
            action=Action.DELETE,
            kind=KIND,
            name=job,
            reason="job.unwanted",
            sentence="the file doesn't name its group, and it may hold messages; `steppe mq remove` ends it",
        )
        for job in sorted(running)
        if is_group_job(job) and job not in known
    )


def _step(nomad: HttpApi, difference: Difference) -> Step:
    if difference.kind == "Added":
        job = difference.job
        return _created(job.id, job.variables["port"] if is_broker_job(job.id) else None)
    return Step(
        action=Action.UPDATE,
        kind=KIND,
        name=difference.job.id,
        reason="job.differs",
        sentence=_effect(difference),
        changes=tuple(_changes(nomad, difference.job)),
    )


def _created(job: str, port: Value | None) -> Step:
    return Step(
        action=Action.CREATE,
        kind=KIND,
        name=job,
        reason="absent",
        sentence="Nomad doesn't have it",
        changes=() if port is None else (Change(field="port", old=None, new=str(port)),),
    )


def _effect(difference: Difference) -> str:
    if difference.restarts:
        return "its members are restarted, one after the other"
    return "its members go on running" if difference.keeps else "it runs where it is missing"


def _changes(nomad: HttpApi, job: JobFile) -> Iterator[Change]:
    """Field by field what differs from the file and the variables that the running version was made from."""
    source, old = submission(nomad, job.id)
    new = parsed_variables(job.variables_text)
    if source != job.source:
        yield Change(field="file", old=None, new=job.file, why="the running job was made from another text")
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield Change(field=name, old=old.get(name), new=new.get(name), why="a variable of the job")
    if source == job.source and old == new:
        yield Change(field="job", old="changed by hand", new=job.file, why="it is not as its file says")
