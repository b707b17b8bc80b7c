"""Whether each member of a Broker group knows the users as the one list has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from steppe.control.conditions import Condition, NotMet, check_once
from steppe.control.secrets import User
from steppe.rocketmq import admin
from steppe.rocketmq.interfaces import Access
from steppe.rocketmq.jobs import members, nameserver_group
from steppe.rocketmq.remoting import RemotingError
from steppe.rocketmq.users import AppUser
from steppe.topology import ports
from steppe.topology.model import BrokerGroup, Topology


def users_known(topology: Topology, access: Access, users: Sequence[AppUser]) -> tuple[Condition, ...]:
    """One for each Broker group: its members that are in sync know these users, and what each may do."""
    return tuple(
        Condition(
            f"Broker group {group.name} knows its users", partial(_poll, topology, access, group, users)
        )
        for group in topology.broker_groups
    )


def unaware(topology: Topology, access: Access, users: Sequence[AppUser]) -> Mapping[str, str]:
    """Why a group's members don't know them all, by group; empty if each does."""
    results = check_once(users_known(topology, access, users))
    each = zip(topology.broker_groups, results, strict=True)
    return {group.name: result.why_not for group, result in each if not result.met}


def _poll(topology: Topology, access: Access, group: BrokerGroup, users: Sequence[AppUser]) -> None:
    hosts = members(topology, nameserver_group(topology, group.nameserver))
    controllers = [f"{address}:{ports.NAMESERVER_CONTROLLER}" for address in hosts]
    try:
        in_sync = admin.replicas(access, controllers, group.name).in_sync
        if not in_sync:
            raise NotMet("no member is in sync")
        for member in in_sync:
            differing = _differing(access, member, users)
            if differing:
                raise NotMet(f"{member} doesn't know yet what became of {', '.join(differing)}")
    except RemotingError as error:
        raise NotMet(str(error)) from error


def _differing(access: Access, member: str, users: Sequence[AppUser]) -> list[str]:
    grants = admin.grants(access, member)

    def agrees(user: AppUser) -> bool:
        if user.deleted:
            return user.name not in grants
        known = admin.knows(access, member, User(name=user.name, secret=user.secret))
        return known and grants.get(user.name, {}) == user.grants

    return [user.name for user in users if not agrees(user)]
