"""Looks at the region and says what `up` would change. Nothing is changed or kept.

1. Read the file; secrets that the workspace lacks are made up for the moment.
2. Look at everything in the region that carries the Cluster ID.
3. Compare.
"""

from __future__ import annotations

from pathlib import Path

from steppe.cloud import KINDS
from steppe.engine import Plan
from steppe.engine import plan as compare
from steppe.operations.cluster import known


def plan(file: Path) -> Plan:
    """Raises UsageError for a wrong file, Claimed when the Cluster ID is another workspace's."""
    cluster = known(file)
    return compare(cluster.desired, cluster.observe(), KINDS, roll=False)
