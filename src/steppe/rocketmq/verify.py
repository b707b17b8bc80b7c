"""Proves that messages go through: topics, then the Java client once, as a Nomad job beside the brokers.

1. The topic is made in each Broker group of the NameServer group, on its master.
2. Every NameServer knows the topic in every group.
3. `verify.nomad.hcl` runs as a user of its own, and its log is followed. It sends, receives, and checks each
   message.
4. The job is removed, and what it knew the user from, whatever came of it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, replace
from functools import partial
from typing import Any, TypeVar

from steppe.control.conditions import Condition, NotMet, wait
from steppe.control.secrets import User
from steppe.engine.events import Emit, StepEvent, StepState
from steppe.errors import SteppeError, Unhealthy
from steppe.rocketmq import admin, nomad_variables
from steppe.rocketmq.interfaces import Access, HttpApi
from steppe.rocketmq.jobs import VERIFY_FILE, JobFile, endpoint, members, nameserver_group
from steppe.rocketmq.remoting import RemotingError
from steppe.rocketmq.submit import submit
from steppe.topology import ports
from steppe.topology.model import Topology

TOPIC = "steppe-verify"
_QUEUES = 8
_ROUTES_DEADLINE_S = 30.0
_PAUSE_S = 0.2
_LOG_BEHIND_S = 5.0
_SENDERS = 32
"""At once: each message waits until every member in sync has it."""
_STARTING_S = 10.0
"""Of the deadline, what Nomad and the JVM may take before the client counts its own time."""
_TASK = "verify"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """What the check counted; times since the client's start."""

    run: str
    sent: int
    acknowledged: int
    received: int
    missing: int
    """Acknowledged, and not received by the end: lost, or still on the way when the time was up."""
    corrupt: int
    duplicates: int
    """Received twice, which RocketMQ allows."""
    retries: int
    first_ack_ms: int
    first_received_ms: int
    seconds: float
    last_error: str
    timed_out: bool = False
    """The check ended because its time was up, so what is missing proves nothing."""

    @property
    def is_whole(self) -> bool:
        """Every message was acknowledged, received and unchanged."""
        return self.acknowledged == self.received == self.sent and not self.missing and not self.corrupt


def verify(
    topology: Topology,
    balancer_addresses: Mapping[str, str],
    nameserver: str,
    *,
    user: User,
    nomad: HttpApi,
    access: Access,
    emit: Emit,
    messages: int = 10_000,
    deadline_s: float = 120.0,
) -> VerifyResult:
    """Messages through the Broker groups of that NameServer group; `is_whole` says whether all is well.

    `user`: who sends and receives them.
    Raises Unhealthy when a group has no master, or the check ends without a result.
    """
    prepare_topic(topology, nameserver, access=access, emit=emit)
    timeout = str(max(1, int(deadline_s - _STARTING_S)))
    job = JobFile(
        id=f"rocketmq-verify-{nameserver}-{uuid.uuid4().hex[:8]}",
        file=VERIFY_FILE,
        variables={
            "topic": TOPIC,
            "messages": messages,
            "nameserver": nameserver,
            "endpoint": endpoint(topology, balancer_addresses),
            "args": ["--threads", str(_SENDERS), "--timeout-seconds", timeout],
        },
    )
    job = replace(job, variables={"id": job.id, **job.variables})
    with _step(f"send and receive {messages} messages through {nameserver}", emit) as progress:
        secrets = nomad_variables.job_path(job.id)
        try:
            nomad_variables.put(nomad, secrets, credentials(user))
            submit(nomad, job)
            result = _result(nomad, job.id, progress, time.monotonic() + deadline_s)
            return replace(result, timed_out=not result.is_whole and result.seconds >= float(timeout))
        finally:
            nomad.request("DELETE", f"/v1/job/{job.id}", params={"purge": "true"})
            nomad_variables.delete(nomad, secrets)


def credentials(user: User) -> Mapping[str, str]:
    """What `verify.nomad.hcl` reads from the variable of its job."""
    return {"accessKey": user.name, "secretKey": user.secret}


def prepare_topic(topology: Topology, nameserver: str, *, access: Access, emit: Emit) -> None:
    """The check's topic in every Broker group of the NameServer group, known to each NameServer.

    Raises Unhealthy when a group has no master, or the NameServers don't come to know the topic.
    """
    addresses = members(topology, nameserver_group(topology, nameserver))
    nameservers = [f"{address}:{ports.NAMESERVER}" for address in addresses]
    groups = [group.name for group in topology.broker_groups if group.nameserver == nameserver]
    with _step(f"topic {TOPIC} in {', '.join(groups)}", emit):
        masters = _answered(partial(admin.masters, access, nameservers[0]), "list masters")
        for group in groups:
            if group not in masters:
                raise _unhealthy(f"Broker group {group} has no master")
            make = partial(admin.create_topic, access, masters[group], TOPIC, queue_count=_QUEUES)
            _answered(make, f"make topic {TOPIC} in {group}")
    wait([_routed(access, each, groups) for each in nameservers], _ROUTES_DEADLINE_S, emit)


