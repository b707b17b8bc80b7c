"""Everyday administration of topics, in the Broker groups of one NameServer group.

1. Find the NameServer group: the one that is named, or the only one of the file.
2. Ask its NameServers for the masters, and the masters for their part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from steppe.control.access import Access
from steppe.control.conditions import Condition, NotMet, wait
from steppe.engine.events import Emit
from steppe.errors import SteppeError, Unhealthy, UsageError
from steppe.operations.mq.inside import Inside, looking
from steppe.rocketmq import admin, topics
from steppe.rocketmq.jobs import members, nameserver_group
from steppe.rocketmq.remoting import Refused, RemotingError
from steppe.topology import ports

_ROUTES_DEADLINE_S = 30.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A NameServer group with what registers there."""

    way: Access
    nameserver: str
    nameservers: tuple[str, ...]
    """`address:port` of each."""
    masters: Mapping[str, str]
    """Of each Broker group that has one, by the group's name."""
    inside: Inside


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPart:
    """A topic in one Broker group."""

    broker_group: str
    queues: int
    messages: int
    """That are kept: consumed or not."""
    last_write_ms: int
    """Milliseconds since 1970; 0 when nothing was written."""


@contextmanager
def served(file: Path, nameserver: str | None, emit: Emit) -> Iterator[Served]:
    """Raises UsageError when the file has no such NameServer group, Unhealthy when none of it answers."""
    with looking(file, emit) as inside:
        topology = inside.cluster.topology
        names = [group.name for group in topology.nameserver_groups]
        if nameserver not in names and (nameserver is not None or len(names) != 1):
            what = f"no NameServer group {nameserver}" if nameserver else f"{len(names)} NameServer groups"
            raise UsageError(
                f"{file}: rocketmq.nameservers: there is {what}.",
                code="mq.which-nameserver",
                hint=f"choose with --nameserver: {', '.join(names)}" if names else "add one, and `steppe up`",
            )
        name = nameserver or names[0]
        at = tuple(
            f"{address}:{ports.NAMESERVER}" for address in members(topology, nameserver_group(topology, name))
        )
        masters = answered(
            "list masters", lambda: admin.first_answer(at, lambda each: admin.masters(inside.way, each))
        )
        yield Served(way=inside.way, nameserver=name, nameservers=at, masters=masters, inside=inside)


def answered(what: str, ask: Callable[[], _T]) -> _T:
    """Raises Unhealthy when RocketMQ doesn't answer, SteppeError when it says no."""
    try:
        return ask()
    except Refused as refused:
        raise SteppeError(
            f"RocketMQ refuses to {what}: {refused}.",
            code="mq.refused",
            hint="Its answer says why; names are made of letters, digits, - and _.",
        ) from refused
    except RemotingError as error:
        raise Unhealthy(
            f"RocketMQ can't be asked to {what}: {error}.",
            code="mq.no-answer",
            hint="`steppe mq status` shows what isn't well.",
        ) from error


def list_topics(
    file: Path, nameserver: str | None, emit: Emit, *, everything: bool
) -> Mapping[str, Mapping[str, int]]:
    """Each topic with its number of queues in each Broker group. RocketMQ's own only with `everything`."""
    with served(file, nameserver, emit) as found:
        names = answered("list topics", partial(topics.topics, found.way, found.nameservers))
        wanted = [name for name in names if everything or not topics.is_own_topic(name)]
        routes = {name: _queues(found, name) for name in wanted}
        return {name: queues for name, queues in routes.items() if queues}


def topic_status(file: Path, nameserver: str | None, topic: str, emit: Emit) -> tuple[TopicPart, ...]:
    """The topic in each Broker group that has it. Raises UsageError when none does."""
    with served(file, nameserver, emit) as found:
        parts = []
        for group in _need(found, topic):
            ask = partial(topics.queues, found.way, master_of(found, group), topic)
            queues = answered(f"show topic {topic}", ask)
            parts.append(
                TopicPart(
                    broker_group=group,
                    queues=len(queues),
                    messages=sum(queue.end - queue.first for queue in queues),
                    last_write_ms=max((queue.last_write_ms for queue in queues), default=0),
                )
            )
        return tuple(parts)


