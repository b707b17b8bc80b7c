"""RocketMQ's users, and what each may do: one list, which every member of every Broker group follows.

1. Go in by the access path; change the one list, which Nomad keeps.
2. A new user's secret is handed over at once: it is shown no second time.
3. Give each Broker group its copy.
4. Wait until each member that is in sync has the change. One that is down takes it when it comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from steppe.control.access import Access
from steppe.control.conditions import wait
from steppe.control.secrets import new_user_secret
from steppe.engine.events import Emit
from steppe.operations.cluster import Cluster, addresses, changing, claim, owned
from steppe.operations.stages import recorded, stage
from steppe.operations.way import access
from steppe.rocketmq import users
from steppe.rocketmq.member_users import unaware, users_known
from steppe.rocketmq.users import AppUser, Grants, Users

_DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    users: tuple[AppUser, ...]
    """Of applications, by name."""
    lacking: Mapping[str, str]
    """Why a Broker group doesn't know them all as they are, by group; empty if each does."""


def create(file: Path, emit: Emit, name: str, given: Grants, hand_over: Callable[[AppUser], None]) -> None:
    """A new user with a new secret. Raises UsageError for a name that can't be taken, or is."""
    secret = new_user_secret()
    _changed(file, emit, name, lambda known: users.created(known, name, secret, given), hand_over)


def grant(file: Path, emit: Emit, name: str, given: Grants, *, only: bool) -> AppUser:
    """The user with these grants added, or in place of others. Raises UsageError for an unknown one."""
    return _changed(file, emit, name, lambda known: users.granted(known, name, given, only=only))


def delete(file: Path, emit: Emit, name: str) -> None:
    """Raises UsageError for an unknown one."""
    _changed(file, emit, name, lambda known: users.deleted(known, name))


def listed(file: Path, emit: Emit) -> Listed:
    """Raises SteppeError when Nomad doesn't answer."""
    cluster = owned(file)
    with access(cluster, addresses(cluster, cluster.observe()), emit) as way:
        known = tuple(users.load(way.nomad).values())
        there = tuple(user for user in known if not user.deleted)
        return Listed(users=there, lacking=unaware(cluster.topology, way, known))


def give_users(cluster: Cluster, way: Access) -> tuple[str, ...]:
    """The whole list to each Broker group, to be done before its job runs. Tells what it wrote."""
    names = [group.name for group in cluster.topology.broker_groups]
    if not names:
        return ()
    written = users.publish(way.nomad, names, cluster.secrets.users, users.load(way.nomad))
    return tuple(f"Nomad: users of {group}" for group in written)


def _changed(
    file: Path,
    emit: Emit,
    name: str,
    change: Callable[[Users], Users],
    hand_over: Callable[[AppUser], None] | None = None,
) -> AppUser:
    with changing(file, "mq user") as (cluster, lock), recorded(emit, cluster.folder, "mq user") as record:
        emit = record.emit
        claim(cluster, lock)
        where = addresses(cluster, cluster.observe())
        with access(cluster, where, emit) as way, stage("users", emit):
            user = users.change(way.nomad, change)[name]
            if hand_over:
                hand_over(user)
            give_users(cluster, way)
            wait(users_known(cluster.topology, way, [user]), _DEADLINE_S, emit)
        return user