def _routed(access: Access, nameserver: str, groups: list[str]) -> Condition:
    def poll() -> None:
        try:
            queues = admin.queues(access, nameserver, TOPIC)
        except RemotingError as error:
            raise NotMet(str(error)) from error
        missing = [group for group in groups if queues.get(group) != _QUEUES]
        if missing:
            raise NotMet(f"not yet in {', '.join(missing)}")

    return Condition(f"the NameServer at {nameserver} knows topic {TOPIC}", poll)


def _answered(ask: Callable[[], _T], what: str) -> _T:
    try:
        return ask()
    except RemotingError as error:
        raise _unhealthy(f"RocketMQ would not {what}: {error}") from error


def _unhealthy(message: str) -> Unhealthy:
    return Unhealthy(message, code="rocketmq.verify", hint="`steppe status` shows what is not well yet.")


def _result(nomad: HttpApi, job: str, progress: Callable[[str], None], deadline: float) -> VerifyResult:
    """Follows the job until it has ended, and gives what its last line says."""
    log, told, last = "", "", None
    while time.monotonic() < deadline:
        allocation = _newest_allocation(nomad, job)
        if allocation is not None:
            ended = allocation["ClientStatus"] in ("complete", "failed", "lost")
            if _has_started(allocation):
                log = _log(nomad, allocation["ID"], "stdout")
                if _progress(log) != told:
                    told = _progress(log)
                    progress(told)
            if ended:
                # Nomad copies the log beside the task, and may be some moments behind it.
                deadline = min(deadline, time.monotonic() + _LOG_BEHIND_S)
                result = _told(log)
                if result is not None:
                    return result
                last = allocation
        time.sleep(_PAUSE_S)
    if last is not None:
        raise _without_result(nomad, last, log)
    raise _unhealthy(f"The check did not end in time. It said last: {_last_line(log) or 'nothing'}")


def _newest_allocation(nomad: HttpApi, job: str) -> Mapping[str, Any] | None:
    allocations = nomad.request("GET", f"/v1/job/{job}/allocations")
    return max(allocations, key=lambda each: int(each["CreateIndex"]), default=None)


def _has_started(allocation: Mapping[str, Any]) -> bool:
    state = (allocation.get("TaskStates") or {}).get(_TASK) or {}
    return any(event["Type"] == "Started" for event in state.get("Events") or ())


def _log(nomad: HttpApi, allocation: str, kind: str) -> str:
    """All of it: a few lines. One that is a single line of JSON comes decoded."""
    parameters = {"task": _TASK, "type": kind, "plain": "true"}
    said = nomad.request("GET", f"/v1/client/fs/logs/{allocation}", params=parameters)
    return said if isinstance(said, str) else json.dumps(said)


def _progress(log: str) -> str:
    """The latest of `sent N` and of `received N`."""
    latest = {
        word: line for line in log.splitlines() for word in ("sent", "received") if line.startswith(word)
    }
    return ", ".join(latest[word] for word in ("sent", "received") if word in latest)


def _told(log: str) -> VerifyResult | None:
    """The result, once the log has it: its only line of JSON."""
    names = [each.name for each in fields(VerifyResult) if each.default is MISSING]
    for line in reversed(log.splitlines()):
        try:
            value = json.loads(line)
            return VerifyResult(**{name: value[name] for name in names})
        except (ValueError, KeyError, TypeError):
            continue
    return None


def _without_result(nomad: HttpApi, allocation: Mapping[str, Any], log: str) -> Unhealthy:
    errors = _log(nomad, allocation["ID"], "stderr") if _has_started(allocation) else ""
    said = _last_line(errors) or _last_line(log) or _last_event(allocation)
    return _unhealthy(f"The check on {allocation['NodeName']} ended without a result: {said}")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def _last_event(allocation: Mapping[str, Any]) -> str:
    events = ((allocation.get("TaskStates") or {}).get(_TASK) or {}).get("Events") or [{}]
    return str(events[-1].get("DisplayMessage", "it did not start"))


@contextmanager
def _step(name: str, emit: Emit) -> Iterator[Callable[[str], None]]:
    """Tells of a step's begin and end; gives a function that tells how far it is."""
    begun = time.monotonic()
    emit(StepEvent(step=name, state=StepState.RUNNING))
    try:
        yield lambda how_far: emit(StepEvent(step=name, state=StepState.RUNNING, why=how_far))
    except SteppeError as error:
        emit(StepEvent(step=name, state=StepState.FAILED, why=error.message))
        raise
    emit(StepEvent(step=name, state=StepState.DONE, seconds=time.monotonic() - begun))
