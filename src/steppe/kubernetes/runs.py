"""A Job and a CronJob that run steppe inside the network, and the ConfigMap with the cluster's file.

1. The Secret, which is only named here, holds the API's keys and the cluster's workspace as
   `steppe workspace export` sealed it, with the passphrase.
2. A Secret's volume is read-only and of files that others may read, which a workspace may not be. So an init
   container opens the sealed workspace into a folder in memory: 0600, gone with the pod.
3. steppe itself gets the API's keys and that folder, and neither the sealed file nor the passphrase.

Only commands that change neither cluster nor workspace are run: what a pod would add to its workspace, such
as the secrets of a new host, would be lost with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from steppe.kubernetes.manifest import TOOL, Manifest, labels, manifest
from steppe.topology.model import Topology


class Task(StrEnum):
    STATUS = "status"
    VERIFY = "verify"
    PLAN = "plan"


SEALED, PASSPHRASE, API_CA = "workspace.sealed", "passphrase", "api-ca.pem"
"""Keys of the Secret that are read as files."""
_REQUIRED = ("UCLOUD_PUBLIC_KEY", "UCLOUD_PRIVATE_KEY")
_OPTIONAL = ("UCLOUD_PROJECT_ID", "UCLOUD_API_BASE_URL")

USER = 10001
"""The image's user and group."""
_WORKSPACE, _SECRET, _CLUSTER, _TMP = "/var/lib/steppe", "/run/steppe", "/etc/steppe", "/tmp"
_FILE = "cluster.yaml"
_ARGUMENTS = {
    Task.STATUS: ("status", f"{_CLUSTER}/{_FILE}"),
    Task.VERIFY: ("verify", f"{_CLUSTER}/{_FILE}"),
    # Differences make the Job fail, which is what a monitor looks at.
    Task.PLAN: ("plan", f"{_CLUSTER}/{_FILE}", "--exit-code", "--no-price"),
}
_DEADLINE_S = 900
_KEPT_S = 86_400
_START_DEADLINE_S = 300
_RESOURCES = {
    "requests": {"cpu": "100m", "memory": "256Mi"},
    # Opening the sealed workspace takes 128 MiB by itself.
    "limits": {"cpu": "1", "memory": "512Mi"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    image: str
    """Of the Containerfile, with its registry and a tag or digest."""
    secret: str | None = None
    """Name of the Secret; `<cluster id>-steppe` if left out."""
    job: Task
    """Run once."""
    cron: Task
    """Run again and again."""
    schedule: str
    """Of cron."""
    has_api_ca: bool = False
    """Whether the Secret's `api-ca.pem` is the authority of the API, as private regions have one."""


def runs(topology: Topology, cluster_file: str, runner: Runner, namespace: str) -> Iterator[Manifest]:
    """The three; `cluster_file` is the text of the cluster's file, in which there is no secret."""
    name = f"{topology.cluster}-{TOOL}"
    runner = replace(runner, secret=runner.secret or name)
    shared = labels(topology.cluster, TOOL, "configuration")
    yield manifest("ConfigMap", "v1", name, namespace, shared, data={_FILE: cluster_file})
    once = labels(topology.cluster, TOOL, str(runner.job))
    yield manifest(
        "Job",
        "batch/v1",
        f"{name}-{runner.job}",
        namespace,
        once,
        spec={**_job(name, runner, runner.job, once), "ttlSecondsAfterFinished": _KEPT_S},
    )
    again = labels(topology.cluster, TOOL, str(runner.cron))
    yield manifest(
        "CronJob",
        "batch/v1",
        f"{name}-{runner.cron}",
        namespace,
        again,
        spec={
            "schedule": runner.schedule,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _START_DEADLINE_S,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"metadata": {"labels": again}, "spec": _job(name, runner, runner.cron, again)},
        },
    )


def _job(config_map: str, runner: Runner, task: Task, own: dict[str, str]) -> dict[str, Any]:
    """Each run says what it saw: one that found something wrong isn't repeated until it looks well."""
    return {
        "backoffLimit": 0,
        "activeDeadlineSeconds": _DEADLINE_S,
        "template": {"metadata": {"labels": own}, "spec": _pod(config_map, runner, task)},
    }


def _pod(config_map: str, runner: Runner, task: Task) -> dict[str, Any]:
    """Fit for the Pod Security Standard `restricted`:
    https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """
    volumes = [
        {"name": "workspace", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
        {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
        {"name": "cluster", "configMap": {"name": config_map}},
        _files("sealed", runner, SEALED, PASSPHRASE),
    ]
    if runner.has_api_ca:
        volumes.append(_files("authority", runner, API_CA))
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [_opening(runner)],
        "containers": [_running(runner, task)],
        "volumes": volumes,
    }


def _opening(runner: Runner) -> dict[str, Any]:
    sealed = f"{_SECRET}/{SEALED}", f"{_SECRET}/{PASSPHRASE}"
    arguments = ["workspace", "import", sealed[0], "--passphrase-file", sealed[1]]
    return _container("workspace", runner, arguments, [], [_mounted("sealed", _SECRET)])


def _running(runner: Runner, task: Task) -> dict[str, Any]:
    keys = [_key(runner, name) for name in _REQUIRED]
    keys += [_key(runner, name, optional=True) for name in _OPTIONAL]
    mounts = [_mounted("cluster", _CLUSTER)]
    if runner.has_api_ca:
        keys.append({"name": "UCLOUD_CA_FILE", "value": f"{_SECRET}/{API_CA}"})
        mounts.append(_mounted("authority", _SECRET))
    return _container(TOOL, runner, list(_ARGUMENTS[task]), keys, mounts)


def _container(
    name: str,
    runner: Runner,
    arguments: list[str],
    keys: list[dict[str, Any]],
    mounts: list[dict[str, Any]],
) -> dict[str, Any]:
    writable = [{"name": "workspace", "mountPath": _WORKSPACE}, {"name": "tmp", "mountPath": _TMP}]
    return {
        "name": name,
        "image": runner.image,
        "args": arguments,
        "env": [
            {"name": "STEPPE_WORKSPACE", "value": _WORKSPACE},
            {"name": "HOME", "value": _TMP},
            *keys,
        ],
        "resources": _RESOURCES,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [*writable, *mounts],
    }


def _key(runner: Runner, name: str, *, optional: bool = False) -> dict[str, Any]:
    wanted = {"name": runner.secret, "key": name, **({"optional": True} if optional else {})}
    return {"name": name, "valueFrom": {"secretKeyRef": wanted}}


def _files(volume: str, runner: Runner, *keys: str) -> dict[str, Any]:
    items = [{"key": key, "path": key} for key in keys]
    return {
        "name": volume,
        "secret": {"secretName": runner.secret, "defaultMode": 0o440, "items": items},
    }


def _mounted(volume: str, path: str) -> dict[str, Any]:
    return {"name": volume, "mountPath": path, "readOnly": True}
