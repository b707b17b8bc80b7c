"""Manifests: by the published schemas, readable, the same each time, and without a secret."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from steppe import kubernetes, spec, topology
from steppe.errors import SteppeError
from steppe.kubernetes import Runner, Task
from steppe.topology import Topology

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "inner.yaml"
VERSIONS = ("1.26", "1.31", "1.37")
"""Kubernetes' releases whose schemas are asked: the oldest that steppe means to serve, and newer ones."""
FILE = """\
cluster: inner
region: cn-bj2
zones: [cn-bj2-02, cn-bj2-03, cn-bj2-05]
access: {mode: direct, from: [10.98.0.0/16]}
rocketmq:
  nameservers: {main: {}}
"""
WHERE = {"inner-consul": "10.80.15.254", "inner-nomad": "10.80.15.253", "inner-nameserver": "10.81.15.254"}
RUNNER = Runner(
    image="registry.example.com/steppe:0.1.0", job=Task.VERIFY, cron=Task.STATUS, schedule="*/15 * * * *"
)


INNER = topology.build(spec.parse(FILE, "inner.yaml"))


@pytest.fixture(scope="module")
def inner() -> Topology:
    return INNER


@pytest.fixture(scope="module")
def made(inner: Topology) -> list[dict[str, Any]]:
    return [*kubernetes.balancers(inner, WHERE, "shop"), *kubernetes.runs(inner, FILE, RUNNER, "shop")]


