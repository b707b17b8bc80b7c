"""The kubernetes room: a cluster as manifests, for pods of a network that is peered with it. Pure.

balancers(topology, addresses, namespace)     a Service and an EndpointSlice for each balancer
runs(topology, cluster_file, runner, namespace)     a ConfigMap, a Job and a CronJob that run steppe
text(manifests)     all of them as YAML
"""

from __future__ import annotations

from steppe.kubernetes.checks import checked_image, checked_name, checked_namespace
from steppe.kubernetes.manifest import Manifest, text
from steppe.kubernetes.runs import Runner, Task, runs
from steppe.kubernetes.schedule import checked_schedule
from steppe.kubernetes.services import balancers

__all__ = [
    "Manifest",
    "Runner",
    "Task",
    "balancers",
    "checked_image",
    "checked_name",
    "checked_namespace",
    "checked_schedule",
    "runs",
    "text",
]
