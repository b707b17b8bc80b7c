"""A plan: what is to be done, in which order and why. The contract between looking and doing.

It is plain data with a deterministic JSON form (`docs/engine.md` has its schema) and holds no secret.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from steppe.engine.kind import Key
from steppe.errors import SteppeError, UsageError

VERSION = 1


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    field: str
    old: str | None
    new: str | None
    why: str = ""
    """Why it matters; empty for what is made, where the step says why."""
    force: str = ""
    """What the difference comes to, a `Force`; empty for what is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    action: Action
    kind: str
    name: str
    reason: str
    """A stable code, for example `absent` or `firewall.rules`."""
    sentence: str
    cloud_id: str = ""
    """Of what is changed or deleted."""
    maybe: str = ""
    """Why it isn't sure that this will be done; empty when it is sure."""
    changes: tuple[Change, ...] = ()
    needs: tuple[str, ...] = ()
    """Ids of the steps that must be done before."""

    @property
    def id(self) -> str:
        """For example `create host orders-consul-a`."""
        return f"{self.action} {self.kind} {self.name}"

    @property
    def key(self) -> Key:
        return Key(self.kind, self.name)

    @property
    def sure(self) -> bool:
        return not self.maybe


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that no step can mend."""

    kind: str
    name: str
    field: str
    old: str | None
    new: str | None
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    cluster: str
    region: str
    facts: str
    """Fingerprint of the facts that it was made from."""
    steps: tuple[Step, ...]
    """Each after those that it needs."""
    jobs: tuple[Step, ...] = ()
    """What Nomad is given when the cloud is as planned. `apply` leaves them to the operation."""
    on_hosts: tuple[Step, ...] = ()
    """What is put on hosts that run, over SSH. `apply` leaves it to the operation too."""
    held: tuple[Step, ...] = ()
    """What this operation doesn't do: replacements of hosts that work, and the end of jobs that run."""
    stays: tuple[str, ...] = ()
    """Carries the Cluster ID, isn't wanted, and stays until `down`, since it may hold data."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do and nothing in the way."""
        return not self.steps and not self.jobs and not self.on_hosts and not self.problems

    @property
    def fingerprint(self) -> str:
        """16 hex digits over the whole plan."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def count(self) -> Mapping[Action, int]:
        """How many steps of each action."""
        return {action: sum(step.action is action for step in self.steps) for action in Action}

    def to_json(self) -> str:
        """The same text for the same plan."""
        return json.dumps({"version": VERSION, **dataclasses.asdict(self)}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that `to_json` wrote. Raises UsageError for anything else."""
        try:
            data = json.loads(text)
            if data.pop("version") != VERSION:
                raise ValueError("it has another version")
            lists = {
                "steps": tuple(map(_step, data["steps"])),
                "jobs": tuple(map(_step, data["jobs"])),
                "on_hosts": tuple(map(_step, data["on_hosts"])),
                "held": tuple(map(_step, data["held"])),
                "stays": tuple(data["stays"]),
                "problems": tuple(Problem(**each) for each in data["problems"]),
            }
            return cls(**{**data, **lists})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"This is not a plan that this steppe wrote: {error}.",
                code="plan.unreadable",
                hint="Make one with `steppe plan FILE --out PLAN`.",
            ) from error


def refuse_problems(plan: Plan) -> None:
    """Raises SteppeError with every problem of the plan, if it has any."""
    if plan.problems:
        raise SteppeError(
            "\n".join(f"{each.kind} {each.name}: {each.sentence}" for each in plan.problems),
            code=plan.problems[0].reason,
            hint="Nothing was changed. Put the spec right; or `steppe down` first.",
        )


def refuse_moved(saved: Plan, now: Plan) -> None:
    """Raises SteppeError when a plan made now isn't the saved one; UsageError for another cluster's."""
    if (saved.cluster, saved.region) != (now.cluster, now.region):
        raise UsageError(
            f"The plan is for {saved.cluster} in {saved.region}, the file for {now.cluster} in {now.region}.",
            code="plan.other",
            hint="Give the file that the plan was made from.",
        )
    if saved.fingerprint != now.fingerprint:
        what = "the region has changed" if saved.facts != now.facts else "the spec or a job has changed"
        raise SteppeError(
            f"The plan no longer holds: {what} since it was made.",
            code="plan.moved",
            hint="Make a new one with `steppe plan FILE --out PLAN`, read it, and apply that.",
        )


def in_order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Each after those that it needs, otherwise in the order given. Needs outside the list are dropped."""
    by_id = {step.id: step for step in steps}
    placed: list[Step] = []
    seen: set[str] = set()

    def place(step: Step) -> None:
        if step.id in seen:
            return
        seen.add(step.id)
        needs = tuple(need for need in dict.fromkeys(step.needs) if need in by_id)
        for need in needs:
            place(by_id[need])
        placed.append(dataclasses.replace(step, needs=needs))

    for step in steps:
        place(step)
    return tuple(placed)


def _step(data: dict[str, Any]) -> Step:
    lists = {
        "action": Action(data["action"]),
        "changes": tuple(Change(**each) for each in data["changes"]),
        "needs": tuple(data["needs"]),
    }
    return Step(**{**data, **lists})
