"""A cluster in a region of its own, reached by the commands as a user's environment says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from steppe import spec, topology
from steppe.control import secrets as kept
from steppe.control.secrets import Secrets
from steppe.topology import Topology
from steppe.workspace import workspace
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing
from ubox.testing import Served

REGION = "cn-test"
ORDERS = f"""\
cluster: orders
region: {REGION}
zones: [{REGION}-01, {REGION}-02, {REGION}-03]
access: {{from: [203.0.113.7/32]}}
"""
REGIONS = {
    REGION: tuple(f"{REGION}-0{number}" for number in (1, 2, 3)),
    "cn-two": ("cn-two-01",),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(ORDERS)
    return path


@pytest.fixture(scope="session")
def orders() -> Topology:
    return topology.build(spec.parse(ORDERS, "orders.yaml"))


@pytest.fixture(scope="module")
def region(orders: Topology) -> Iterator[ClusterInBox]:
    """The region with the cluster up; its secrets are in no workspace."""
    with cluster_in_box(orders, regions=REGIONS) as cluster:
        raises_nothing(cluster.up())
        yield cluster


@pytest.fixture
def outside(region: ClusterInBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterInBox:
    """The same, with the environment of a user whose workspace is empty."""
    environment(region.served, tmp_path, monkeypatch)
    return region


def environment(served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a user of this region, with a workspace in that folder."""
    told = {
        "STEPPE_WORKSPACE": str(folder / "workspace"),
        "UCLOUD_PUBLIC_KEY": served.public_key,
        "UCLOUD_PRIVATE_KEY": served.private_key,
        "UCLOUD_PROJECT_ID": served.project_id,
        "UCLOUD_API_BASE_URL": served.endpoint,
        "UBOX_DIR": str(folder / "no-box"),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)


def keep(secrets: Secrets) -> None:
    """Puts them into the workspace of the environment."""
    kept.save(workspace().cluster(REGION, "orders"), secrets)
