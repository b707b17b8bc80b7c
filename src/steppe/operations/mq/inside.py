"""What each verb of `steppe mq` begins with: the cluster of the file, and the way in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from steppe.cloud import Lock, require_claim
from steppe.control.access import Access
from steppe.engine.events import Emit
from steppe.errors import UsageError
from steppe.operations.cluster import Addresses, Cluster, addresses, changing, owned
from steppe.operations.stages import recorded
from steppe.operations.way import access
from steppe.rocketmq.groups import KnownGroup, known_groups
from steppe.rocketmq.jobs import broker_job, nameserver_job
from steppe.topology.model import Role

_ACCESS_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    cluster: Cluster
    where: Addresses
    way: Access


@contextmanager
def looking(file: Path, emit: Emit) -> Iterator[Inside]:
    """The cluster, for commands that only look. Raises UsageError if the workspace doesn't know it."""
    cluster = owned(file)
    where = addresses(cluster, cluster.observe())
    with access(cluster, where, emit, deadline_s=_ACCESS_DEADLINE_S) as way:
        yield Inside(cluster=cluster, where=where, way=way)


@contextmanager
def changing_groups(file: Path, command: str, emit: Emit) -> Iterator[tuple[Inside, Lock, Emit]]:
    """The cluster, locked as for `up`, and an `emit` that keeps the audit log too.

    Raises UsageError if the workspace doesn't know the cluster, Claimed when it is another workspace's or a
    command changes it now.
    """
    # Nothing is made here: a cluster that isn't known has no groups to change.
    owned(file)
    with changing(file, command) as (cluster, lock), recorded(emit, cluster.folder, command) as record:
        emit = record.emit
        observed = cluster.observe()
        require_claim(observed, cluster.secrets.owner)
        where = addresses(cluster, observed)
        with access(cluster, where, emit, deadline_s=_ACCESS_DEADLINE_S) as way:
            yield Inside(cluster=cluster, where=where, way=way), lock, emit


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group that the file names, or Nomad knows, or both."""

    kind: Role
    """NAMESERVER or BROKER."""
    name: str
    wanted: bool
    """Whether the file names it."""
    known: KnownGroup | None
    """None where Nomad has no job of it."""

    @property
    def job(self) -> str:
        return nameserver_job(self.name) if self.kind is Role.NAMESERVER else broker_job(self.name)

    @property
    def title(self) -> str:
        return f"{'NameServer' if self.kind is Role.NAMESERVER else 'Broker'} group {self.name}"


def groups(inside: Inside) -> tuple[Group, ...]:
    """All of them: NameServer groups first, those of the file in its order."""
    known = {(group.kind, group.name): group for group in known_groups(inside.way.nomad)}
    wanted = wanted_groups(inside.cluster)
    keys = sorted(dict.fromkeys([*wanted, *known]), key=lambda key: key[0] is Role.BROKER)
    return tuple(
        Group(kind=kind, name=name, wanted=(kind, name) in wanted, known=known.get((kind, name)))
        for kind, name in keys
    )


def wanted_groups(cluster: Cluster) -> list[tuple[Role, str]]:
    """Kind and name of each group that the file names."""
    return [
        *((Role.NAMESERVER, group.name) for group in cluster.topology.nameserver_groups),
        *((Role.BROKER, group.name) for group in cluster.topology.broker_groups),
    ]


def named(found: tuple[Group, ...], name: str) -> Group | None:
    """The group of that name, or `nameserver/NAME`, `broker/NAME`. Raises UsageError when two have it."""
    kind, _, short = name.rpartition("/")
    matching = [group for group in found if group.name == short and kind in ("", str(group.kind))]
    if len(matching) > 1:
        raise UsageError(
            f"A NameServer group and a Broker group have the name {name}.",
            code="mq.two-groups",
            hint=f"write nameserver/{name} or broker/{name}",
        )
    return matching[0] if matching else None


def need(found: tuple[Group, ...], name: str) -> Group:
    """As `named`; raises UsageError when there is none."""
    group = named(found, name)
    if group is None:
        names = ", ".join(each.name for each in found) or "none"
        raise UsageError(
            f"There is no group {name}: the file names none, and none runs. Groups: {names}.",
            code="mq.no-group",
            hint="`steppe mq list` shows the groups of the file and those that run.",
        )
    return group
