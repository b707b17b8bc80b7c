"""RocketMQ's processes as its Nomad jobs would start them, started by hand.

Command, user, JVM options and configuration come out of the job files: Nomad's own command line reads them
(`nomad job run -output` asks no server), and what Nomad fills in on a host is filled in here.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.machines import Machines
from steppe.rocketmq.jobs import JobFile
from steppe.topology.model import Host

_KNOWN = re.compile(r'\$\{([\w.]+)\}|\{\{ *env "(\w+)" *\}\}|\{\{ *\.(\w+) *\}\}')
_WITH_VARIABLE = re.compile(r'\s*\{\{-? *(?:with nomadVar "[^"]*"|end) *-?\}\}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one task of a job runs; `${NOMAD_TASK_DIR}` and its like are not filled in yet."""

    name: str
    command: tuple[str, ...]
    user: str
    environment: Mapping[str, str]
    templates: Mapping[str, str]
    """Text by its path below the task's folder."""


def read(nomad: Path, job: JobFile) -> Task:
    """The job's only task. `nomad` is its program. Raises CalledProcessError if that can't read the job."""
    with tempfile.TemporaryDirectory() as folder:
        source, variables = Path(folder) / job.file, Path(folder) / "variables.hcl"
        source.write_text(job.source)
        variables.write_text(job.variables_text)
        command = [str(nomad), "job", "run", "-output", f"-var-file={variables}", str(source)]
        parsed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    task = json.loads(parsed)["Job"]["TaskGroups"][0]["Tasks"][0]
    return Task(
        name=job.id,
        command=(task["Config"]["command"], *task["Config"].get("args", ())),
        user=task["User"],
        environment=task["Env"] or {},
        templates={each["DestPath"]: each["EmbeddedTmpl"] for each in task["Templates"] or ()},
    )


def start(
    machines: Machines,
    host: Host,
    task: Task,
    *,
    items: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts the task on the host. `items`: what its job's variable in Nomad would hold. `texts` stand in for
    the templates, where those need Consul."""
    folder = f"/opt/bench/{task.name}"
    known = {
        "NOMAD_TASK_DIR": f"{folder}/local",
        "NOMAD_SECRETS_DIR": f"{folder}/secrets",
        "NOMAD_IP_remoting": str(host.address),
        "NOMAD_IP_replication": str(host.address),
        "meta.zone_index": str(host.zone.index),
    }
    environment = {name: _filled(value, known) for name, value in task.environment.items()}
    known |= environment
    for path, text in (task.templates if texts is None else texts).items():
        place = Path(folder) / _filled(path, known)
        machines.write(host, str(place), _filled(_WITH_VARIABLE.sub("", text), {**known, **(items or {})}))
    command = [_filled(word, known) for word in task.command]
    return machines.run(host, task.user, environment, command, f"{task.name}.log")


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _KNOWN.sub(lambda match: known[match[1] or match[2] or match[3]], text)
