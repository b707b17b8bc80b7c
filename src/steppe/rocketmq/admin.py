"""Questions and orders for NameServers, controllers and brokers, as mqadmin has them, without its JVM.

Addresses are the cluster's private ones, `10.81.0.16:9876`; `Access` leads to them. Each request bears the
administrator's signature, which brokers check, and NameServers and controllers don't.
Request codes and field names: RequestCode.java and the header classes of rocketmq-remoting 5.5.0.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from steppe.control.secrets import User
from steppe.rocketmq.interfaces import Access
from steppe.rocketmq.remoting import Frame, Refused, RemotingError, call, parse_body

_NO_PERMISSION = 16
_UPDATE_AND_CREATE_TOPIC = 17
_UNREGISTER_CLIENT = 35
_GET_BROKER_RUNTIME_INFO = 28
_GET_ROUTEINFO_BY_TOPIC = 105
_GET_BROKER_CLUSTER_INFO = 106
_GET_BROKER_HA_STATUS = 907
_CONTROLLER_GET_METADATA_INFO = 1005
_CONTROLLER_GET_SYNC_STATE_DATA = 1006
_AUTH_LIST_ACL = 3010
_USER = "User:"
_CLEAN_BROKER_DATA = 1011
_METADATA_NOT_EXIST = 2008
_READ_AND_WRITE = 6
_MASTER = "0"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """A Broker group as its controllers see it; members by address."""

    master: str | None
    in_sync: tuple[str, ...]
    """Alive and holding every acknowledged message, the master among them; in order of their ids."""
    behind: tuple[str, ...]
    """The others that registered once: catching up, silent, or gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a broker says of itself."""

    started_ms: int
    """When its process began, in milliseconds since 1970."""
    writes_per_s: float
    """Messages, over the last ten seconds."""
    reads_per_s: float
    disk_ratio: float
    """How full the disk under the store is, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A member that follows a master, as the master sees its connection."""

    behind_bytes: int
    in_sync: bool


def replicas(access: Access, controllers: Sequence[str], group: str) -> Replicas:
    """Raises RemotingError when no controller answers, or the Raft group has no leader."""

    def ask(leader: str) -> Replicas:
        answer = request(access, leader, _CONTROLLER_GET_SYNC_STATE_DATA, body=json.dumps([group]).encode())
        return _replicas(parse_body(answer.body), group)

    return _ask_leader(access, controllers, ask)


def controller_leader(access: Access, controller: str) -> str | None:
    """The leader's address as this controller knows it; None while it knows none."""
    answer = request(access, controller, _CONTROLLER_GET_METADATA_INFO)
    return answer.fields.get("controllerLeaderAddress") or None


