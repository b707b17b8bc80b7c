"""Everyday administration of consumer groups, in the Broker groups of one NameServer group.

1. Find the NameServer group and its masters, as for topics.
2. Ask each master: a consumer group has its place in each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from steppe.engine.events import Emit
from steppe.errors import UsageError
from steppe.operations.mq.topics import Served, answered, served
from steppe.rocketmq import topics
from steppe.rocketmq.topics import Consumer, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerGroup:
    name: str
    online: bool
    """Whether a client consumes for it now."""
    lag: int
    """Messages that wait, in all its topics."""
    consumers: tuple[Consumer, ...]
    progress: tuple[Progress, ...]


def list_groups(
    file: Path, nameserver: str | None, emit: Emit, *, everything: bool
) -> tuple[ConsumerGroup, ...]:
    """By name. Those that come with every broker only with `everything`."""
    with served(file, nameserver, emit) as found:
        wanted = [name for name in _names(found) if everything or not topics.is_own_group(name)]
        return tuple(_group(found, name) for name in wanted)


def group_status(file: Path, nameserver: str | None, group: str, emit: Emit) -> ConsumerGroup:
    """Raises UsageError when no broker knows the group."""
    with served(file, nameserver, emit) as found:
        _need(found, group)
        return _group(found, group)


def reset(
    file: Path,
    nameserver: str | None,
    group: str,
    topic: str,
    to_ms: int,
    emit: Emit,
    approve: Callable[[ConsumerGroup], None],
) -> ConsumerGroup:
    """Has the group go on from another place in a topic, and gives how it is then.

    `approve` is shown how it was and raises to stop. Consumers that run go on from there too. Raises
    UsageError when no broker knows the group, SteppeError when one knows no such topic.
    """
    with served(file, nameserver, emit) as found:
        _need(found, group)
        before = _group(found, group)
        approve(before)
        found.inside.cluster.folder.audit({"command": "mq group reset", "group": group, "topic": topic})
        for master in found.masters.values():
            ask = partial(topics.reset, found.way, master, group, topic, to_ms)
            answered(f"reset {group} in {topic}", ask)
        return _group(found, group)


def _names(found: Served) -> list[str]:
    every = [
        answered("list consumer groups", partial(topics.consumer_groups, found.way, master))
        for master in found.masters.values()
    ]
    return sorted({name for names in every for name in names})


def _need(found: Served, group: str) -> None:
    if group not in _names(found):
        raise UsageError(
            f"There is no consumer group {group} in NameServer group {found.nameserver}.",
            code="mq.no-consumer-group",
            hint=f"`steppe mq group list {found.inside.cluster.file}` shows those that are there.",
        )


def _group(found: Served, name: str) -> ConsumerGroup:
    progress: list[Progress] = []
    clients: dict[str, Consumer] = {}
    for master in found.masters.values():
        show = f"show consumer group {name}"
        progress += answered(show, partial(topics.progress, found.way, master, name))
        online = answered(show, partial(topics.consumers, found.way, master, name))
        clients |= {consumer.id: consumer for consumer in online}
    return ConsumerGroup(
        name=name,
        online=bool(clients),
        lag=sum(each.lag for each in progress if not topics.is_own_topic(each.topic)),
        consumers=tuple(clients[key] for key in sorted(clients)),
        progress=tuple(progress),
    )
