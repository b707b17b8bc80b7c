from __future__ import annotations

import pytest

from steppe import spec, topology
from steppe.topology import Topology


@pytest.fixture(scope="session")
def small() -> Topology:
    return topology.build(spec.parse("cluster: orders\nregion: box\n", "cluster.yaml"))
