"""The way into a cluster. Apart from `cluster`, so that commands that only ask the cloud start quickly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from steppe.control.access import Access, open_access
from steppe.engine.events import Emit
from steppe.operations.cluster import Addresses, Cluster


@contextmanager
def access(cluster: Cluster, where: Addresses, emit: Emit, *, deadline_s: float = 120.0) -> Iterator[Access]:
    """The way to the cluster's private addresses while the block runs.

    Raises Unhealthy when the bastion does not answer within `deadline_s` seconds.
    """
    with open_access(cluster.topology, cluster.secrets, where.bastion, emit, deadline_s=deadline_s) as way:
        yield way
