"""Looks at the region and says what `up` would change, and what that costs. Nothing is changed or kept.

1. Read the file; secrets that the workspace lacks are made up for the moment.
2. Look at everything in the region that carries the Cluster ID.
3. Compare; and ask Nomad, where it runs, what its jobs would change.
4. Ask the API what that which would be made costs; a price that it doesn't give stops nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steppe import topology
from steppe.cloud import KINDS
from steppe.cloud.price import Estimate, estimate
from steppe.engine import Plan
from steppe.engine import plan as compare
from steppe.operations.cluster import known, refuse_peers
from steppe.operations.jobs import with_jobs
from steppe.operations.peers import with_peers


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    plan: Plan
    price: Estimate | None
    """None when it wasn't asked for, or nothing would be made."""
    cautions: tuple[str, ...]
    """What the cluster can't promise, on fewer than three zones."""


def planned(file: Path, *, with_price: bool) -> Planned:
    """Raises UsageError for a wrong file, Claimed when the Cluster ID is another workspace's."""
    cluster = known(file)
    refuse_peers(cluster)
    wanted, observed = cluster.desired, cluster.observe()
    made = with_jobs(compare(wanted, observed, KINDS, roll=False), cluster, observed)
    made = with_peers(made, cluster, observed)
    asked = with_price and made.steps and not made.problems
    return Planned(
        plan=made,
        price=estimate(cluster.api, made, wanted, observed) if asked else None,
        cautions=topology.cautions(cluster.topology),
    )


def plan(file: Path) -> Plan:
    """Just the plan; raises as `planned`."""
    return planned(file, with_price=False).plan
