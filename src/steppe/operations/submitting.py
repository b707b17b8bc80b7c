"""Gives Nomad RocketMQ's users and jobs: those that are new or different. `up` and `mq apply` share it."""

from __future__ import annotations

from steppe.control.access import Access
from steppe.control.conditions import Condition, wait
from steppe.engine.events import Emit
from steppe.operations.cluster import Addresses, Cluster
from steppe.operations.jobs import wanted_jobs
from steppe.operations.mq.users import give_users
from steppe.rocketmq.submit import submit

_DEADLINE_S = 60.0


def give_jobs(
    cluster: Cluster, where: Addresses, way: Access, emit: Emit
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What it wrote of users, and the ids of the jobs that it registered.

    A change of Nomad's leader meanwhile is waited out, and a new Nomad that has no keys yet to encrypt with.
    Raises Unhealthy when a minute isn't enough.
    """
    users: list[str] = []
    registered: list[str] = []

    def give() -> None:
        users.extend(give_users(cluster, way))
        for job in wanted_jobs(cluster, where, way):
            if submit(way.nomad, job):
                registered.append(job.id)

    wait([Condition("Nomad has RocketMQ's users and jobs", give)], _DEADLINE_S, emit)
    return tuple(users), tuple(registered)
