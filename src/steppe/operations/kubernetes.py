"""Writes a cluster down for pods of a peered network: how they find it, and how steppe runs among them.

1. Read the file. A Job needs `access: direct`: a pod of the network goes in by no bastion.
2. Ask the cloud for the balancers' addresses, which it chose; each must be there.
3. Manifests: Service and EndpointSlice for each balancer; with a runner a ConfigMap, a Job and a CronJob too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from steppe import kubernetes
from steppe.errors import SteppeError, UsageError
from steppe.hints import typed
from steppe.kubernetes import Runner
from steppe.operations.cluster import Cluster, addresses, known
from steppe.topology.model import Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    topology: Topology
    text: str
    """YAML, a document for each object."""
    objects: int


def export(file: Path, namespace: str, runner: Runner | None) -> Exported:
    """The manifests. Without a runner, only those of the balancers.

    Raises UsageError for a wrong file or a runner that has no way in, SteppeError when the cloud is silent or
    a balancer isn't there yet.
    """
    cluster = known(file)
    if runner is not None:
        _refuse_bastion(cluster)
    where = addresses(cluster, cluster.observe()).balancers
    absent = [balancer.name for balancer in cluster.topology.balancers if not where.get(balancer.name)]
    if absent:
        raise SteppeError(
            f"The region {cluster.topology.region} has no balancer {', '.join(absent)} yet, and the cloud "
            "chooses a balancer's address when it makes it.",
            code="kubernetes.balancer",
            hint=f"`{typed('steppe', 'up', file)}` makes what is missing; then export again",
        )
    made = list(kubernetes.balancers(cluster.topology, where, namespace))
    if runner is not None:
        cluster_file = file.read_text(encoding="utf-8")
        made += kubernetes.runs(cluster.topology, cluster_file, runner, namespace)
    return Exported(topology=cluster.topology, text=kubernetes.text(made), objects=len(made))


def _refuse_bastion(cluster: Cluster) -> None:
    if cluster.topology.access == "bastion":
        raise UsageError(
            f"{cluster.file}: access.mode is bastion, and a pod of a peered network goes in directly: hosts "
            "would not let it reach what steppe looks at.",
            code="kubernetes.access",
            hint="set `access: {mode: direct, from: [the pods' network]}`; without --image, Services and "
            "EndpointSlices are written for either",
        )
