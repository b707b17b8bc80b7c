"""Job files to Nomad: parsed by its own API, compared by its own plan, and registered only when different.

API: https://developer.hashicorp.com/nomad/api-docs/jobs (parse, plan, register).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steppe.rocketmq.interfaces import HttpApi
from steppe.rocketmq.jobs import JobFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What registering a job would change."""

    job: JobFile
    parsed: Mapping[str, Any]
    """The job as Nomad reads the file."""
    kind: str
    """`None`, `Added` or `Edited`: Nomad's words."""
    index: int
    """The running job's version that was compared; registering is refused when it has moved."""
    restarts: bool
    """Whether members that run would be replaced."""
    keeps: bool
    """Whether members that run would stay or be changed in place."""

    @property
    def is_change(self) -> bool:
        return self.kind != "None"


def compare(nomad: HttpApi, job: JobFile) -> Difference:
    """The job file against what runs. Changes nothing."""
    text = {"JobHCL": job.source, "Variables": job.variables_text, "Canonicalize": True}
    parsed = nomad.request("POST", "/v1/jobs/parse", json=text)
    plan = nomad.request("POST", f"/v1/job/{job.id}/plan", json={"Job": parsed, "Diff": True})
    groups = (plan.get("Annotations") or {}).get("DesiredTGUpdates") or {}

    def counts(*effects: str) -> bool:
        return any(group.get(effect) for group in groups.values() for effect in effects)

    return Difference(
        job=job,
        parsed=parsed,
        kind=plan["Diff"]["Type"],
        index=plan["JobModifyIndex"],
        restarts=counts("DestructiveUpdate"),
        keeps=counts("InPlaceUpdate", "Ignore"),
    )


def register(nomad: HttpApi, difference: Difference) -> None:
    """Gives Nomad the job, with its file and variables for people who look at it there."""
    job = difference.job
    nomad.request(
        "POST",
        "/v1/jobs",
        json={
            "Job": difference.parsed,
            "EnforceIndex": True,
            "JobModifyIndex": difference.index,
            "Submission": {"Source": job.source, "Format": "hcl2", "Variables": job.variables_text},
        },
    )


def submit(nomad: HttpApi, job: JobFile) -> bool:
    """Registers the job if it differs from what runs, and tells whether it did."""
    difference = compare(nomad, job)
    if difference.is_change:
        register(nomad, difference)
    return difference.is_change


def evaluate(nomad: HttpApi, job: str) -> None:
    """Lets Nomad look at a job again; nothing happens where all is well.

    A system job's allocation that failed in its set-up is not rescheduled by Nomad until then.
    """
    nomad.request("POST", f"/v1/job/{job}/evaluate", json={"JobID": job})
