"""What is said of a group: whether it takes messages, and who is how far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import pytest

from steppe.rocketmq import look
from steppe.rocketmq.admin import Replicas
from steppe.topology import Role, Topology

if TYPE_CHECKING:
    from tests.rocketmq.conftest import Replay

Recorded: TypeAlias = Callable[[str], bytes]
Replaying: TypeAlias = "Callable[[Mapping[int, bytes]], Replay]"


@pytest.mark.parametrize(
    ("master", "in_sync", "behind", "takes", "said"),
    [
        ("a", ("a", "b", "c"), (), True, ""),
        ("a", ("a", "b"), ("c",), True, "2 of 3 in sync; behind: c"),
        ("a", ("a",), ("b", "c"), False, "writes have stopped: 1 of 3 in sync, 2 are needed; behind: b, c"),
        (None, ("b",), (), False, "writes have stopped: it has no master, 1 of 3 are in sync"),
    ],
)
def test_fewer_than_two_in_sync_stop_writes_and_it_is_said(
    master: str | None, in_sync: tuple[str, ...], behind: tuple[str, ...], takes: bool, said: str
) -> None:
    replicas = Replicas(master=master, in_sync=in_sync, behind=behind)
    assert look.trouble(replicas, 3) == (takes, said)


def test_controllers_that_do_not_answer_prove_nothing() -> None:
    takes, said = look.trouble("timed out", 3)
    assert takes is None
    assert "timed out" in said


def test_each_member_with_its_part(orders: Topology, replaying: Replaying, recorded: Recorded) -> None:
    hosts = {str(host.address): host for host in orders.by_role(Role.BROKER)}
    # The recordings are of two clusters: their addresses become those of this one.
    told = recorded("sync-state")
    for old, new in (
        ("10.213.0.7", "10.81.0.65"),
        ("10.213.0.6", "10.81.0.64"),
        ("10.213.0.8", "10.81.0.66"),
    ):
        assert len(old) == len(new)
        told = told.replace(old.encode(), new.encode())
    answers = {1005: recorded("controller-metadata"), 1006: told}
    answers |= {28: recorded("runtime-info"), 907: recorded("ha-status")}
    members, replicas = look.brokers(replaying(answers), ["10.81.0.16:9878"], "orders-0", hosts, port=10911)
    assert not isinstance(replicas, str)
    assert [(each.zone, each.role, each.lag_bytes) for each in members] == [
        ("box-01", "replica", 0),
        ("box-02", "master", None),
        ("box-03", "replica", 0),
    ]
    assert all(each.in_sync for each in members)


def test_members_that_do_not_answer_are_down(orders: Topology, replaying: Replaying) -> None:
    hosts = {str(host.address): host for host in orders.by_role(Role.BROKER)}
    members, replicas = look.brokers(replaying({}), ["10.81.0.16:9878"], "orders-0", hosts, port=10911)
    assert isinstance(replicas, str)
    assert {each.role for each in members} == {"down"}


def test_a_nameserver_that_knows_fewer_groups_is_not_up_to_date(
    orders: Topology, replaying: Replaying, recorded: Recorded
) -> None:
    hosts = {str(host.address): host for host in orders.by_role(Role.NAMESERVER)}
    answers = {1005: recorded("controller-metadata"), 106: recorded("cluster-info")}
    assert [each.in_sync for each in look.nameservers(replaying(answers), hosts)] == [True] * 3
    without_leader = {106: recorded("cluster-info")}
    assert [each.in_sync for each in look.nameservers(replaying(without_leader), hosts)] == [False] * 3
