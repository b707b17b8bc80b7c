"""Taking a cluster down waits as the real region needs, says for what, and in the end who holds what."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from steppe import engine, spec, topology
from steppe.cloud import KINDS
from steppe.control import secrets
from steppe.engine import Desired, plan_down
from steppe.engine.events import StepEvent, StepState
from steppe.errors import LeftBehind
from steppe.operations.cluster import changing
from steppe.operations.down import down
from steppe.workspace import workspace
from tests.cloud.cluster_in_box import QUICK, ClusterInBox, cluster_in_box, raises_nothing
from tests.cloud.conftest import SMALL
from ubox.settings import SPEEDS, Delay
from ubox.testing import serve

_SHORT = replace(QUICK, not_yet_s=0.4)
_AT_ONCE = SPEEDS["instant"]


def waits(cluster: ClusterInBox, step: str) -> list[StepEvent]:
    return [
        event
        for event in cluster.events
        if isinstance(event, StepEvent) and event.state is StepState.WAITING and event.step.startswith(step)
    ]


def taken_down(cluster: ClusterInBox, patience: engine.Patience) -> engine.Result:
    observed = cluster.observe()
    nothing = Desired(scope=cluster.desired.scope)
    plan = plan_down(observed, KINDS)
    return engine.apply(plan, nothing, observed, cluster.api, KINDS, cluster.events.append, patience=patience)


def test_a_subnet_that_cools_down_is_waited_for(small: topology.Topology) -> None:
    with cluster_in_box(small, timings=replace(_AT_ONCE, subnet_cooldown=1.0)) as cluster:
        raises_nothing(cluster.up())
        raises_nothing(cluster.down())
        told = waits(cluster, "delete subnet")
        assert told and all(event.left_s for event in told)
        assert all("4411" in event.why and "nothing holds it any more" in event.why for event in told)
        assert cluster.census() == ()


def test_a_firewall_whose_count_lags_is_waited_for(small: topology.Topology) -> None:
    with cluster_in_box(small, timings=replace(_AT_ONCE, firewall_lag=1.0)) as cluster:
        raises_nothing(cluster.up())
        raises_nothing(cluster.down())
        told = waits(cluster, "delete firewall orders-firewall-bastion")
        assert told and all("4361" in event.why for event in told)
        assert cluster.census() == ()


def test_a_boot_disk_that_is_being_filled_holds_up_nothing() -> None:
    """The cloud fills a local boot disk for ten minutes; the host runs and can be deleted meanwhile."""
    roles = ("consul", "nomad", "nameserver", "broker", "bastion")
    disk = "{machine_type: N, boot_disk: {type: LOCAL_SSD, size: 20GiB}, data_disk: null}"
    text = SMALL + "hosts:\n" + "".join(f"  {role}: {disk}\n" for role in roles)
    built = topology.build(spec.parse(text, "cluster.yaml"))
    with cluster_in_box(built, timings=replace(_AT_ONCE, boot_disk=Delay(600))) as cluster:
        raises_nothing(cluster.up())
        rows = cluster.api.rows("DescribeUHostInstance", "UHostSet", Tag="orders")
        states = {row["BootDiskState"] for row in rows}
        assert states == {"Initializing"}
        assert cluster.plan().is_empty
        raises_nothing(cluster.down())
        assert cluster.census() == ()


def stranger_in(cluster: ClusterInBox, subnet: str) -> str:
    """The id of a host that isn't the cluster's and stands in its subnet."""
    observed = cluster.observe()
    found = next(each for each in observed.of("subnet") if each.name == subnet)
    image = next(image for image in observed.of("image") if image.zone == "box-01")
    made = cluster.api.call(
        "CreateUHostInstance",
        Zone="box-01",
        ImageId=image.id,
        Name="stranger",
        LoginMode="Password",
        Password="YUExLWxvbmdlbm91Z2g=",
        CPU=1,
        Memory=1024,
        MachineType="O",
        Disks=[{"IsBoot": "true", "Type": "CLOUD_RSSD", "Size": 40}],
        VPCId=found.vpc,
        SubnetId=found.id,
    )
    return str(made["UHostIds"][0])


def test_at_the_deadline_it_says_what_holds_the_subnet(empty: ClusterInBox) -> None:
    raises_nothing(empty.up())
    stranger = stranger_in(empty, "orders-subnet-client")
    result = taken_down(empty, _SHORT)
    (failure,) = result.failures
    assert failure.step == "delete subnet orders-subnet-client"
    assert failure.error.code == "engine.deadline"
    assert f"stranger ({stranger})" in failure.error.message
    assert "stranger" in waits(empty, "delete subnet orders-subnet-client")[-1].why


def test_down_lists_what_is_left_and_goes_on_when_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve() as served:
        (tmp_path / "box.json").write_text(json.dumps({**served.sdk_config, "endpoint": served.endpoint}))
        monkeypatch.setenv("UBOX_DIR", str(tmp_path))
        monkeypatch.setenv("STEPPE_WORKSPACE", str(tmp_path / "workspace"))
        file = tmp_path / "cluster.yaml"
        file.write_text(SMALL)
        with changing(file, "up") as (known, _):
            secrets.keep(known.folder, known.secrets)
            cluster = ClusterInBox(
                topology=known.topology, served=served, api=known.api, secrets=known.secrets
            )
            raises_nothing(cluster.up())
        stranger = stranger_in(cluster, "orders-subnet-client")
        with pytest.raises(LeftBehind) as told:
            down(file, cluster.events.append, lambda plan: None, patience=_SHORT)
        assert told.value.exit_code == 6 and told.value.code == "down.left"
        assert "subnet orders-subnet-client" in told.value.message
        assert f"stranger ({stranger})" in told.value.message
        kept = workspace().cluster("box", "orders")
        assert (kept.path / secrets.FILE).exists(), "the secrets stay as long as something is left"
        cluster.api.call("PoweroffUHostInstance", UHostId=stranger, Zone="box-01")
        cluster.api.call("TerminateUHostInstance", UHostId=stranger, Zone="box-01", ReleaseUDisk=True)
        assert down(file, cluster.events.append, lambda plan: None, patience=QUICK)
        assert cluster.census() == ()
        assert not (kept.path / secrets.FILE).exists()
