"""The engine's figures, against a region without machines whose API takes 50 ms a call. Decides no test.

1. `up` of the reference cluster beside its critical path: the longest chain of steps that need each other,
   each as long as its own calls and the cloud's own delays. Hosts take 35 s from the order to `Running`.
2. The calls of `plan` when nothing has changed, at 12 hosts and the bastion.
3. The calls and seconds of `plan` at 300 hosts.
4. The calls of `plan` with 1,000 other clusters in the region, by action.

Secrets and the topology are made before the clock starts. Run: .venv/bin/python -m bench.engine
"""

from __future__ import annotations

import argparse
import ipaddress
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.clock import load
from bench.region import REAL, Region, region
from steppe import spec, topology
from steppe.cloud import KINDS, Api, desired
from steppe.control import secrets
from steppe.engine import Action, Desired, Plan, Step, apply, observe, plan
from steppe.topology.model import Host, Role, Topology
from ubox.settings import SPEEDS

_EXAMPLE = Path(__file__).parents[1] / "examples" / "orders.yaml"
_CALL_S = 0.05
_MANY = 300
_NEIGHBOURS = 1000
_WHOLE_LISTS = ("DescribeEIP", "DescribeNATGW", "DescribeFirewall", "DescribeULB", "DescribeIsolationGroup")
"""Lists that the API can't filter by Tag."""
_CALLS = {"host": 3, "balancer": 2}
"""Calls one after the other in a create; 1 where nothing is said. A host: create, remark, and a look at the
end; a balancer: create, and a look at its address."""
_LOOKS = 2
"""Calls one after the other in a look at the region: VPCs before their peering, zones before their images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One look and the plan made of it."""

    plan: Plan
    calls: Mapping[str, int]
    seconds: float


def main() -> None:
    arguments = argparse.ArgumentParser(description="The engine's figures.")
    arguments.add_argument("file", nargs="?", type=Path, default=_EXAMPLE)
    reference = topology.build(spec.load(arguments.parse_args().file))
    print(f"{_CALL_S * 1000:.0f} ms per call; load before: {load()}")
    _up(reference)
    _many(reference)
    _neighbours(reference)


def _up(reference: Topology) -> None:
    with region(timings=REAL) as there:
        there.answers_after(_CALL_S)
        api, wanted = _api(there), _wanted(reference)
        call_s = _call_seconds(api)
        began = time.monotonic()
        observed = observe(api, wanted.scope, KINDS)
        made = plan(wanted, observed, KINDS)
        apply(made, wanted, observed, api, KINDS, lambda _: None).raise_if_incomplete()
        seconds = time.monotonic() - began
        chain = critical_path(made, call_s)
        path_s = sum(cost(step, call_s) for step in chain) + _LOOKS * call_s
        print(f"up: {seconds:.2f} s; critical path {path_s:.2f} s; ratio {seconds / path_s:.2f} (goal 1.15)")
        print(f"  a call as measured: {call_s * 1000:.0f} ms; {_LOOKS} calls of the first look, then")
        for step in chain:
            print(f"  {cost(step, call_s):6.2f} s  {step.id}")
        again = _look(api, wanted)
        assert again.plan.is_empty, "the second plan must be empty"
        print(f"plan, unchanged, {len(reference.hosts)} hosts: {sum(again.calls.values())} calls (goal 20)")


def _many(reference: Topology) -> None:
    with region(timings=SPEEDS["instant"]) as there:
        many = grown(reference, _MANY)
        api, wanted = _api(there), _wanted(many)
        observed = observe(api, wanted.scope, KINDS)
        made = plan(wanted, observed, KINDS)
        apply(made, wanted, observed, api, KINDS, lambda _: None).raise_if_incomplete()
        there.answers_after(_CALL_S)
        looked = _look(api, wanted)
        assert looked.plan.is_empty, "the second plan must be empty"
        calls = sum(looked.calls.values())
        print(f"plan, {len(many.hosts)} hosts: {calls} calls, {looked.seconds:.2f} s (goals 60 calls, 3 s)")


def _neighbours(reference: Topology) -> None:
    looked: list[Looked] = []
    for count in (0, _NEIGHBOURS):
        with region(timings=SPEEDS["instant"], neighbours=count) as there:
            there.answers_after(_CALL_S)
            looked.append(_look(_api(there), _wanted(reference)))
    alone, among = looked
    extra = {action: among.calls[action] - alone.calls.get(action, 0) for action in among.calls}
    print(
        f"plan beside {_NEIGHBOURS} clusters: {sum(among.calls.values())} calls, {among.seconds:.2f} s; "
        f"alone {sum(alone.calls.values())} calls, {alone.seconds:.2f} s; more calls, by action:"
    )
    for action in _WHOLE_LISTS:
        print(f"  {extra.pop(action):4}  {action}")
    print(f"  {sum(extra.values()):4}  all others")


def critical_path(made: Plan, call_s: float) -> list[Step]:
    """The chain of steps, each needing the one before, that takes longest."""
    by_id = {step.id: step for step in made.steps}
    ends: dict[str, float] = {}
    for step in made.steps:
        ends[step.id] = cost(step, call_s) + max((ends[need] for need in step.needs), default=0.0)
    chain = [by_id[max(ends, key=ends.__getitem__)]]
    while chain[-1].needs:
        chain.append(by_id[max(chain[-1].needs, key=ends.__getitem__)])
    return chain[::-1]


def cost(step: Step, call_s: float) -> float:
    """Seconds that a create takes at least."""
    assert step.action is Action.CREATE
    waits = REAL.host_install.seconds + REAL.host_start.seconds if step.kind == "host" else 0.0
    return _CALLS.get(step.kind, 1) * call_s + waits


def grown(reference: Topology, hosts: int) -> Topology:
    """The same cluster with so many hosts: what is added is brokers, an even part in each zone."""
    brokers = reference.by_role(Role.BROKER)
    more = tuple(
        _another(brokers[index % len(brokers)], index) for index in range(hosts - len(reference.hosts))
    )
    return replace(reference, hosts=(*reference.hosts, *more))


def _another(broker: Host, index: int) -> Host:
    address = ipaddress.IPv4Address(int(broker.address) + 256 + index)
    return replace(broker, name=f"{broker.name}-more-{index}", address=address, isolation_group=None)


def _wanted(built: Topology) -> Desired:
    return desired(built, secrets.make(built))


def _api(there: Region) -> Api:
    return Api(there.credentials)


def _look(api: Api, wanted: Desired) -> Looked:
    before, began = Counter(api.calls), time.monotonic()
    made = plan(wanted, observe(api, wanted.scope, KINDS), KINDS)
    return Looked(plan=made, calls=Counter(api.calls) - before, seconds=time.monotonic() - began)


def _call_seconds(api: Api) -> float:
    """The median of a few calls, one after the other."""
    taken = []
    for _ in range(9):
        began = time.monotonic()
        api.call("DescribeVPC")
        taken.append(time.monotonic() - began)
    return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    main()
