"""One step of a plan, until it is done.

Every attempt after the first begins with a look at the resource, whatever went wrong before: then it doesn't
matter how far the last attempt came, and nothing is made twice. By the class of the fault:

    permanent         the step has failed
    retryable         back off, look, try again
    unknown outcome   look for the effect for a while, then as above
    not yet           wait with the cloud's reason, look, try again
    absent            a delete is done; otherwise something new isn't visible yet: wait a little
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from steppe.engine.events import StepState
from steppe.engine.fault import Fault, FaultClass
from steppe.engine.kind import Fact, Force, Kind, Want
from steppe.engine.observed import Observed, find
from steppe.engine.plan import Action, Step
from steppe.engine.run import StepRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A step with what it is about."""

    step: Step
    kind: Kind
    want: Want | None
    """None for a delete."""
    have: Fact | None
    """As the plan saw it."""


def perform(task: Task, run: StepRun) -> bool:
    """Does the step; False when a `maybe` turned out not to be needed. Raises Fault or Stopped."""
    have = task.have
    if task.step.maybe:
        have = _look(task, run)
        if not _is_needed(task, run, have):
            return False
    trouble = _Trouble(run=run, action=task.step.action)
    while True:
        try:
            fact = _attempt(task, run, have)
        except Fault as fault:
            if fault.fault_class is FaultClass.ABSENT and task.step.action is Action.DELETE:
                fact = None
            else:
                trouble.wait(fault)
                have = _look(task, run)
                while have is None and trouble.is_effect_awaited:
                    trouble.wait(fault)
                    have = _look(task, run)
                continue
        if task.want is not None:
            run.world.put(task.step.key, fact)
        return True


def _attempt(task: Task, run: StepRun, have: Fact | None) -> Fact | None:
    if task.want is None:
        if have is not None:
            task.kind.delete(run, have)
        return None
    match task.step.action:
        case Action.UPDATE if have is not None:
            differences = [
                each for each in task.kind.check(task.want, have, _now(run)) if each.force is Force.UPDATE
            ]
            return task.kind.update(run, task.want, have, differences) if differences else have
        case Action.REPLACE if have is not None and have.id == task.step.cloud_id:
            task.kind.delete(run, have)
            have = None
    return task.kind.create(run, task.want, have)


def _look(task: Task, run: StepRun) -> Fact | None:
    """The resource as it is now: the one that the step is about, else one of the wanted name."""
    facts = find(task.kind, run.cloud.look(), run.scope)
    same = [fact for fact in facts if fact.id == task.step.cloud_id]
    if not same and task.want is not None:
        same = [fact for fact in facts if fact.name == task.want.name]
    return same[0] if same else None


def _is_needed(task: Task, run: StepRun, have: Fact | None) -> bool:
    if have is None:
        return task.want is not None
    return any(each.force is not Force.UPDATE for each in task.kind.check(task.want, have, _now(run)))


def _now(run: StepRun) -> Observed:
    """The world of this run as a kind's `check` reads it."""
    facts: dict[str, tuple[Fact, ...]] = {}
    names: dict[str, str] = {}
    for key, fact in run.world.snapshot().items():
        facts[key.kind] = (*facts.get(key.kind, ()), fact)
        names[fact.id] = key.name
    return Observed(scope=run.scope, facts=facts, names=names)


@dataclass(slots=True)
class _Trouble:
    """The faults of one step so far, and how long each class may still go on."""

    run: StepRun
    action: Action
    began: dict[FaultClass, float] = field(default_factory=dict)
    delay: float = 0.0
    lost_at: float = float("-inf")

    def wait(self, fault: Fault) -> None:
        """Waits as long as the fault's class asks for. Raises the Fault when waiting is no use any more."""
        limits: Mapping[FaultClass, float] = {
            FaultClass.RETRYABLE: self.run.patience.retry_s,
            FaultClass.UNKNOWN: self.run.patience.retry_s,
            FaultClass.NOT_YET: self.run.patience.not_yet_s,
            FaultClass.ABSENT: self.run.patience.visible_s,
        }
        if fault.fault_class not in limits:
            raise fault
        now = time.monotonic()
        since = now - self.began.setdefault(fault.fault_class, now)
        left = limits[fault.fault_class] - since
        if left <= 0:
            raise self.run.out_of_time(fault.message, since) from fault
        if fault.fault_class is FaultClass.UNKNOWN and now - self.lost_at > self.run.patience.lost_answer_s:
            self.lost_at = now
        patience = self.run.patience
        self.delay = min(max(2 * self.delay, patience.backoff_first_s), patience.backoff_most_s)
        waits = fault.fault_class in (FaultClass.NOT_YET, FaultClass.ABSENT)
        state = StepState.WAITING if waits else StepState.RETRYING
        self.run.pause(self.delay * random.uniform(0.5, 1.0), fault.message, state, left_s=left)

    @property
    def is_effect_awaited(self) -> bool:
        """Whether an answer was lost so recently that its effect may still show."""
        return (
            self.action in (Action.CREATE, Action.REPLACE)
            and time.monotonic() - self.lost_at < self.run.patience.lost_answer_s
        )
