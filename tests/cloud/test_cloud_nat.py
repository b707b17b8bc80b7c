"""Ways out of the networks: as many gateways as the spec asks for, each mended by itself."""

from __future__ import annotations

from steppe import spec, topology
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing, secrets_of

BOTH = "cluster: orders\nregion: box\nnetwork: {nat: [management, client]}\n"


def _gateways(cluster: ClusterInBox) -> dict[str, str]:
    return {gateway.name: gateway.id for gateway in cluster.observe().of("gateway")}


def test_a_gateway_that_was_removed_shows_alone_and_comes_back_alone() -> None:
    built = topology.build(spec.parse(BOTH, "cluster.yaml"))
    with cluster_in_box(built) as cluster:
        raises_nothing(cluster.up())
        before = _gateways(cluster)
        assert set(before) == {"orders-gateway-client", "orders-gateway-management"}
        cluster.api.call("DeleteNATGW", NATGWId=before["orders-gateway-management"])
        assert [step.id for step in cluster.plan().steps] == ["create gateway orders-gateway-management"]
        raises_nothing(cluster.up())
        assert _gateways(cluster)["orders-gateway-client"] == before["orders-gateway-client"]
        assert cluster.plan().is_empty

        fewer = topology.build(spec.parse("cluster: orders\nregion: box\n", "cluster.yaml"))
        cluster = cluster.with_(topology=fewer, secrets=secrets_of(built))
        assert {step.id for step in cluster.plan().steps} == {
            "delete gateway orders-gateway-management",
            "delete eip orders-eip-gateway-management",
        }
        raises_nothing(cluster.up())
        assert cluster.plan().is_empty
