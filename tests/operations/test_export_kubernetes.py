"""`steppe export kubernetes` as a user types it, against a region with the cluster up and one without."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cloud.cluster_in_box import ClusterInBox
from tests.operations.conftest import REGIONS, keep
from tests.operations.typed import STEPPE, steppe
from ubox.testing import serve

IMAGE = ("--image", "registry.example.com/steppe:0.1.0")


def test_services_lead_to_the_addresses_that_the_cloud_chose(outside: ClusterInBox, file: Path) -> None:
    done = steppe("export", "kubernetes", file, "--namespace", "shop")
    assert done.returncode == 0, done.stderr
    slices = [each for each in yaml.safe_load_all(done.stdout) if each["kind"] == "EndpointSlice"]
    told = {ulb["Name"]: ulb["PrivateIP"] for ulb in outside.api.rows("DescribeULB", "DataSet")}
    assert {
        each["metadata"]["labels"]["kubernetes.io/service-name"]: each["endpoints"][0]["addresses"][0]
        for each in slices
    } == told
    assert len(told) == 3


@pytest.mark.usefixtures("outside")
def test_a_file_is_written_for_its_reader(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "shop.yaml"
    done = steppe("export", "kubernetes", file, "--out", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert len(list(yaml.safe_load_all(out.read_text()))) == 6
    assert "6 objects" in done.stderr


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*IMAGE,), "access.mode is bastion"),
        (("--job", "plan", "--api-ca"), "--job, --api-ca says how steppe runs in a pod"),
        (("--namespace", "No_Such"), "--namespace 'No_Such'"),
        (("--out", "/no/such/folder/x.yaml"), "/no/such/folder/x.yaml can't be written"),
        ((*IMAGE, "--schedule", "often"), "it has 1 fields"),
    ],
)
def test_what_is_wrong_is_named(file: Path, words: tuple[str, ...], said: str) -> None:
    done = steppe("export", "kubernetes", file, *words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert done.stdout == ""


@pytest.mark.usefixtures("outside")
def test_a_cluster_that_is_not_there_has_no_addresses(file: Path) -> None:
    file.write_text(file.read_text().replace("cluster: orders", "cluster: parcels"))
    done = steppe("export", "kubernetes", file)
    assert done.returncode == 1
    assert "no balancer parcels-consul, parcels-nomad, parcels-nameserver yet" in done.stderr
    assert "steppe up" in done.stderr


@pytest.mark.usefixtures("outside")
def test_with_direct_access_a_job_and_a_cron_job_are_written(file: Path) -> None:
    text = file.read_text().replace("access: {", "access: {mode: direct, ")
    file.write_text(text)
    done = steppe("export", "kubernetes", file, *IMAGE, "--cron", "plan")
    assert done.returncode == 0, done.stderr
    made = {each["kind"]: each for each in yaml.safe_load_all(done.stdout)}
    assert made["ConfigMap"]["data"]["cluster.yaml"] == text
    assert made["CronJob"]["metadata"]["name"] == "orders-steppe-plan"
    assert made["Job"]["spec"]["template"]["spec"]["containers"][0]["args"][0] == "verify"


def test_the_containers_do_what_they_are_for_with_what_they_are_given(
    outside: ClusterInBox, file: Path, tmp_path: Path
) -> None:
    """Each is run with its own arguments and environment; the pod's folders stand in the test's.

    In a region without the cluster: its hosts would be asked at addresses that aren't this machine's.
    """
    keep(outside.secrets)
    passphrase, sealed = tmp_path / "secret" / "passphrase", tmp_path / "secret" / "workspace.sealed"
    passphrase.parent.mkdir()
    passphrase.write_text("a long enough passphrase\n")
    done = steppe("workspace", "export", file, "--out", sealed, "--passphrase-file", passphrase)
    assert done.returncode == 0, done.stderr
    file.write_text(file.read_text().replace("access: {", "access: {mode: direct, "))
    made = steppe("export", "kubernetes", file, *IMAGE, "--job", "plan").stdout
    (pod,) = [each["spec"]["template"]["spec"] for each in yaml.safe_load_all(made) if each["kind"] == "Job"]
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "cluster.yaml").write_text(file.read_text())
    folders = {
        "/var/lib/steppe": str(tmp_path / "pod"),
        "/run/steppe": str(passphrase.parent),
        "/etc/steppe": str(tmp_path / "cluster"),
        "/tmp": str(tmp_path),
    }
    secret: dict[str, str] = {}

    def run(container: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        given = {
            each["name"]: folders[each["value"]] if "value" in each else secret[each["name"]]
            for each in container["env"]
        }
        arguments = [here(word) for word in container["args"]]
        return subprocess.run(
            [*STEPPE, *arguments],
            env={"PATH": "/usr/bin:/bin", **given},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def here(word: str) -> str:
        for folder, own in folders.items():
            if word.startswith(f"{folder}/"):
                return own + word.removeprefix(folder)
        return word

    with serve(regions=REGIONS) as empty:
        secret |= {
            "UCLOUD_PUBLIC_KEY": empty.public_key,
            "UCLOUD_PRIVATE_KEY": empty.private_key,
            "UCLOUD_PROJECT_ID": empty.project_id,
            "UCLOUD_API_BASE_URL": empty.endpoint,
        }
        opened = run(pod["initContainers"][0])
        assert opened.returncode == 0, opened.stderr
        planned = run(pod["containers"][0])
    assert planned.returncode == 3, planned.stderr
    assert "orders-consul-a" in planned.stderr
    (own,) = (tmp_path / "pod").glob("*/orders/secrets.json")
    assert own.stat().st_mode & 0o777 == 0o600
    # A passphrase that opens nothing stops the pod before steppe runs.
    passphrase.write_text("another long passphrase\n")
    refused = run(pod["initContainers"][0])
    assert refused.returncode == 2 and "passphrase does not open" in refused.stderr


def test_no_secret_is_written_in_clear_or_coded(outside: ClusterInBox, file: Path) -> None:
    keep(outside.secrets)
    file.write_text(file.read_text().replace("access: {", "access: {mode: direct, "))
    done = steppe("export", "kubernetes", file, *IMAGE)
    assert done.returncode == 0, done.stderr
    for secret in (
        outside.served.private_key,
        outside.served.public_key,
        outside.secrets.ca_key,
        outside.secrets.consul_management.secret,
        outside.secrets.nomad_management,
        outside.secrets.consul_gossip,
        outside.secrets.users.administrator.secret,
    ):
        assert secret not in done.stdout
        assert base64.b64encode(secret.encode()).decode() not in done.stdout


def test_the_one_balancer_that_is_missing_is_named(outside: ClusterInBox, file: Path) -> None:
    file.write_text(file.read_text().replace("cluster: orders", "cluster: other"))
    place = {
        "VPCId": outside.id("vpc", "orders-net-client"),
        "SubnetId": outside.id("subnet", "orders-subnet-client"),
    }
    kind = {"Tag": "other", "InnerMode": "Yes", "OuterMode": "No", "ListenType": "PacketsTransmit"}
    made = [
        outside.api.call("CreateULB", ULBName=f"other-{role}", **kind, **place)["ULBId"]
        for role in ("consul", "nameserver")
    ]
    done = steppe("export", "kubernetes", file)
    for each in made:
        outside.api.call("DeleteULB", ULBId=each)
    assert done.returncode == 1
    assert "no balancer other-nomad yet" in done.stderr