def forget(access: Access, controllers: Sequence[str], cluster: str, group: str) -> bool:
    """Has the controllers forget the members of a group that has ended; False if they knew none.

    Without it, members that come back empty are never chosen as master: the ones that are remembered as in
    sync may still hold messages. Raises RemotingError as `replicas`.
    """
    fields = {
        "clusterName": cluster,
        "brokerName": group,
        # Those that ended a moment ago still count as living.
        "isCleanLivingBroker": "true",
        "invokeTime": str(time.time_ns() // 1_000_000),
    }

    def ask(leader: str) -> bool:
        try:
            request(access, leader, _CLEAN_BROKER_DATA, fields)
        except Refused as refused:
            if refused.code == _METADATA_NOT_EXIST:
                return False
            raise
        return True

    return _ask_leader(access, controllers, ask)


def _ask_leader(access: Access, controllers: Sequence[str], ask: Callable[[str], _T]) -> _T:
    def through(controller: str) -> _T:
        leader = controller_leader(access, controller)
        if leader is None:
            raise RemotingError("the controllers have no leader")
        return ask(leader)

    return first_answer(controllers, through)


def runtime(access: Access, broker: str) -> Runtime:
    """Raises RemotingError when the broker doesn't answer."""
    table = parse_body(request(access, broker, _GET_BROKER_RUNTIME_INFO).body)["table"]
    return Runtime(
        started_ms=int(table["bootTimestamp"]),
        writes_per_s=_latest(table["putTps"]),
        reads_per_s=_latest(table["getTransferredTps"]),
        disk_ratio=float(table["commitLogDiskRatio"]),
    )


def _latest(averages: str) -> float:
    """The first of the averages over 10 s, 60 s and 600 s; those that it doesn't have yet are left out."""
    return float((averages.split() or ["0"])[0])


def followers(access: Access, master: str) -> Mapping[str, Replica]:
    """The members that copy from this master, by their host's address; empty if it is no master."""
    body = parse_body(request(access, master, _GET_BROKER_HA_STATUS).body)
    return {
        str(each["addr"]).rpartition(":")[0].lstrip("/"): Replica(
            behind_bytes=max(0, int(each["diff"])), in_sync=bool(each["inSync"])
        )
        for each in body.get("haConnectionInfo") or ()
    }


def _replicas(body: Mapping[str, Any], group: str) -> Replicas:
    info = body.get("replicasInfoTable", {}).get(group)
    if info is None:
        return Replicas(master=None, in_sync=(), behind=())
    in_sync = info.get("inSyncReplicas") or []
    silent = [member for member in in_sync if not member.get("alive")]
    return Replicas(
        master=info.get("masterAddress") or None,
        in_sync=_addresses([member for member in in_sync if member.get("alive")]),
        behind=_addresses([*silent, *(info.get("notInSyncReplicas") or [])]),
    )


def _addresses(members: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    ordered = sorted(members, key=lambda member: int(member["brokerId"]))
    return tuple(str(member["brokerAddress"]) for member in ordered)


def masters(access: Access, nameserver: str) -> Mapping[str, str]:
    """Each Broker group that has a master, with the master's address, as this NameServer knows it."""
    body = parse_body(request(access, nameserver, _GET_BROKER_CLUSTER_INFO).body)
    found = {group: data["brokerAddrs"].get(_MASTER) for group, data in body["brokerAddrTable"].items()}
    return {group: address for group, address in found.items() if address}


def queues(access: Access, nameserver: str, topic: str) -> Mapping[str, int]:
    """How many queues producers may write to in each Broker group that carries the topic.

    Raises Refused (code 17) when the NameServer knows no such topic.
    """
    fields = {"topic": topic, "acceptStandardJsonOnly": "true"}
    body = parse_body(request(access, nameserver, _GET_ROUTEINFO_BY_TOPIC, fields).body)
    return {data["brokerName"]: int(data["writeQueueNums"]) for data in body["queueDatas"]}


def create_topic(access: Access, master: str, topic: str, *, queue_count: int) -> None:
    """Makes the topic in the master's group, or sets its number of queues. It may be repeated.

    Raises Refused when the broker won't have that name.
    """
    fields = {
        "topic": topic,
        "defaultTopic": "TBW102",
        "readQueueNums": str(queue_count),
        "writeQueueNums": str(queue_count),
        "perm": str(_READ_AND_WRITE),
        "topicFilterType": "SINGLE_TAG",
        "topicSysFlag": "0",
        "order": "false",
    }
    request(access, master, _UPDATE_AND_CREATE_TOPIC, fields)


def knows(access: Access, broker: str, user: User) -> bool:
    """Whether this broker knows the user with that secret, which doesn't go over the network for it.

    Asked by taking leave as a client that never was there, which any user may. Raises RemotingError when
    there is no such answer.
    """
    host, _, port = broker.rpartition(":")
    try:
        call(*access.endpoint(host, int(port)), _UNREGISTER_CLIENT, {"clientID": "steppe"}, user=user)
    except Refused as refused:
        if refused.code == _NO_PERMISSION:
            return False
        raise
    return True


def grants(access: Access, broker: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What each user may do at this broker: sorted actions by resource, `Topic:orders*` to (`Get`, `Pub`)."""
    listed = parse_body(request(access, broker, _AUTH_LIST_ACL).body or b"[]")
    return {acl["subject"].removeprefix(_USER): _actions(acl) for acl in listed}


def _actions(acl: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    entries = [entry for policy in acl.get("policies") or () for entry in policy["entries"]]
    return {entry["resource"]: tuple(sorted(entry["actions"])) for entry in entries}


def request(
    access: Access, address: str, code: int, fields: Mapping[str, str] | None = None, body: bytes = b""
) -> Frame:
    """One question to that address of the cluster, and its answer.

    Raises Refused when the server says no, RemotingError when no usable answer comes.
    """
    host, _, port = address.rpartition(":")
    there = access.endpoint(host, int(port))
    return call(*there, code, fields, body, user=access.administrator, place=address)


def first_answer(addresses: Sequence[str], ask: Callable[[str], _T]) -> _T:
    """The first answer that can be had. Raises the last RemotingError when there is none."""
    last = RemotingError("there is nobody to ask")
    for address in addresses:
        try:
            return ask(address)
        except RemotingError as error:
            last = error
    raise last
