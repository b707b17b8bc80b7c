"""How one group is, member by member: from its controllers, its brokers, and the members that Nomad runs.

Nothing here raises because RocketMQ doesn't answer: what could not be asked is a trouble of the group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from steppe.rocketmq import admin
from steppe.rocketmq.admin import Replica, Replicas, Runtime
from steppe.rocketmq.interfaces import Access
from steppe.rocketmq.remoting import RemotingError
from steppe.topology import ports
from steppe.topology.model import Host

LEAST_IN_SYNC = 2
"""With fewer, a group takes no messages: `minInSyncReplicas` in broker.nomad.hcl."""
_NOBODY = Replicas(master=None, in_sync=(), behind=())
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    host: str
    zone: str
    address: str
    role: str
    """`master`, `replica` or `down` of a broker; `leader`, `follower` or `down` of a controller."""
    in_sync: bool
    """Whether a broker holds every acknowledged message; of a NameServer, whether it knows the controllers'
    leader, and every Broker group that another one of them knows."""
    lag_bytes: int | None
    """What a replica has still to copy; None of a master, and where it isn't known."""
    writes_per_s: float | None
    """Messages; None where the member couldn't be asked."""
    reads_per_s: float | None
    disk_ratio: float | None
    """How full the disk under the store is, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    kind: str
    """`nameserver` or `broker`."""
    name: str
    nameserver: str
    """The NameServer group of a Broker group; empty where it isn't known."""
    wanted: bool
    """Whether the file names it."""
    members: tuple[Member, ...]
    in_sync: int
    takes_messages: bool | None
    """Whether a Broker group does; None of a NameServer group, of one that doesn't run, and where it isn't
    known."""
    trouble: str
    """What isn't well; empty when all is."""


def brokers(
    access: Access, controllers: Sequence[str], group: str, at: Mapping[str, Host], *, port: int
) -> tuple[tuple[Member, ...], Replicas | str]:
    """The members on these hosts (by private address), and what the controllers say, or why they don't."""
    replicas = _said(partial(admin.replicas, access, controllers, group))
    state = _NOBODY if isinstance(replicas, str) else replicas
    follow = _said(partial(admin.followers, access, state.master)) if state.master else {}
    followers = {} if isinstance(follow, str) else follow
    found = [_broker(access, host, f"{address}:{port}", state, followers) for address, host in at.items()]
    return tuple(found), replicas


def trouble(replicas: Replicas | str, count: int) -> tuple[bool | None, str]:
    """Whether a Broker group of `count` members takes messages, and what isn't well."""
    if isinstance(replicas, str):
        return None, f"its controllers can't be asked: {replicas}"
    in_sync = len(replicas.in_sync)
    behind = f"; behind: {', '.join(replicas.behind)}" if replicas.behind else ""
    if replicas.master is None:
        return False, f"writes have stopped: it has no master, {in_sync} of {count} are in sync{behind}"
    if in_sync < LEAST_IN_SYNC:
        needs = f"{LEAST_IN_SYNC} are needed"
        return False, f"writes have stopped: {in_sync} of {count} in sync, {needs}{behind}"
    return True, f"{in_sync} of {count} in sync{behind}" if in_sync < count else ""


def nameservers(access: Access, at: Mapping[str, Host]) -> tuple[Member, ...]:
    """The members on these hosts, each with the part that its controller has."""
    known = {
        address: _said(partial(admin.masters, access, f"{address}:{ports.NAMESERVER}")) for address in at
    }
    every = {group for each in known.values() if not isinstance(each, str) for group in each}
    found = []
    for address, host in at.items():
        controller = f"{address}:{ports.NAMESERVER_CONTROLLER}"
        leader = _said(partial(_leader, access, controller))
        masters = known[address]
        up = not isinstance(masters, str)
        found.append(
            Member(
                host=host.name,
                zone=host.zone.name,
                address=f"{address}:{ports.NAMESERVER}",
                role=("leader" if leader == [controller] else "follower") if up else "down",
                in_sync=up and not isinstance(leader, str) and bool(leader) and every <= set(masters),
                lag_bytes=None,
                writes_per_s=None,
                reads_per_s=None,
                disk_ratio=None,
            )
        )
    return tuple(found)


def _leader(access: Access, controller: str) -> list[str]:
    """The leader that this controller knows, if any."""
    leader = admin.controller_leader(access, controller)
    return [leader] if leader else []


def _broker(
    access: Access, host: Host, address: str, state: Replicas, followers: Mapping[str, Replica]
) -> Member:
    runtime = _said(partial(admin.runtime, access, address))
    told: Runtime | None = None if isinstance(runtime, str) else runtime
    follower = followers.get(str(host.address))
    role = "master" if address == state.master else "replica"
    return Member(
        host=host.name,
        zone=host.zone.name,
        address=address,
        role="down" if told is None else role,
        in_sync=address in state.in_sync,
        lag_bytes=follower.behind_bytes if follower else None,
        writes_per_s=told.writes_per_s if told else None,
        reads_per_s=told.reads_per_s if told else None,
        disk_ratio=told.disk_ratio if told else None,
    )


def _said(ask: Callable[[], _T]) -> _T | str:
    """The answer, or why there is none."""
    try:
        return ask()
    except RemotingError as error:
        return str(error)
