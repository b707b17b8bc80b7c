"""The job files as Nomad itself reads them: with the variables of steppe, and as a person runs them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from steppe.rocketmq import jobs as room
from steppe.rocketmq.hcl import Value, variables
from steppe.rocketmq.jobs import VERIFY_FILE, JobFile, jobs
from steppe.topology import Topology

FOLDER = Path(room.__file__).parent


def read(nomad: Path, job: JobFile, folder: Path) -> dict[str, Any]:
    """The job as `nomad job run -output` shows it."""
    file = folder / "variables.hcl"
    file.write_text(job.variables_text)
    command = [str(nomad), "job", "run", "-output", f"-var-file={file}", str(FOLDER / job.file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    job_read: dict[str, Any] = json.loads(done.stdout)["Job"]
    return job_read


@pytest.fixture
def parsed(
    nomad: Path, orders: Topology, balancers: Mapping[str, str], tmp_path: Path
) -> dict[str, dict[str, Any]]:
    return {job.id: read(nomad, job, tmp_path) for job in jobs(orders, balancers)}


def template(job: Mapping[str, Any], place: int = 0) -> str:
    return str(job["TaskGroups"][0]["Tasks"][0]["Templates"][place]["EmbeddedTmpl"])


def constraints(job: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["LTarget"], each["Operand"], each["RTarget"]) for each in job["Constraints"]]


def test_ids_come_from_the_groups(parsed: dict[str, dict[str, Any]]) -> None:
    assert {name: job["ID"] for name, job in parsed.items()} == {name: name for name in parsed}


def test_nameservers_stand_one_in_a_zone_on_their_hosts(parsed: dict[str, dict[str, Any]]) -> None:
    job = parsed["rocketmq-nameserver-main"]
    assert job["NodePool"] == "nameserver"
    assert ("${node.class}", "=", "nameServer") in constraints(job)
    assert ("${meta.az}", "distinct_property", "1") in constraints(job)
    hosts = "orders-nameserver-a,orders-nameserver-b,orders-nameserver-c"
    assert ("${node.unique.name}", "set_contains_any", hosts) in constraints(job)


def test_controllers_know_each_other(parsed: dict[str, dict[str, Any]]) -> None:
    text = template(parsed["rocketmq-nameserver-main"])
    assert "controllerDLegerPeers=n0-10.81.0.16:9878;n1-10.81.0.17:9878;n2-10.81.0.18:9878\n" in text
    assert 'controllerDLegerSelfId=n{{ env "ZONE_INDEX" }}\n' in text


def test_a_broker_acknowledges_nothing_that_it_could_lose(parsed: dict[str, dict[str, Any]]) -> None:
    properties = dict(
        re.findall(r"^\s*(\w+)=(.*)$", template(parsed["rocketmq-broker-orders-0"]), re.MULTILINE)
    )
    wanted = {
        "enableControllerMode": "true",
        "brokerId": "-1",
        "brokerRole": "SLAVE",
        "allAckInSyncStateSet": "true",
        "minInSyncReplicas": "2",
        "controllerAddr": "10.81.0.16:9878;10.81.0.17:9878;10.81.0.18:9878",
        "rmqAddressServerDomain": "10.81.15.200:8080",
        "rmqAddressServerSubGroup": "main",
        "haListenPort": "12911",
    }
    assert wanted.items() <= properties.items()


def test_a_broker_answers_nobody_without_a_signature(parsed: dict[str, dict[str, Any]]) -> None:
    text = template(parsed["rocketmq-broker-orders-0"])
    assert "\nauthenticationEnabled=true\n" in text
    assert "\nauthorizationEnabled=true\n" in text
    assert "\nauthorizationProvider=Permissions\n" in text


def test_a_brokers_secrets_are_in_files_of_its_own_and_nowhere_in_the_job(
    parsed: dict[str, dict[str, Any]],
) -> None:
    task = parsed["rocketmq-broker-orders-0"]["TaskGroups"][0]["Tasks"][0]
    for each in task["Templates"]:
        assert each["DestPath"].startswith("${NOMAD_SECRETS_DIR}/")
        assert (each["Perms"], each["Uid"], each["Gid"]) == ("0600", 902, 902)
        assert '{{ with nomadVar "nomad/jobs/rocketmq-broker-orders-0" }}' in each["EmbeddedTmpl"].replace(
            "{{-", "{{"
        )
    users = task["Templates"][1]
    assert (users["DestPath"], users["ChangeMode"]) == ("${NOMAD_SECRETS_DIR}/users.json", "noop")
    assert "-Dusers.file=${NOMAD_SECRETS_DIR}/users.json" in task["Env"]["JAVA_OPTS"]


def test_a_broker_waits_for_its_host_and_its_data(parsed: dict[str, dict[str, Any]]) -> None:
    disconnect = parsed["rocketmq-broker-orders-0"]["TaskGroups"][0]["Disconnect"]
    assert (disconnect["Replace"], disconnect["Reconcile"]) == (False, "keep_original")


def test_the_endpoint_never_serves_an_empty_list(parsed: dict[str, dict[str, Any]]) -> None:
    for place in (0, 1):
        text = template(parsed["rocketmq-endpoint"], place)
        otherwise = text.split("{{- else -}}")[1].split("{{- end }}")[0].strip()
        assert otherwise == "10.81.0.16:9876;10.81.0.17:9876;10.81.0.18:9876"


def test_further_properties_and_awkward_text_arrive_as_they_are(
    nomad: Path, orders: Topology, balancers: Mapping[str, str], tmp_path: Path
) -> None:
    broker = jobs(orders, balancers)[-1]
    awkward: dict[str, Value] = {"aclFile": 'a "quoted" ${literal} %{text} \\ é'}
    given: dict[str, Value] = {**broker.variables, "properties": awkward}
    job = JobFile(id=broker.id, file=broker.file, variables=given)
    assert f"aclFile={awkward['aclFile']}\n" in template(read(nomad, job, tmp_path))


def test_verify_runs_once(nomad: Path, tmp_path: Path) -> None:
    given: dict[str, Value] = {
        "id": "check-1",
        "topic": "check",
        "messages": 7,
        "nameserver": "main",
        "endpoint": "10.0.0.1:8080",
    }
    job = read(nomad, JobFile(id="check-1", file=VERIFY_FILE, variables=given), tmp_path)
    task = job["TaskGroups"][0]["Tasks"][0]
    credentials = "${NOMAD_SECRETS_DIR}/user.conf"
    assert task["Config"]["args"] == ["--topic", "check", "--messages", "7", "--credentials", credentials]
    assert [(each["DestPath"], each["Perms"]) for each in task["Templates"]] == [(credentials, "0600")]
    assert job["TaskGroups"][0]["RestartPolicy"]["Attempts"] == 0
    assert "-Drocketmq.namesrv.domain=10.0.0.1:8080 " in task["Env"]["JAVA_OPTS"]


def test_files_have_nomads_own_format(nomad: Path) -> None:
    done = subprocess.run([nomad, "fmt", "-check", "-list", FOLDER], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_example_in_a_file_runs(nomad: Path) -> None:
    for file in sorted(FOLDER.glob("*.nomad.hcl")):
        lines = [line[1:].strip() for line in file.read_text().splitlines() if line.startswith("#")]
        command = " ".join(lines[next(i for i, line in enumerate(lines) if line.startswith("nomad")) :])
        shown = command.replace("\\", "").replace("nomad job run", f"{nomad} job run -output")
        done = subprocess.run(["sh", "-c", shown], cwd=FOLDER, capture_output=True, text=True)
        assert done.returncode == 0, f"{file.name}: {done.stderr}"


def test_literals_are_json_but_for_templates() -> None:
    assert variables({"a": ["x"], "b": "${c}"}) == 'a = ["x"]\nb = "$${c}"\n'
