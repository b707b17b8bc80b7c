"""A Nomad job on a client host that calls the cloud API at its public address, and what the API saw of it."""

from __future__ import annotations

import json
import uuid
from ipaddress import IPv4Network
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

from steppe.control.nomad import NomadApi
from tests.whole.conftest import Shell, until
from ubox.wire.signature import sign

_ACTION = "ListSubnetForNATGW"
"""A call that neither steppe nor a host makes by itself."""
_GONE = ("complete", "failed", "lost")


def public_url(shell: Shell) -> str:
    """A signed call of the API at its address on the internet; the same each time."""
    box = _told(shell)
    address = IPv4Network(box["internet"]["cidr"])[2]
    call = {"Action": _ACTION, "Region": box["region"], "ProjectId": box["project_id"]}
    call["PublicKey"] = box["public_key"]
    return (
        f"http://{address}:{box['port']}/?{urlencode({**call, 'Signature': sign(call, box['private_key'])})}"
    )


def address_of(url: str) -> tuple[str, str]:
    """Its address and port."""
    parts = urlsplit(url)
    return str(parts.hostname), str(parts.port)


def callers(shell: Shell) -> list[str]:
    """The addresses that the call of `public_url` came from, oldest first."""
    with urlopen(f"{_told(shell)['endpoint']}_box/calls") as answer:
        lines = json.load(answer)
    return [line["caller"] for line in lines if (line["action"], line["retcode"]) == (_ACTION, 0)]


def called_by_a_job(nomad: NomadApi, url: str, pool: str) -> bool:
    """Whether a job on a host of that node pool got an answer; it runs as RocketMQ's user, and is removed."""
    name = f"outward-{uuid.uuid4().hex[:8]}"
    curl = {"command": "/usr/bin/curl", "args": ["--silent", "--fail", "--max-time", "5", url]}
    task = {
        "Name": "call",
        "Driver": "raw_exec",
        "User": "rocketmq",
        "Config": curl,
        "Resources": {"CPU": 50, "MemoryMB": 32},
    }
    group = {
        "Name": "call",
        "Tasks": [task],
        "RestartPolicy": {"Attempts": 0, "Mode": "fail"},
        "ReschedulePolicy": {"Attempts": 0, "Unlimited": False},
    }
    job = {"ID": name, "Type": "batch", "Datacenters": ["*"], "NodePool": pool, "TaskGroups": [group]}
    nomad.request("POST", "/v1/jobs", {"Job": job})

    def ended() -> list[str]:
        found = nomad.request("GET", f"/v1/job/{name}/allocations")
        return [each["ClientStatus"] for each in found if each["ClientStatus"] in _GONE]

    until("the job has ended", lambda: bool(ended()))
    (state,) = ended()
    nomad.request("DELETE", f"/v1/job/{name}", params={"purge": "true"})
    return state == "complete"


def _told(shell: Shell) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((shell.box / "box.json").read_text())
    return told
