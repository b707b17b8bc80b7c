"""Removes a cluster, and proves that nothing is left.

1. Read the file only for region and Cluster ID: everything that carries the ID goes, wanted or not.
2. Lock the cluster. Refuse one that another workspace claims, and others' resources that only share its Tag.
3. Make the plan; go on only if it is approved; apply it, each thing after what stands on it.
4. Take a census: what still carries the Cluster ID is listed, and that is a failure.
5. Only then forget the cluster's secrets.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from steppe.cloud import KINDS, refuse_strangers, require_claim
from steppe.control import secrets
from steppe.engine import Desired, Plan, apply, census, plan_down
from steppe.engine.events import Emit
from steppe.errors import LeftBehind
from steppe.operations.cluster import changing
from steppe.operations.stages import audited, stage


def down(file: Path, emit: Emit, approve: Callable[[Plan], None]) -> tuple[str, ...]:
    """Does all of the above and tells which steps were done: none if there was no cluster.

    Raises LeftBehind when something still carries the Cluster ID.
    """
    with changing(file, "down") as (cluster, lock):
        emit = audited(emit, cluster.folder, "down")
        observed = cluster.observe()
        require_claim(observed, cluster.secrets.owner)
        refuse_strangers(observed)
        made = plan_down(observed, KINDS)
        done: tuple[str, ...] = ()
        if made.steps:
            approve(made)
            lock.confirm()
            with stage("cloud", emit):
                nothing = Desired(scope=cluster.scope, wants=())
                result = apply(made, nothing, observed, cluster.api, KINDS, emit, stop=lock.lost)
                lock.require()
                result.raise_if_incomplete()
                done = result.done
        left = census(cluster.api, cluster.scope, KINDS)
        if left:
            raise LeftBehind(
                f"{len(left)} resource(s) still carry the Cluster ID {cluster.topology.cluster}:\n  "
                + "\n  ".join(f"{each.kind} {each.name} ({each.id})" for each in left),
                code="down.left",
                hint=f"run `steppe down {file}` again; it goes on with what is left",
            )
        cluster.folder.remove(secrets.FILE)
        return done
