"""Builds or mends a cluster until it carries messages.

1. Read the file; make every secret that is missing. Lock the cluster.
2. Look at the region and make the plan, RocketMQ's jobs included; refuse it if another one was asked for;
   show it, and go on only if it is approved.
3. Keep the secrets, before anything of them exists, and claim the Cluster ID. Apply the plan: every step as
   soon as what it needs is there.
4. Go in by the one access path. Give Consul and Nomad their ACLs and identities, as soon as each answers.
5. Give the ranges of peers to the firewalls of hosts that don't know them yet.
6. Give Nomad RocketMQ's users, and RocketMQ's jobs, those that are new or different.
7. Wait until every named condition of the cluster and of RocketMQ is met.

Each part compares before it changes, so a run that was stopped anywhere is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from steppe.cloud import KINDS, Lock
from steppe.control.bootstrap import bootstrap
from steppe.control.conditions import wait
from steppe.engine import Observed, Plan, Step, apply, plan, refuse_moved, refuse_problems
from steppe.engine.events import Emit
from steppe.operations.cluster import Addresses, Cluster, addresses, changing, claim, refuse_peers
from steppe.operations.health import conditions
from steppe.operations.jobs import with_jobs
from steppe.operations.peers import tell_peers, with_peers
from steppe.operations.stages import recorded, stage
from steppe.operations.submitting import give_jobs
from steppe.operations.way import access

_HEALTH_DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `up` changed: nothing, when everything was as the file asks."""

    steps: tuple[str, ...]
    """Of the plan, that were done, and hosts that were told of peers."""
    identities: tuple[str, ...]
    """What was written to Consul and Nomad."""
    jobs: tuple[str, ...]
    """That were registered."""
    addresses: Addresses
    held: tuple[Step, ...]
    """What differs from the file and was left as it is."""

    @property
    def changed(self) -> bool:
        return bool(self.steps or self.identities or self.jobs)


def up(file: Path, emit: Emit, approve: Callable[[Plan], None], *, saved: Plan | None = None) -> Outcome:
    """Does all of the above. `approve` is shown the plan and raises to stop.

    `saved`: the only plan that may be applied. It is refused when the region or the file has changed since.
    Raises SteppeError with the next step; what was begun is kept, and the next run goes on.
    """
    with changing(file, "up") as (cluster, lock), recorded(emit, cluster.folder, "up") as record:
        emit = record.emit
        observed = cluster.observe()
        refuse_peers(cluster)
        made = with_jobs(plan(cluster.desired, observed, KINDS, roll=False), cluster, observed)
        made = with_peers(made, cluster, observed)
        if saved is not None:
            refuse_moved(saved, made)
        refuse_problems(made)
        if not made.is_empty:
            approve(made)
            record.plan(made)
        claim(cluster, lock)
        steps, observed = _cloud(cluster, lock, made, observed, emit)
        where = addresses(cluster, observed)
        with access(cluster, where, emit) as way:
            with stage("Consul and Nomad", emit):
                identities = bootstrap(cluster.topology, cluster.secrets, way, emit)
            told = tell_peers(cluster, observed, way, emit)
            lock.require()
            users, registered = give_jobs(cluster, where, way, emit)
            with stage("health", emit):
                wait(conditions(cluster, where, way, mend=True), _HEALTH_DEADLINE_S, emit)
        return Outcome(
            steps=(*steps, *told),
            identities=(*identities, *users),
            jobs=registered,
            addresses=where,
            held=made.held,
        )


def _cloud(
    cluster: Cluster, lock: Lock, made: Plan, observed: Observed, emit: Emit
) -> tuple[tuple[str, ...], Observed]:
    """Applies the plan. What was observed still holds when there was nothing to do."""
    if not made.steps:
        return (), observed
    with stage("cloud", emit):
        result = apply(made, cluster.desired, observed, cluster.api, KINDS, emit, stop=lock.lost)
        lock.require()
        result.raise_if_incomplete()
    return result.done, cluster.observe()
