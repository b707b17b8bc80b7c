"""Topics and consumer groups, from what real servers once said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import pytest

from steppe.rocketmq import topics
from steppe.rocketmq.remoting import Refused, decode, parse_body

if TYPE_CHECKING:
    from tests.rocketmq.conftest import Replay

Recorded: TypeAlias = Callable[[str], bytes]
Replaying: TypeAlias = "Callable[[Mapping[int, bytes]], Replay]"

MASTER, NAMESERVER = "10.81.0.65:10911", "10.81.0.16:9876"
GROUPS, STATS, CONNECTIONS, TOPICS, PROGRESS, RESET, SYSTEM = 201, 202, 203, 206, 208, 222, 304


def test_topics_without_those_that_stand_for_clusters_and_brokers(
    replaying: Replaying, recorded: Recorded
) -> None:
    every = recorded("topic-list")
    found = topics.topics(replaying({TOPICS: every, SYSTEM: every}), [NAMESERVER])
    assert found == ()
    nothing = every.replace(b"steppe-verify", b"other-topic-x")
    found = topics.topics(replaying({TOPICS: every, SYSTEM: nothing}), [NAMESERVER])
    assert "steppe-verify" in found


def test_rocketmq_s_own_topics_are_known_as_such(recorded: Recorded) -> None:
    body = parse_body(decode(recorded("topic-list")[4:]).body)
    brokers = {"orders", "orders-0", "orders-1"}
    left = {topic for topic in body["topicList"] if not topics.is_own_topic(topic)} - brokers
    assert left == {"steppe-verify"}


def test_queues_in_order(replaying: Replaying, recorded: Recorded) -> None:
    found = topics.queues(replaying({STATS: recorded("topic-stats")}), MASTER, "steppe-verify")
    assert [queue.number for queue in found] == list(range(8))
    assert sum(queue.end - queue.first for queue in found) == 1066
    assert {queue.broker_group for queue in found} == {"orders-0"}


def test_a_topic_that_is_not_there_is_refused(replaying: Replaying, recorded: Recorded) -> None:
    with pytest.raises(Refused) as refused:
        topics.queues(replaying({STATS: recorded("no-such-topic")}), MASTER, "nothing")
    assert refused.value.code == topics.TOPIC_NOT_EXIST


def test_consumer_groups_of_users_are_told_from_those_of_every_broker(
    replaying: Replaying, recorded: Recorded
) -> None:
    found = topics.consumer_groups(replaying({GROUPS: recorded("consumer-groups")}), MASTER)
    assert len(found) == 9
    assert [name for name in found if not topics.is_own_group(name)] == ["steppe-verify-fbcb8147"]


def test_how_far_a_group_is(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({PROGRESS: recorded("consume-stats")})
    found = topics.progress(server, MASTER, "steppe-verify-fbcb8147")
    assert [each.number for each in found] == list(range(8))
    assert {each.topic for each in found} == {"steppe-verify"}
    assert all(each.lag == each.end - each.consumed >= 0 for each in found)


def test_a_group_that_is_not_online_has_no_consumers(replaying: Replaying, recorded: Recorded) -> None:
    assert topics.consumers(replaying({CONNECTIONS: recorded("not-online")}), MASTER, "billing") == ()


def test_a_reset_tells_the_new_place_of_each_queue(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({RESET: recorded("reset-offset")})
    offsets = topics.reset(server, MASTER, "billing", "steppe-verify", topics.EARLIEST_MS)
    assert offsets == dict.fromkeys(range(8), 0)
    fields = decode(server.requests[0]).fields
    assert (fields["group"], fields["timestamp"], fields["isForce"]) == ("billing", "0", "true")


def test_a_topic_goes_from_masters_before_nameservers(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({215: recorded("route"), 216: recorded("route")})
    topics.delete_topic(server, [MASTER], [NAMESERVER, NAMESERVER], "payments")
    assert [decode(each).code for each in server.requests] == [215, 216, 216]
