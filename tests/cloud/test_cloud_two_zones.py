"""A cluster in a region that has only two zones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from steppe import spec, topology
from steppe.cloud import Api
from steppe.topology import Role
from tests.cloud.cluster_in_box import ClusterInBox, credentials, raises_nothing, secrets_of
from ubox.settings import SPEEDS
from ubox.testing import serve

_SPEC = """
cluster: orders
region: box-two
allow_fewer_zones: true
zones: [box-two-01, {second}]
access: {{from: [203.0.113.0/24]}}
rocketmq: {{nameservers: {{main: }}}}
"""


def test_it_comes_up_stays_and_goes() -> None:
    built = topology.build(spec.parse(_SPEC.format(second="box-two-02"), "cluster.yaml"))
    with serve(timings=SPEEDS["fast"]) as served:
        api = Api(replace(credentials(served), region="box-two"))
        cluster = ClusterInBox(topology=built, served=served, api=api, secrets=secrets_of(built))
        raises_nothing(cluster.up())
        assert cluster.plan().is_empty
        hosts = cluster.observe().of("host")
        consul = [host for host in hosts if host.name.startswith("orders-consul-")]
        assert Counter(host.zone for host in consul) == {"box-two-01": 2, "box-two-02": 1}
        assert {str(host.address) for host in built.by_role(Role.CONSUL)} == {host.address for host in consul}
        raises_nothing(cluster.down())
        assert cluster.census() == ()
        api.close()


def test_a_zone_that_the_region_has_not_is_refused_before_anything_is_made() -> None:
    built = topology.build(spec.parse(_SPEC.format(second="box-two-03"), "cluster.yaml"))
    with serve() as served:
        api = Api(replace(credentials(served), region="box-two"))
        cluster = ClusterInBox(topology=built, served=served, api=api, secrets=secrets_of(built))
        problems = cluster.plan().problems
        assert {problem.reason for problem in problems} == {"host.zone"}
        assert "there are box-two-01, box-two-02" in problems[0].sentence
        api.close()
