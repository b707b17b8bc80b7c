"""Topics and consumer groups, as NameServers and masters know them, and the everyday orders about them.

Request codes and field names: RequestCode.java and the header classes of rocketmq-remoting 5.5.0.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steppe.rocketmq.admin import first_answer, request
from steppe.rocketmq.interfaces import Access
from steppe.rocketmq.remoting import Refused, parse_body

_GET_ALL_SUBSCRIPTIONGROUP_CONFIG = 201
_GET_TOPIC_STATS_INFO = 202
_GET_CONSUMER_CONNECTION_LIST = 203
_GET_ALL_TOPIC_LIST_FROM_NAMESERVER = 206
_GET_CONSUME_STATS = 208
_DELETE_TOPIC_IN_BROKER = 215
_DELETE_TOPIC_IN_NAMESRV = 216
_INVOKE_BROKER_TO_RESET_OFFSET = 222
_GET_SYSTEM_TOPIC_LIST_FROM_NS = 304

TOPIC_NOT_EXIST = 17
_CONSUMER_NOT_ONLINE = 206
LATEST_MS, EARLIEST_MS = -1, 0
"""What `reset` takes for the end and the beginning of a topic, beside a time."""

_OWN_TOPICS = frozenset(
    {"BenchmarkTest", "CHECKPOINT_TOPIC", "OFFSET_MOVED_EVENT", "SCHEDULE_TOPIC_XXXX", "SELF_TEST_TOPIC"}
    | {"TBW102", "TRANS_CHECK_MAX_TIME_TOPIC"}
)
"""RocketMQ's own, beside those with its prefixes (TopicValidator.java)."""
_OWN_PREFIXES = ("rmq_sys_", "RMQ_SYS_", "%RETRY%", "%DLQ%")
_OWN_SUFFIX = "_REPLY_TOPIC"
_OWN_GROUPS = frozenset(
    {"SELF_TEST_C_GROUP", "TOOLS_CONSUMER", "FILTERSRV_CONSUMER", "CID_ONS-HTTP-PROXY", "CID_ONSAPI_OWNER"}
    | {"CID_ONSAPI_PERMISSION", "CID_ONSAPI_PULL"}
)
_OWN_GROUP_PREFIX = "CID_RMQ_SYS_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One queue of a topic on the master of a Broker group."""

    broker_group: str
    number: int
    first: int
    """Offset of the oldest message that is kept."""
    end: int
    """Offset that the next message gets."""
    last_write_ms: int
    """Milliseconds since 1970; 0 when nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a consumer group is in one queue."""

    broker_group: str
    topic: str
    number: int
    end: int
    consumed: int
    """Offset of the next message that the group will get."""

    @property
    def lag(self) -> int:
        """Messages that wait."""
        return max(0, self.end - self.consumed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    id: str
    address: str
    language: str


def is_own_topic(topic: str) -> bool:
    """Whether RocketMQ made it for itself, or for a consumer group."""
    return topic in _OWN_TOPICS or topic.startswith(_OWN_PREFIXES) or topic.endswith(_OWN_SUFFIX)


def is_own_group(group: str) -> bool:
    """Whether a consumer group of that name comes with every broker."""
    return group in _OWN_GROUPS or group.startswith(_OWN_GROUP_PREFIX)


def topics(access: Access, nameservers: Sequence[str]) -> tuple[str, ...]:
    """All topics that a NameServer knows, but those that stand for clusters and brokers; by name.

    Raises RemotingError when no NameServer answers.
    """

    def ask(nameserver: str) -> tuple[str, ...]:
        every = _topic_list(access, nameserver, _GET_ALL_TOPIC_LIST_FROM_NAMESERVER)
        return tuple(sorted(every - _topic_list(access, nameserver, _GET_SYSTEM_TOPIC_LIST_FROM_NS)))

    return first_answer(nameservers, ask)


def _topic_list(access: Access, nameserver: str, code: int) -> set[str]:
    return set(parse_body(request(access, nameserver, code).body)["topicList"])


def queues(access: Access, master: str, topic: str) -> tuple[Queue, ...]:
    """In the order of their numbers. Raises Refused (TOPIC_NOT_EXIST) when the master has no such topic."""
    body = parse_body(request(access, master, _GET_TOPIC_STATS_INFO, {"topic": topic}).body)
    found = [
        Queue(
            broker_group=queue["brokerName"],
            number=int(queue["queueId"]),
            first=int(offsets["minOffset"]),
            end=int(offsets["maxOffset"]),
            last_write_ms=int(offsets["lastUpdateTimestamp"]),
        )
        for queue, offsets in _by_queue(body)
    ]
    return tuple(sorted(found, key=lambda queue: queue.number))


def delete_topic(access: Access, masters: Collection[str], nameservers: Collection[str], topic: str) -> None:
    """Removes the topic with its messages, first where it is written. It may be repeated.

    Raises Refused when a broker won't, RemotingError when one doesn't answer.
    """
    for master in masters:
        request(access, master, _DELETE_TOPIC_IN_BROKER, {"topic": topic})
    for nameserver in nameservers:
        request(access, nameserver, _DELETE_TOPIC_IN_NAMESRV, {"topic": topic})


def consumer_groups(access: Access, master: str) -> tuple[str, ...]:
    """Those that the master knows, by name. Raises RemotingError when it doesn't answer."""
    body = parse_body(request(access, master, _GET_ALL_SUBSCRIPTIONGROUP_CONFIG).body)
    return tuple(sorted(body["subscriptionGroupTable"]))


def progress(access: Access, master: str, group: str) -> tuple[Progress, ...]:
    """By topic and queue: of each topic that the group has consumed from. Raises RemotingError."""
    body = parse_body(request(access, master, _GET_CONSUME_STATS, {"consumerGroup": group}).body)
    found = [
        Progress(
            broker_group=queue["brokerName"],
            topic=queue["topic"],
            number=int(queue["queueId"]),
            end=int(offsets["brokerOffset"]),
            consumed=int(offsets["consumerOffset"]),
        )
        for queue, offsets in _by_queue(body)
    ]
    return tuple(sorted(found, key=lambda each: (each.topic, each.number)))


def consumers(access: Access, master: str, group: str) -> tuple[Consumer, ...]:
    """Clients that consume for the group now; none when it is not online. Raises RemotingError."""
    try:
        answer = request(access, master, _GET_CONSUMER_CONNECTION_LIST, {"consumerGroup": group})
    except Refused as refused:
        if refused.code == _CONSUMER_NOT_ONLINE:
            return ()
        raise
    return tuple(
        Consumer(id=each["clientId"], address=each["clientAddr"], language=str(each["language"]))
        for each in parse_body(answer.body)["connectionSet"]
    )


def reset(access: Access, master: str, group: str, topic: str, to_ms: int) -> Mapping[int, int]:
    """Has the group go on from that time (milliseconds since 1970, EARLIEST_MS or LATEST_MS).

    Gives the offset of each queue. Raises Refused when the master knows no such group or topic.
    """
    fields = {"group": group, "topic": topic, "timestamp": str(to_ms), "isForce": "true", "queueId": "-1"}
    body = parse_body(request(access, master, _INVOKE_BROKER_TO_RESET_OFFSET, fields).body)
    return {int(queue["queueId"]): int(offset) for queue, offset in _by_queue(body)}


def _by_queue(body: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """What stands for each queue; the key is the JSON of brokerName, topic and queueId."""
    return ((json.loads(queue), value) for queue, value in (body.get("offsetTable") or {}).items())
