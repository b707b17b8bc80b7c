"""Runs a plan from a ready queue: a step begins as soon as what it needs is done; there are no waves.

A permanent fault, or Ctrl-C, stops the run: no step begins any more, calls that run are finished, steps that
wait give up waiting. What was done stays, and the next run goes on from there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from steppe.engine.attempt import Task, perform
from steppe.engine.events import Emit, StepEvent, StepState
from steppe.engine.fault import Fault
from steppe.engine.kind import Cloud, Desired, Fact, Key, Kind
from steppe.engine.observed import Observed, match
from steppe.engine.plan import Action, Plan, Step, refuse_problems
from steppe.engine.run import Patience, Shared, StepRun, Stopped, World
from steppe.errors import SteppeError

_MOST_THREADS = 256
"""Most of them wait for hosts; how many calls run at once is the connection's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    step: str
    error: SteppeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of the plan's steps, by their ids."""

    done: tuple[str, ...]
    skipped: tuple[str, ...]
    """A `maybe` that wasn't needed."""
    failures: tuple[Failure, ...]
    unfinished: tuple[str, ...]
    """Begun, and stopped while they waited."""
    not_begun: tuple[str, ...]
    interrupted: bool
    facts: Mapping[Key, Fact]
    """What is there now, by wanted name."""

    def fact(self, kind: str, name: str) -> Any:
        """Raises KeyError when it isn't there."""
        return self.facts[Key(kind, name)]

    def raise_if_incomplete(self) -> None:
        """Raises the first failure, with what is left to do; KeyboardInterrupt after Ctrl-C."""
        if self.failures:
            raise self.failures[0].error
        if self.interrupted:
            raise KeyboardInterrupt


class _End(StrEnum):
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class _Ended:
    step: Step
    how: _End
    error: SteppeError | None = None


def apply(
    plan: Plan,
    desired: Desired,
    observed: Observed,
    cloud: Cloud,
    kinds: Sequence[Kind],
    emit: Emit,
    *,
    patience: Patience | None = None,
    stop: threading.Event | None = None,
) -> Result:
    """Runs the plan that was made of these facts; `desired` wants nothing when the plan only deletes.

    `stop` ends the run early, as Ctrl-C does. Faults are in the Result. Raises SteppeError when the plan
    has problems or was made of other facts; what isn't a SteppeError comes through as it is.
    """
    refuse_problems(plan)
    if plan.facts != observed.fingerprint:
        raise SteppeError(
            "The plan no longer holds: the region has changed since it was made.",
            code="plan.moved",
            hint="Make a new plan.",
        )
    patience = patience or Patience()
    stop = stop or threading.Event()
    matched = match(desired, observed, kinds)
    given = [fact for kind in kinds if kind.given for fact in observed.of(kind.name)]
    known = {**matched.pairs, **{fact.key: fact for fact in given}}
    world, polls, deadline = World(known), Shared(), time.monotonic() + patience.total_s
    by_id = {fact.id: fact for facts in observed.facts.values() for fact in facts}
    by_name = {kind.name: kind for kind in kinds}
    wants = {want.key: want for want in desired.wants}

    def begin(step: Step) -> _Ended:
        run = StepRun(
            step=step.id,
            cloud=cloud,
            scope=observed.scope,
            world=world,
            polls=polls,
            emit=emit,
            patience=patience,
            stop=stop,
            deadline=deadline,
        )
        want = None if step.action is Action.DELETE else wants[step.key]
        return _run(Task(step=step, kind=by_name[step.kind], want=want, have=by_id.get(step.cloud_id)), run)

    ended, interrupted = _guarded(lambda: _drive(plan.steps, begin, stop), stop)
    return _result(plan, ended, interrupted, world)


def _run(task: Task, run: StepRun) -> _Ended:
    """One step with its events."""
    began = time.monotonic()
    run.emit(StepEvent(step=task.step.id, state=StepState.RUNNING, why=task.step.sentence))

    def tell(state: StepState, why: str = "") -> None:
        seconds = round(time.monotonic() - began, 3)
        run.emit(StepEvent(step=task.step.id, state=state, why=why, seconds=seconds))

    try:
        if perform(task, run):
            tell(StepState.DONE)
            return _Ended(task.step, _End.DONE)
        tell(StepState.SKIPPED, "it turned out not to be needed")
        return _Ended(task.step, _End.SKIPPED)
    except Stopped:
        tell(StepState.SKIPPED, "stopped while it waited; the next run goes on from here")
        return _Ended(task.step, _End.STOPPED)
    except SteppeError as error:
        tell(StepState.FAILED, error.message)
        return _Ended(task.step, _End.FAILED, _named(error, task))
    except BaseException:
        run.stop.set()
        raise


def _named(error: SteppeError, task: Task) -> SteppeError:
    """A fault of the cloud also says which resource it is about, and where that is to stand."""
    if not isinstance(error, Fault) or error.message.startswith(task.step.id):
        return error
    place = f" in {task.want.place}" if task.want and task.want.place else ""
    return Fault(
        error.fault_class, f"{task.step.id}{place}: {error.message}", code=error.code, hint=error.hint
    )


def _guarded(work: Callable[[], list[_Ended]], stop: threading.Event) -> tuple[list[_Ended], bool]:
    """Runs `work` on a thread of its own, so that Ctrl-C, which meets the main thread, can't break into it.

    Gives what it gave, and whether Ctrl-C asked it to stop.
    """
    outcome: Future[list[_Ended]] = Future()
    guarded, finished = threading.Event(), threading.Event()

    def run() -> None:
        guarded.wait()
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)
        finally:
            finished.set()

    interrupted = False
    # A daemon, since Ctrl-C while it starts leaves it waiting for a guard that never comes.
    threading.Thread(target=run, name="apply", daemon=True).start()
    while not finished.is_set():
        try:
            guarded.set()
            finished.wait()
        except KeyboardInterrupt:
            interrupted = True
            stop.set()
    return outcome.result(), interrupted


def _drive(steps: Sequence[Step], begin: Callable[[Step], _Ended], stop: threading.Event) -> list[_Ended]:
    """Begins each step when those that it needs are done, until all are or the run stops."""
    waiting = {step.id: (step, set(step.needs)) for step in steps}
    ended: list[_Ended] = []
    running: set[Future[_Ended]] = set()
    workers = max(1, min(len(steps), _MOST_THREADS))
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="step") as pool:
        while True:
            if not stop.is_set():
                for step in [step for step, needs in waiting.values() if not needs]:
                    del waiting[step.id]
                    running.add(pool.submit(begin, step))
            if not running:
                return ended
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                one = future.result()
                ended.append(one)
                if one.how in (_End.FAILED, _End.STOPPED):
                    stop.set()
                for _, needs in waiting.values():
                    needs.discard(one.step.id)


def _result(plan: Plan, ended: Sequence[_Ended], interrupted: bool, world: World) -> Result:
    begun = {each.step.id for each in ended}

    def those(how: _End) -> tuple[str, ...]:
        return tuple(each.step.id for each in ended if each.how is how)

    return Result(
        done=those(_End.DONE),
        skipped=those(_End.SKIPPED),
        failures=tuple(Failure(step=each.step.id, error=each.error) for each in ended if each.error),
        unfinished=those(_End.STOPPED),
        not_begun=tuple(step.id for step in plan.steps if step.id not in begun),
        interrupted=interrupted,
        facts=world.snapshot(),
    )
