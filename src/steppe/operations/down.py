"""Removes a cluster, and proves that nothing is left.

1. Read the file only for region and Cluster ID: everything that carries the ID goes, wanted or not.
2. Lock the cluster. Refuse one that another workspace claims, and others' resources that only share its Tag.
3. Make the plan; go on only if it is approved; apply it, each thing after what stands on it.
4. Take a census, also when a step failed: what still carries the Cluster ID is listed, with what held it,
   and that is a failure.
5. Only then forget the cluster's secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from steppe.cloud import KINDS, refuse_strangers, require_claim
from steppe.control import secrets
from steppe.engine import Desired, Failure, Patience, Plan, apply, census, plan_down
from steppe.engine.events import Emit
from steppe.errors import LeftBehind
from steppe.hints import typed
from steppe.operations import access, ssh
from steppe.operations.cluster import changing
from steppe.operations.rotation import CERTIFICATES, GOSSIP
from steppe.operations.stages import recorded, stage


def down(
    file: Path, emit: Emit, approve: Callable[[Plan], None], *, patience: Patience | None = None
) -> tuple[str, ...]:
    """Does all of the above and tells which steps were done: none if there was no cluster.

    `patience` says how long to wait for what the cloud can't delete yet; left out, twenty minutes for each.
    Raises LeftBehind when something still carries the Cluster ID.
    """
    with (
        changing(file, "down", removing=True) as (cluster, lock),
        recorded(emit, cluster.folder, "down") as record,
    ):
        emit = record.emit
        observed = cluster.observe()
        require_claim(observed, cluster.secrets.owner)
        refuse_strangers(observed)
        made = plan_down(observed, KINDS)
        done: tuple[str, ...] = ()
        failures: tuple[Failure, ...] = ()
        if made.steps:
            approve(made)
            lock.confirm()
            record.plan(made)
            with stage("cloud", emit):
                nothing = Desired(scope=cluster.scope, wants=())
                result = apply(
                    made, nothing, observed, cluster.api, KINDS, emit, patience=patience, stop=lock.lost
                )
                lock.require()
                done, failures = result.done, result.failures
                if not failures:
                    result.raise_if_incomplete()
        left = census(cluster.api, cluster.scope, KINDS)
        if left:
            causes = "".join(f"\n{failure.error.message}" for failure in failures)
            raise LeftBehind(
                f"{len(left)} resource(s) still carry the Cluster ID {cluster.topology.cluster}:\n  "
                + "\n  ".join(map(str, left))
                + causes,
                code="down.left",
                hint=f"run `{typed('steppe', 'down', file)}` again; it goes on with what is left",
            )
        if failures:
            raise failures[0].error
        access.forget(cluster.folder)
        for name in (*ssh.FILES, CERTIFICATES, GOSSIP, secrets.FILE):
            cluster.folder.remove(name)
        return done
