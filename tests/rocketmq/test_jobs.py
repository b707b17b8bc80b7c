"""Which jobs a topology runs, with which variables.

After a wanted change: STEPPE_WRITE_GOLDEN=1 pytest tests/rocketmq
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe import spec, topology
from steppe.rocketmq.jobs import jobs, render
from steppe.rocketmq.sizes import sizes
from steppe.topology import Role, Topology

HERE = Path(__file__).parent
Build = Callable[[str], Topology]
HOST = topology.build(spec.parse("cluster: orders\nregion: box\n", "cluster.yaml")).by_role(Role.BROKER)[0]

TWO_GROUPS = """
hosts: {nameserver: {per_zone: 2}, broker: {per_zone: 1, memory: 16GiB}}
rocketmq:
  nameservers: {main: {}, other: {}}
  brokers: {one: {nameserver: main}, two: {nameserver: other}}
"""


def test_the_commands_of_the_example(orders: Topology, balancers: Mapping[str, str]) -> None:
    text = render(jobs(orders, balancers)) + "\n"
    golden = HERE / "golden" / "orders.sh"
    if os.environ.get("STEPPE_WRITE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


def test_a_topology_without_groups_runs_nothing(build: Build) -> None:
    assert jobs(build(""), {}) == ()


def test_groups_get_their_own_hosts_ports_and_share_of_memory(
    build: Build, balancers: Mapping[str, str]
) -> None:
    found = {job.id: job.variables for job in jobs(build(TWO_GROUPS), balancers)}
    assert list(found) == [
        "rocketmq-nameserver-main",
        "rocketmq-nameserver-other",
        "rocketmq-endpoint",
        "rocketmq-broker-one",
        "rocketmq-broker-two",
    ]
    assert found["rocketmq-nameserver-other"]["members"] == ["10.81.0.19", "10.81.0.20", "10.81.0.21"]
    assert found["rocketmq-broker-two"]["controllers"] == ["10.81.0.19", "10.81.0.20", "10.81.0.21"]
    assert found["rocketmq-broker-two"]["port"] == 10931
    assert found["rocketmq-broker-one"]["memory_mib"] == 16 * 1024 * 5 // 8 // 2


def test_processes_fit_the_smallest_host_and_disk_of_any_zone(
    build: Build, balancers: Mapping[str, str]
) -> None:
    broker = "memory: [16GiB, 8GiB, 16GiB], data_disk: {size: [20GiB, 200GiB, 200GiB]}"
    group = "rocketmq: {nameservers: {main: {}}, brokers: {one: {nameserver: main}}}"
    found = jobs(build(f"hosts: {{broker: {{{broker}}}}}\n{group}\n"), balancers)[-1].variables
    small = jobs(build(f"hosts: {{broker: {{data_disk: {{size: 20GiB}}}}}}\n{group}\n"), balancers)[-1]
    assert found["memory_mib"] == 8 * 1024 * 5 // 8
    assert found["commitlog_file_mib"] == small.variables["commitlog_file_mib"]


def test_groups_that_run_beside_the_files_keep_their_share(
    orders: Topology, balancers: Mapping[str, str]
) -> None:
    alone, beside = (
        jobs(orders, balancers, further_groups=count)[-1].variables["memory_mib"] for count in (0, 1)
    )
    assert isinstance(alone, int) and beside == alone // 2


def test_a_big_disk_gets_big_files(build: Build, balancers: Mapping[str, str]) -> None:
    groups = "rocketmq: {nameservers: {main: {}}, brokers: {one: {nameserver: main}}}"
    broker = jobs(build(groups), balancers)[-1]
    assert broker.variables["commitlog_file_mib"] == 1024


@pytest.mark.parametrize("role", [Role.NAMESERVER, Role.BROKER])
@given(memory=st.integers(1, 256), groups=st.integers(1, 3))
def test_a_process_fits_its_task_and_the_tasks_fit_the_host(role: Role, memory: int, groups: int) -> None:
    host = dataclasses.replace(HOST, role=role, memory_mib=max(memory, groups) * 1024)
    size = sizes(host, groups=groups)
    assert size.heap + size.direct < size.memory
    assert size.memory * groups <= host.memory_mib - 256


def test_only_small_heaps_get_the_small_jvm() -> None:
    small = sizes(dataclasses.replace(HOST, memory_mib=2048))
    big = sizes(dataclasses.replace(HOST, memory_mib=8192))
    assert "SerialGC" in small.java_opts
    assert "SerialGC" not in big.java_opts
