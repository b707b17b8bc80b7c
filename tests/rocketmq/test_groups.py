"""Ports of Broker groups: kept, never shared, the first that is free."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe import spec, topology
from steppe.errors import SteppeError
from steppe.rocketmq.groups import with_ports
from steppe.rocketmq.jobs import group_of
from steppe.spec.limits import MAX_BROKER_GROUPS
from steppe.topology import Role, Topology, ports

NAMES = ["one", "two", "three", "four"]
PORTS = [ports.broker(index) for index in range(6)]


def of(*names: str) -> Topology:
    groups = ", ".join(f"{name}: {{nameserver: main}}" for name in names)
    text = f"rocketmq: {{nameservers: {{main: {{}}}}, brokers: {{{groups}}}}}"
    return topology.build(spec.parse(f"cluster: orders\nregion: box\n{text}", "cluster.yaml"))


@given(
    wanted=st.lists(st.sampled_from(NAMES), unique=True),
    known=st.dictionaries(st.sampled_from([*NAMES, "other"]), st.sampled_from(PORTS)),
)
def test_no_two_groups_have_one_port_and_what_runs_keeps_its_own(
    wanted: list[str], known: dict[str, int]
) -> None:
    allotted = {group.name: group.port for group in with_ports(of(*wanted), known).broker_groups}
    assert len(set(allotted.values())) == len(wanted)
    first = {port: name for name, port in reversed(known.items())}
    for name, port in known.items():
        if first[port] == name and name in allotted:
            assert allotted[name] == port
    foreign = {port for port, name in first.items() if name not in wanted}
    assert foreign.isdisjoint(allotted.values())


def test_a_new_cluster_has_the_ports_in_the_order_of_the_file() -> None:
    built = of("two", "one")
    assert with_ports(built, {}) == built


def test_there_is_no_port_beyond_those_that_hosts_let_in() -> None:
    everything = {f"old-{index}": ports.broker(index) for index in range(MAX_BROKER_GROUPS)}
    with pytest.raises(SteppeError) as raised:
        with_ports(of("one"), everything)
    assert raised.value.code == "mq.no-port"


@pytest.mark.parametrize(
    ("job", "group"),
    [
        ("rocketmq-broker-orders-0", (Role.BROKER, "orders-0")),
        ("rocketmq-nameserver-main", (Role.NAMESERVER, "main")),
        ("rocketmq-endpoint", None),
        ("rocketmq-verify-main-1", None),
        ("rocketmq-delete-data-one-1", None),
    ],
)
def test_whose_job_it_is(job: str, group: tuple[Role, str] | None) -> None:
    assert group_of(job) == group