def create_topic(
    file: Path, nameserver: str | None, topic: str, emit: Emit, *, queue_count: int
) -> tuple[str, ...]:
    """Makes it in every Broker group, or sets its number of queues, until each NameServer knows it.

    Gives the Broker groups' names. Raises Unhealthy when a Broker group has no master.
    """
    with served(file, nameserver, emit) as found:
        groups = tuple(
            each.name
            for each in found.inside.cluster.topology.broker_groups
            if each.nameserver == found.nameserver
        )
        masters = [master_of(found, group) for group in groups]
        _audit(found, "create", topic)
        for master in masters:
            make = partial(admin.create_topic, found.way, master, topic, queue_count=queue_count)
            answered(f"make topic {topic}", make)
        wait(
            [_routed(found, each, topic, groups, queue_count) for each in found.nameservers],
            _ROUTES_DEADLINE_S,
            emit,
        )
        return groups


def delete_topic(
    file: Path, nameserver: str | None, topic: str, emit: Emit, approve: Callable[[tuple[str, ...]], None]
) -> tuple[str, ...]:
    """Removes it with its messages. `approve` is told the Broker groups and raises to stop.

    Gives those Broker groups. Raises UsageError when there is no such topic, or it is RocketMQ's own.
    """
    with served(file, nameserver, emit) as found:
        if topics.is_own_topic(topic):
            raise UsageError(
                f"{topic} is a topic of RocketMQ itself.",
                code="mq.own-topic",
                hint="it stays: RocketMQ needs it",
            )
        groups = _need(found, topic)
        masters = [master_of(found, group) for group in groups]
        approve(groups)
        _audit(found, "delete", topic)
        remove = partial(topics.delete_topic, found.way, masters, found.nameservers, topic)
        answered(f"delete topic {topic}", remove)
        return groups


def master_of(found: Served, group: str) -> str:
    """Raises Unhealthy when the Broker group has none now."""
    if group not in found.masters:
        raise Unhealthy(
            f"Broker group {group} has no master.",
            code="mq.no-master",
            hint="`steppe mq status` shows its members; it gets one when two of them are in sync.",
        )
    return found.masters[group]


def _queues(found: Served, topic: str) -> Mapping[str, int]:
    """Empty when the topic went in the same moment."""
    try:
        return admin.first_answer(found.nameservers, lambda each: admin.queues(found.way, each, topic))
    except RemotingError as error:
        if isinstance(error, Refused) and error.code == topics.TOPIC_NOT_EXIST:
            return {}
        raise Unhealthy(
            f"The NameServers of {found.nameserver} can't be asked for topic {topic}: {error}.",
            code="mq.no-answer",
            hint="`steppe mq status` shows what isn't well.",
        ) from error


def _need(found: Served, topic: str) -> tuple[str, ...]:
    """The Broker groups that have the topic. Raises UsageError when none has."""
    groups = tuple(_queues(found, topic))
    if not groups:
        raise UsageError(
            f"There is no topic {topic} in NameServer group {found.nameserver}.",
            code="mq.no-topic",
            hint=f"`steppe mq topic list {found.inside.cluster.file}` shows those that are there.",
        )
    return groups


def _routed(
    found: Served, nameserver: str, topic: str, groups: tuple[str, ...], queue_count: int
) -> Condition:
    def poll() -> None:
        try:
            queues = admin.queues(found.way, nameserver, topic)
        except RemotingError as error:
            raise NotMet(str(error)) from error
        missing = [group for group in groups if queues.get(group) != queue_count]
        if missing:
            raise NotMet(f"not yet in {', '.join(missing)}")

    return Condition(f"the NameServer at {nameserver} knows topic {topic}", poll)


def _audit(found: Served, verb: str, topic: str) -> None:
    found.inside.cluster.folder.audit({"command": f"mq topic {verb}", "topic": topic})
