"""A cluster in a region that is served in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from steppe import spec, topology
from steppe.topology import Topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box

SMALL = "cluster: orders\nregion: box\n"


@pytest.fixture(scope="session")
def small() -> Topology:
    return topology.build(spec.parse(SMALL, "cluster.yaml"))


@pytest.fixture
def empty(small: Topology) -> Iterator[ClusterInBox]:
    """A region where nothing of the cluster is there."""
    with cluster_in_box(small) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def running(small: Topology) -> Iterator[ClusterInBox]:
    """A cluster that is up; tests that change it mend it."""
    with cluster_in_box(small) as cluster:
        cluster.up()
        yield cluster
