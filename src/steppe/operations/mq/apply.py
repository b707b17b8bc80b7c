"""The part of `up` that is RocketMQ's jobs, for a cluster that is up.

1. Lock the cluster. Ask Nomad what each job would change; show it, and go on only if it is approved.
2. Give Nomad the jobs that are new or different.
3. Wait until every condition of RocketMQ is met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from steppe.control.conditions import wait
from steppe.engine import Plan, Step
from steppe.engine.events import Emit
from steppe.errors import UsageError
from steppe.operations.jobs import wanted_jobs
from steppe.operations.mq.inside import Inside, changing_groups
from steppe.operations.stages import stage
from steppe.operations.submitting import give_jobs
from steppe.rocketmq.changes import compared, unwanted
from steppe.rocketmq.conditions import conditions
from steppe.rocketmq.jobs import job_ids

_HEALTH_DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    jobs: tuple[str, ...]
    """That were registered."""
    held: tuple[Step, ...]
    """Groups that run though the file doesn't name them."""


def apply(file: Path, emit: Emit, approve: Callable[[Plan], None]) -> Applied:
    """Does all of the above. `approve` is shown what would change and raises to stop.

    Raises UsageError when the cluster isn't up, Unhealthy when a condition isn't met in time.
    """
    with changing_groups(file, "mq apply", emit) as (inside, lock, emit):
        refuse_not_up(inside)
        nomad, topology = inside.way.nomad, inside.cluster.topology
        wanted = wanted_jobs(inside.cluster, inside.where, inside.way)
        held = unwanted(nomad, job_ids(topology))
        changes = compared(nomad, wanted)
        if changes:
            approve(_plan(inside, changes, held))
        lock.claim()
        _, registered = give_jobs(inside.cluster, inside.where, inside.way, emit)
        lock.require()
        with stage("health", emit):
            looked_at = conditions(
                topology,
                inside.where.balancers,
                nomad=nomad,
                consul=inside.way.consul,
                access=inside.way,
                mend=True,
            )
            wait(looked_at, _HEALTH_DEADLINE_S, emit)
        return Applied(jobs=registered, held=held)


def refuse_not_up(inside: Inside) -> None:
    """Raises UsageError while a balancer isn't there: jobs name its address."""
    balancers = {balancer.name for balancer in inside.cluster.topology.balancers}
    missing = sorted(balancers - inside.where.balancers.keys())
    if missing:
        raise UsageError(
            f"The cluster {inside.cluster.topology.cluster} isn't up: there is no {', '.join(missing)}.",
            code="mq.not-up",
            hint=f"`steppe up {inside.cluster.file}` builds or mends it, and runs the jobs too.",
        )


def _plan(inside: Inside, changes: tuple[Step, ...], held: tuple[Step, ...]) -> Plan:
    topology = inside.cluster.topology
    return Plan(cluster=topology.cluster, region=topology.region, facts="", steps=(), jobs=changes, held=held)
