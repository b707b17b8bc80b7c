"""RocketMQ's jobs as part of a plan: what Nomad would be given when the cloud is as planned."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from steppe.engine import Observed, Plan, Step
from steppe.errors import SteppeError
from steppe.operations.cluster import Addresses, Cluster, addresses
from steppe.rocketmq.changes import compared, foreseen, unknown, unwanted
from steppe.rocketmq.groups import broker_ports, with_ports
from steppe.rocketmq.jobs import JobFile, is_broker_job, job_ids, jobs
from steppe.topology import ports
from steppe.topology.model import Role

if TYPE_CHECKING:
    from steppe.control.access import Access

_ACCESS_DEADLINE_S = 10.0
_CONNECT_TIMEOUT_S = 2.0
_RUNNING = "Running"


def with_jobs(plan: Plan, cluster: Cluster, observed: Observed) -> Plan:
    """The plan with the jobs in it, compared where Nomad can be asked."""
    ids = job_ids(cluster.topology)
    if plan.problems:
        return plan
    if not _servers(cluster, observed):
        return replace(plan, jobs=foreseen(cluster.topology))
    where = addresses(cluster, observed)
    if not _can_ask(cluster, observed, where):
        return replace(plan, jobs=unknown(ids))
    try:
        changes, others = _asked(cluster, where)
    except SteppeError:
        # A plan is for a cluster that isn't well, too; `status` tells why Nomad doesn't answer.
        return replace(plan, jobs=unknown(ids))
    return replace(plan, jobs=changes, held=(*plan.held, *others))


def wanted_jobs(cluster: Cluster, where: Addresses, way: Access) -> tuple[JobFile, ...]:
    """The topology's jobs beside those that run: with the ports that groups have, and room for groups that
    the file doesn't name."""
    return _wanted(cluster, where, way, unwanted(way.nomad, job_ids(cluster.topology)))


def _wanted(cluster: Cluster, where: Addresses, way: Access, others: Sequence[Step]) -> tuple[JobFile, ...]:
    return jobs(
        with_ports(cluster.topology, broker_ports(way.nomad)),
        where.balancers,
        further_groups=sum(is_broker_job(step.name) for step in others),
    )


def _asked(cluster: Cluster, where: Addresses) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    from steppe.operations.way import access

    with access(cluster, where, lambda event: None, deadline_s=_ACCESS_DEADLINE_S) as way:
        others = unwanted(way.nomad, job_ids(cluster.topology))
        return compared(way.nomad, _wanted(cluster, where, way, others)), others


def _servers(cluster: Cluster, observed: Observed) -> list[str]:
    """The states of the Nomad servers that are there."""
    names = {host.name for host in cluster.topology.by_role(Role.NOMAD)}
    return [fact.state for fact in observed.of("host") if fact.name in names]


def _can_ask(cluster: Cluster, observed: Observed, where: Addresses) -> bool:
    """Whether the cloud has what the way to a Nomad server needs, and the addresses that jobs name."""
    bastions = {host.name for host in cluster.topology.by_role(Role.BASTION)}
    states = {fact.name: fact.state for fact in observed.of("host")}
    balancers = {balancer.name for balancer in cluster.topology.balancers}
    return (
        _RUNNING in _servers(cluster, observed)
        and all(states.get(name) == _RUNNING for name in bastions)
        and (not bastions or (where.bastion is not None and _listens(where.bastion)))
        and balancers <= where.balancers.keys()
    )


def _listens(bastion: str) -> bool:
    """Whether anything is there at all: a plan doesn't wait for a bastion that boots, or is cut off."""
    try:
        socket.create_connection((bastion, ports.SSH), _CONNECT_TIMEOUT_S).close()
    except OSError:
        return False
    return True
