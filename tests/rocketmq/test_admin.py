"""Questions to NameServers and controllers, answered by what real ones once said."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import pytest

from steppe.rocketmq import admin
from steppe.rocketmq.admin import Replica, Replicas, Runtime
from steppe.rocketmq.remoting import Refused, RemotingError, decode

if TYPE_CHECKING:
    from tests.rocketmq.conftest import Replay

Recorded: TypeAlias = Callable[[str], bytes]
Replaying: TypeAlias = "Callable[[Mapping[int, bytes]], Replay]"

METADATA, SYNC_STATE, CLUSTER_INFO, ROUTE, CREATE_TOPIC = 1005, 1006, 106, 105, 17
RUNTIME, HA_STATUS, CLEAN = 28, 907, 1011
MASTER = "10.81.0.65:10911"
CONTROLLER, NAMESERVER = "10.213.0.3:9878", "10.213.0.3:9876"


@pytest.fixture
def controller(recorded: Recorded) -> dict[int, bytes]:
    return {METADATA: recorded("controller-metadata"), SYNC_STATE: recorded("sync-state")}


def test_replicas_in_order_of_their_ids(replaying: Replaying, controller: dict[int, bytes]) -> None:
    assert admin.replicas(replaying(controller), [CONTROLLER], "orders-0") == Replicas(
        master="10.213.0.7:10911",
        in_sync=("10.213.0.7:10911", "10.213.0.6:10911", "10.213.0.8:10911"),
        behind=(),
    )


def test_a_member_that_is_silent_is_behind(replaying: Replaying, controller: dict[int, bytes]) -> None:
    silent = b'"alive":null,"brokerAddress":"10.213.0.8'
    controller[SYNC_STATE] = controller[SYNC_STATE].replace(silent.replace(b"null", b"true"), silent)
    replicas = admin.replicas(replaying(controller), [CONTROLLER], "orders-0")
    assert replicas.behind == ("10.213.0.8:10911",)
    assert len(replicas.in_sync) == 2


def test_a_group_that_never_registered_has_nobody(replaying: Replaying, controller: dict[int, bytes]) -> None:
    nobody = Replicas(master=None, in_sync=(), behind=())
    assert admin.replicas(replaying(controller), [CONTROLLER], "other") == nobody


def test_controllers_without_a_leader_say_so(replaying: Replaying, controller: dict[int, bytes]) -> None:
    controller[METADATA] = controller[METADATA].replace(
        b"controllerLeaderAddress", b"noLeader_______________"
    )
    with pytest.raises(RemotingError, match="no leader"):
        admin.replicas(replaying(controller), [CONTROLLER], "orders-0")


def test_masters(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({CLUSTER_INFO: recorded("cluster-info")})
    assert admin.masters(server, NAMESERVER) == {"orders-0": "10.213.0.7:10911"}


def test_a_group_without_a_master_is_not_listed(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({CLUSTER_INFO: recorded("cluster-info").replace(b"{0:", b"{9:")})
    assert admin.masters(server, NAMESERVER) == {}


def test_queues(replaying: Replaying, recorded: Recorded) -> None:
    assert admin.queues(replaying({ROUTE: recorded("route")}), NAMESERVER, "check") == {"orders-0": 8}


def test_a_topic_that_is_not_there(replaying: Replaying, recorded: Recorded) -> None:
    with pytest.raises(Refused) as refused:
        admin.queues(replaying({ROUTE: recorded("no-such-topic")}), NAMESERVER, "nothing")
    assert refused.value.code == 17


def test_creating_a_topic_sends_all_that_the_broker_demands(replaying: Replaying, recorded: Recorded) -> None:
    server = replaying({CREATE_TOPIC: recorded("route")})
    admin.create_topic(server, "10.213.0.7:10911", "check", queue_count=8)
    fields = decode(server.requests[0]).fields
    demanded = {
        "topic",
        "defaultTopic",
        "readQueueNums",
        "writeQueueNums",
        "perm",
        "topicFilterType",
        "order",
    }
    assert demanded <= fields.keys()
    assert (fields["writeQueueNums"], fields["perm"]) == ("8", "6")


def test_what_goes_through_a_broker(replaying: Replaying, recorded: Recorded) -> None:
    answer = recorded("runtime-info").replace(b'"putTps":"0.0 ', b'"putTps":"5.5 ')
    assert admin.runtime(replaying({RUNTIME: answer}), MASTER) == Runtime(
        started_ms=1795415595780, writes_per_s=5.5, reads_per_s=0.0, disk_ratio=0.29
    )


def test_averages_that_a_young_broker_does_not_have_yet(replaying: Replaying, recorded: Recorded) -> None:
    answer = recorded("runtime-info")
    young = re.sub(
        rb'"putTps":"[^"]*"', lambda found: b'"putTps":"' + b" " * (len(found[0]) - 11) + b'"', answer
    )
    assert admin.runtime(replaying({RUNTIME: young}), MASTER).writes_per_s == 0


def test_how_far_each_replica_is(replaying: Replaying, recorded: Recorded) -> None:
    answer = recorded("ha-status").replace(b'"diff":0,"inSync":true', b'"diff":9,"inSync":null', 1)
    assert admin.followers(replaying({HA_STATUS: answer}), MASTER) == {
        "10.81.0.64": Replica(behind_bytes=9, in_sync=False),
        "10.81.0.66": Replica(behind_bytes=0, in_sync=True),
    }


def test_the_controllers_forget_a_group_or_never_knew_it(replaying: Replaying, recorded: Recorded) -> None:
    metadata = recorded("controller-metadata")
    server = replaying({METADATA: metadata, CLEAN: metadata})
    assert admin.forget(server, [CONTROLLER], "orders", "orders-0")
    asked = decode(server.requests[-1])
    assert (asked.fields["brokerName"], asked.fields["isCleanLivingBroker"]) == ("orders-0", "true")
    refused = recorded("no-such-topic").replace(b'"code":17,', b'"code":2008,')
    (header,) = struct.unpack_from(">I", refused, 4)
    longer = struct.pack(">iI", len(refused) - 4, header + 2) + refused[8:]
    knows_none = replaying({METADATA: metadata, CLEAN: longer})
    assert not admin.forget(knows_none, [CONTROLLER], "orders", "orders-0")
