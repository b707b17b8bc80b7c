"""RocketMQ's jobs as files, with the variables and the commands that run them by hand. Nothing is changed.

1. Ask the region for the balancers' addresses, which the jobs name.
2. Ask Nomad which ports groups have, and which others share the hosts; where it can't be asked, the jobs are
   those of a new cluster.
"""

from __future__ import annotations

from pathlib import Path

from steppe.errors import SteppeError, UsageError
from steppe.operations.cluster import Addresses, Cluster, addresses, known
from steppe.operations.jobs import wanted_jobs
from steppe.operations.way import access
from steppe.rocketmq.jobs import JobFile, broker_job, jobs, nameserver_job

_ACCESS_DEADLINE_S = 10.0


def render(file: Path, *, name: str | None = None) -> tuple[JobFile, ...]:
    """The jobs of all groups of the file, or of the one that is named.

    Raises UsageError when the file names no such group, or the balancers aren't there yet.
    """
    cluster = known(file)
    where = addresses(cluster, cluster.observe())
    missing = sorted({each.name for each in cluster.topology.balancers} - where.balancers.keys())
    if missing:
        raise UsageError(
            f"The jobs name the balancer's address, and there is no {', '.join(missing)} yet.",
            code="mq.not-up",
            hint=f"`steppe up {file}` builds the cluster, and runs the jobs too.",
        )
    wanted = _jobs(cluster, where)
    if name is None:
        return wanted
    chosen = tuple(job for job in wanted if job.id in (nameserver_job(name), broker_job(name), name))
    if not chosen:
        raise UsageError(
            f"{file}: rocketmq: it names no group {name}.",
            code="mq.no-group",
            hint="name one of: " + ", ".join(job.id for job in wanted),
        )
    return chosen


def _jobs(cluster: Cluster, where: Addresses) -> tuple[JobFile, ...]:
    try:
        with access(cluster, where, lambda event: None, deadline_s=_ACCESS_DEADLINE_S) as way:
            return wanted_jobs(cluster, where, way)
    except SteppeError:
        return jobs(cluster.topology, where.balancers)