def test_they_are_as_they_were(made: list[dict[str, Any]]) -> None:
    text = kubernetes.text(made)
    if os.environ.get("STEPPE_WRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()
    assert list(yaml.safe_load_all(text)) == made


@given(cluster_file=st.text())
@example(cluster_file="a: 1\n\x85b: \u2028\n")
def test_any_cluster_file_reads_back_the_same(cluster_file: str) -> None:
    config_map = next(kubernetes.runs(INNER, cluster_file, RUNNER, "shop"))
    assert yaml.safe_load(kubernetes.text([config_map])) == config_map
    assert config_map["data"] == {"cluster.yaml": cluster_file}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid_by_the_published_schemas(made: list[dict[str, Any]], version: str) -> None:
    for each in made:
        kubernetes_validate.validate(each, version, strict=True)


def test_the_schemas_would_find_a_mistake(made: list[dict[str, Any]]) -> None:
    wrong = {**made[0], "spec": {**made[0]["spec"], "prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_each_balancer_has_a_service_and_a_slice_that_belong_together(
    inner: Topology, made: list[dict[str, Any]]
) -> None:
    services = {each["metadata"]["name"]: each for each in made if each["kind"] == "Service"}
    slices = [each for each in made if each["kind"] == "EndpointSlice"]
    assert services.keys() == WHERE.keys()
    for each in slices:
        labels = each["metadata"]["labels"]
        service = services[labels["kubernetes.io/service-name"]]
        assert "selector" not in service["spec"]
        assert [(port["name"], port["port"]) for port in service["spec"]["ports"]] == [
            (port["name"], port["port"]) for port in each["ports"]
        ]
        assert each["endpoints"][0]["addresses"] == [WHERE[service["metadata"]["name"]]]
        assert labels["app.kubernetes.io/instance"] == inner.cluster
    heard = {each["metadata"]["labels"]["kubernetes.io/service-name"]: each["ports"] for each in slices}
    assert [port["port"] for port in heard["inner-consul"]] == [8501]
    assert [port["port"] for port in heard["inner-nameserver"]] == [9876, 8080]


def pods(made: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in made:
        if each["kind"] == "Job":
            yield each["spec"]["template"]["spec"]
        if each["kind"] == "CronJob":
            yield each["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_keys_are_named_and_never_written(made: list[dict[str, Any]]) -> None:
    for pod in pods(made):
        opening, running = pod["initContainers"][0], pod["containers"][0]
        keys = {each["name"]: each for each in running["env"] if each["name"].startswith("UCLOUD_")}
        assert {"UCLOUD_PUBLIC_KEY", "UCLOUD_PRIVATE_KEY"} <= keys.keys()
        assert all(
            each["valueFrom"]["secretKeyRef"]["name"] == "inner-steppe" and "value" not in each
            for each in keys.values()
        )
        # What opens the workspace never sees the API's keys, and steppe never the passphrase.
        assert not [each for each in opening["env"] if each["name"].startswith("UCLOUD_")]
        assert "sealed" not in {mount["name"] for mount in running["volumeMounts"]}


def test_the_authority_of_a_private_regions_api_is_where_steppe_looks(inner: Topology) -> None:
    private = list(kubernetes.runs(inner, FILE, replace(RUNNER, has_api_ca=True), "shop"))
    for each in private:
        kubernetes_validate.validate(each, VERSIONS[-1], strict=True)
    for pod in pods(private):
        running = pod["containers"][0]
        (file,) = [each["value"] for each in running["env"] if each["name"] == "UCLOUD_CA_FILE"]
        (volume,) = [each for each in pod["volumes"] if each["name"] == "authority"]
        (place,) = [each["mountPath"] for each in running["volumeMounts"] if each["name"] == "authority"]
        assert file == f"{place}/{volume['secret']['items'][0]['path']}"


def test_pods_may_do_no_more_than_they_need(made: list[dict[str, Any]]) -> None:
    for pod in pods(made):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for each in (*pod["initContainers"], *pod["containers"]):
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@pytest.mark.parametrize(
    ("check", "text", "said"),
    [
        (kubernetes.checked_namespace, "Shop", "--namespace 'Shop'"),
        (kubernetes.checked_namespace, "-shop", "no dash at the ends"),
        (kubernetes.checked_name, "p@ss word", "never what is in it"),
        (kubernetes.checked_image, "registry.example.com/steppe", "neither a tag nor a digest"),
        (kubernetes.checked_image, "registry.example.com/Steppe:1", "is no name of an image"),
        (kubernetes.checked_schedule, "* * * *", "it has 4 fields"),
        (kubernetes.checked_schedule, "61 * * * *", "'61' is no minute, 0 to 59"),
        (kubernetes.checked_schedule, "*/0 * * * *", "'*/0' is no minute"),
        (kubernetes.checked_schedule, "0 0 * * fry", "'fry' is no day of week"),
        (kubernetes.checked_schedule, "* * * * 7", "'7' is no day of week, 0 to 6"),
        (kubernetes.checked_schedule, "5-1 * * * *", "'5-1' is no minute"),
        (kubernetes.checked_schedule, "٣ * * * *", "'٣' is no minute"),
        (kubernetes.checked_image, "steppe:1\n", "is no name of an image"),
        (kubernetes.checked_name, "key=secret", "never what is in it"),
    ],
)
def test_what_kubernetes_would_refuse_is_refused_here(check: Any, text: str, said: str) -> None:
    with pytest.raises(SteppeError) as caught:
        check(text)
    assert said in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "text", ["*/15 * * * *", "0 3 * * mon-fri", "5,35 0-6/2 1 jan *", "@daily", "? ? * * 0"]
)
def test_schedules_that_kubernetes_takes_are_taken(text: str) -> None:
    assert kubernetes.checked_schedule(text) == text


@pytest.mark.parametrize(
    "text", ["localhost:5000/steppe:1", f"steppe@sha256:{'0a' * 32}", "r.example.com/a/b__c/d-e:1"]
)
def test_images_that_kubernetes_takes_are_taken(text: str) -> None:
    assert kubernetes.checked_image(text) == text


def test_the_container_file_takes_what_is_there() -> None:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert copied and all((ROOT / each).exists() for each in copied)
    kept = (ROOT / ".containerignore").read_text().splitlines()
    assert kept[0] == "*" and {f"!{each}" for each in copied} <= set(kept)
    assert any(line.startswith("USER 10001") for line in lines)
