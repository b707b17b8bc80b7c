"""The named conditions of a whole cluster; `up`, `status` and `verify` share this list."""

from __future__ import annotations

from steppe.control.access import Access
from steppe.control.conditions import Condition
from steppe.control.health import cluster_conditions
from steppe.operations.cluster import Addresses, Cluster
from steppe.rocketmq import conditions as rocketmq
from steppe.rocketmq.member_users import users_known
from steppe.rocketmq.users import check_user


def conditions(
    cluster: Cluster, where: Addresses, way: Access, *, mend: bool = False
) -> tuple[Condition, ...]:
    """In the order in which they come true. `mend`: those that can help themselves do."""
    return (
        *cluster_conditions(cluster.topology, way, cluster.secrets, where.balancers),
        *rocketmq.conditions(
            cluster.topology, where.balancers, nomad=way.nomad, consul=way.consul, access=way, mend=mend
        ),
        *users_known(cluster.topology, way, [check_user(cluster.secrets.users)]),
    )
