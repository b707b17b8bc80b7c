"""A cluster as its file, its workspace and its region describe it: what every operation begins with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from steppe import spec, topology
from steppe.cloud import (
    KINDS,
    Api,
    Lock,
    connect,
    desired,
    locked,
    peer_networks,
    preset_network,
    require_owner,
    scope,
)
from steppe.control import secrets as kept
from steppe.control.secrets import Secrets
from steppe.engine import Desired, Observed, Scope, observe
from steppe.errors import Claimed, UsageError
from steppe.hints import typed
from steppe.operations import join
from steppe.topology.model import Role, Topology
from steppe.topology.preset import PresetNetwork
from steppe.workspace import ClusterFolder, workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    file: Path
    topology: Topology
    folder: ClusterFolder
    secrets: Secrets
    api: Api
    unseen_peer: UsageError | None = None
    """Why the ranges of a peer aren't known, where they aren't."""

    @property
    def desired(self) -> Desired:
        return desired(self.topology, self.secrets)

    def observe(self) -> Observed:
        """Everything in the region that carries the Cluster ID. Raises SteppeError if it can't be asked."""
        return observe(self.api, self.scope, KINDS)

    @property
    def scope(self) -> Scope:
        return scope(self.topology)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """What only the cloud can tell, since it chose them."""

    balancers: Mapping[str, str]
    """The private address of each balancer, by its name."""
    bastion: str | None
    """The bastion's public address; None where there is none."""


def known(file: Path) -> Cluster:
    """The cluster of that file as the workspace knows it; secrets it lacks are made up and not kept.

    For commands that only look. Raises UsageError for a wrong file or missing credentials.
    """
    cluster = _without_secrets(file)
    return _with_secrets(cluster, kept.complete(cluster.folder, cluster.topology))


def owned(file: Path) -> Cluster:
    """As `known`, but the workspace must hold the cluster's secrets, and own its claim where there is one.

    Raises Claimed when the cluster is another workspace's, UsageError when the workspace has none.
    """
    cluster = _without_secrets(file)
    stored = kept.load(cluster.folder)
    require_owner(cluster.api, cluster.scope, stored.owner if stored else None)
    if stored is None:
        raise UsageError(
            f"The workspace knows no cluster {cluster.topology.cluster} in {cluster.topology.region}: "
            f"{cluster.folder.path} holds no secrets, and nothing claims the Cluster ID there.",
            code="workspace.unknown",
            hint=f"build it with `{typed('steppe', 'up', file)}`",
        )
    return _with_secrets(cluster, kept.with_hosts(stored, cluster.topology))


@contextmanager
def changing(
    file: Path, command: str, *, written: spec.Spec | None = None, removing: bool = False
) -> Iterator[tuple[Cluster, Lock]]:
    """The cluster with all its secrets made, locked in the workspace and in the region.

    `written`: stands for what the file says. `removing`: networks of others aren't looked at, since they may
    be gone. What is new of the secrets is kept by `claim`, before anything is made of them. Raises Claimed
    when another command changes the cluster, or when it is another workspace's.
    """
    cluster = _without_secrets(file, written, addressed=not removing)
    with cluster.folder.lock(command) as place:
        stored = kept.load(cluster.folder) if removing else None
        whole = (
            replace(cluster, secrets=stored)
            if stored
            else _with_secrets(cluster, kept.complete(cluster.folder, cluster.topology), needed=not removing)
        )
        with locked(cluster.api, cluster.scope, whole.secrets.owner, command=command, place=place) as lock:
            yield whole, lock


def refuse_peers(cluster: Cluster) -> None:
    """Raises UsageError when a peer's ranges can't be known, or peers can't be connected. Nothing is changed.

    Not part of looking at a cluster: a customer who removed a VPC must not hide the rest from its people.
    """
    if cluster.unseen_peer:
        raise cluster.unseen_peer
    topology.refuse_overlaps(cluster.topology)


def claim(cluster: Cluster, lock: Lock) -> None:
    """Keeps the secrets on disk, then claims the Cluster ID with their owner id, or confirms the claim.

    Raises Claimed when another workspace has claimed it in the meantime; new secrets are then forgotten.
    """
    are_new = kept.keep(cluster.folder, cluster.secrets)
    try:
        lock.claim()
    except Claimed as refused:
        if are_new and refused.code.startswith("claim."):
            cluster.folder.remove(kept.FILE)
        raise


def _without_secrets(file: Path, written: spec.Spec | None = None, *, addressed: bool = True) -> Cluster:
    written = written or spec.load(file)
    folder = workspace().cluster(written.region, written.cluster)
    api = connect(written.region, os.environ, Path.home(), project=written.project)
    there = _preset(api, written, folder) if addressed else None
    shown, unseen = peer_networks(api, written) if addressed else ({}, None)
    built = topology.build(written, there, shown)
    key = join.join_key(written, built, file, api.credentials, os.environ) if addressed else None
    secrets = kept.with_join_key(_NONE, key)
    return Cluster(file=file, topology=built, folder=folder, secrets=secrets, api=api, unseen_peer=unseen)


def _preset(api: Api, written: spec.Spec, folder: ClusterFolder) -> PresetNetwork | None:
    """What the region shows of the VPC and subnet that the file names, if it names any."""
    vpc, subnet = written.network.legacy_vpc_id, written.network.legacy_subnet_id
    if vpc is None or subnet is None:
        return None
    stored = kept.load(folder)
    return preset_network(api, written.cluster, vpc, subnet, kept.addresses(stored) if stored else {})


def _with_secrets(cluster: Cluster, secrets: Secrets, *, needed: bool = True) -> Cluster:
    """The cluster with these and the join key that its file gives. Raises UsageError if it lacks one."""
    complete = kept.with_join_key(secrets, cluster.secrets.join_key)
    if needed:
        join.require(complete.join_key, cluster.topology.join)
    return replace(cluster, secrets=complete)


_NONE = Secrets(
    owner="",
    ca_certificate="",
    ca_key="",
    consul_gossip="",
    nomad_gossip="",
    consul_management=kept.Token(accessor="", secret=""),
    nomad_management="",
    ssh_private_key="",
    ssh_public_key="",
    hosts={},
)


def addresses(cluster: Cluster, observed: Observed) -> Addresses:
    """The addresses that the cloud chose, as far as they are there."""
    found = {balancer.name: balancer.address for balancer in observed.of("balancer")}
    wanted = {host.eip for host in cluster.topology.by_role(Role.BASTION)}
    public = [eip.address for eip in observed.of("eip") if eip.name in wanted]
    return Addresses(balancers=found, bastion=public[0] if public else None)
