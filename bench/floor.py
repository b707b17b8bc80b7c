"""The floor under `steppe up`: the same machines, agents and JVMs, started by a bare script.

1. machines   The 12 hosts and the bastion on one flat network, their files in place before they start, all
              at once. No UCloud API, plan, balancers or first boot.
2. agents     Consul and Nomad get their ACLs and identities; until every server votes and every client is
              ready.
3. JVMs       NameServers and brokers as plain processes with the command, options and configuration of the
              Nomad jobs; until each Broker group has a master with three members in sync that every
              NameServer knows.
4. message    The topic, then the Java client once, with one message.

Secrets are made, and the job files read, before the clock starts. Run: .venv/bin/python -m bench.floor
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bench import processes
from bench.clock import Clock, load, orderly_end, undisturbed
from bench.machines import Machines
from bench.processes import Task
from steppe import spec, topology
from steppe.control import secrets as making
from steppe.control.access import Access, open_access
from steppe.control.bootstrap import bootstrap
from steppe.control.conditions import Condition, NotMet, wait
from steppe.control.health import cluster_conditions
from steppe.control.secrets import Secrets
from steppe.engine.events import Event
from steppe.rocketmq import admin
from steppe.rocketmq.jobs import ENDPOINT_JOB, VERIFY_FILE, JobFile, endpoint, jobs, members, nameserver_group
from steppe.rocketmq.remoting import RemotingError
from steppe.rocketmq.users import broker_items
from steppe.rocketmq.verify import TOPIC, credentials, prepare_topic
from steppe.setup.cache import cache_folder
from steppe.topology import ports
from steppe.topology.model import BrokerGroup, Role, Topology
from ubox.fabric import reset
from ubox.fabric.names import Names
from ubox.fabric.namespaces import inside

_DEADLINE_S = 300.0
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """One run. Seconds; the load before it began."""

    load: float
    stages: Mapping[str, float]
    seconds: float


def measure(file: Path) -> Floor:
    """Starts it all, and removes it all, whatever happens. Raises SteppeError or BoxError where it can't."""
    built = topology.build(spec.load(file))
    folder = Path(tempfile.mkdtemp(prefix="steppe-floor-", dir="/var/tmp"))
    machines = Machines(Names.of(folder), built, _image(built.hosts[0].image))
    before, clock = load(), Clock()
    try:
        _run(machines, making.make(built), clock)
    finally:
        with undisturbed():
            reset(folder)
            folder.rmdir()
    return Floor(load=before, stages=clock.stages, seconds=clock.total)


def _run(machines: Machines, secrets: Secrets, clock: Clock) -> None:
    built = machines.topology
    lists = str(built.by_role(Role.NAMESERVER)[0].address)
    found = {balancer.name: lists for balancer in built.balancers if balancer.role is Role.NAMESERVER}
    nomad = machines.image / "usr/local/bin/nomad"
    tasks = {job.id: processes.read(nomad, job) for job in jobs(built, found)}
    check = processes.read(nomad, _check(built, found))
    with clock.stage("machines"):
        machines.cable()
        machines.furnish(secrets, _unused(built))
        machines.start()
        for host in built.hosts:
            _until(partial(machines.begun, host), f"{host.name} begins its units")
    with _from_the_bastion(machines, secrets) as access:
        with clock.stage("agents"):
            bootstrap(built, secrets, access, _silent)
            bare = replace(built, balancers=())
            wait(cluster_conditions(bare, access, secrets, {}), _DEADLINE_S, _silent)
        with clock.stage("JVMs"):
            _start_rocketmq(machines, tasks, broker_items(secrets.users, {}))
            wait([_served(built, group, access) for group in built.broker_groups], _DEADLINE_S, _silent)
        with clock.stage("first message"):
            prepare_topic(built, built.broker_groups[0].nameserver, access=access, emit=_silent)
            _send_one(machines, check, credentials(secrets.users.check))


@contextmanager
def _from_the_bastion(machines: Machines, secrets: Secrets) -> Iterator[Access]:
    """Reaches every host directly, from the network of the bastion, which the hosts' firewalls let in."""
    direct = replace(machines.topology, access="direct")
    bastion = machines.topology.by_role(Role.BASTION)[0]
    with inside(machines.namespace(bastion)), open_access(direct, secrets, None, _silent) as access:
        yield access


def _start_rocketmq(machines: Machines, tasks: Mapping[str, Task], users: Mapping[str, str]) -> None:
    built = machines.topology
    groups = {group.name: ";".join(_at(built, group.name)) for group in built.nameserver_groups}
    lists = {**groups, "nsaddr": groups[built.nameserver_groups[0].name]}
    texts = {f"local/www/rocketmq/{name}": text for name, text in lists.items()}
    for name, task in tasks.items():
        role = Role.BROKER if name.startswith("rocketmq-broker-") else Role.NAMESERVER
        for host in built.by_role(role):
            processes.start(machines, host, task, items=users, texts=texts if name == ENDPOINT_JOB else None)


def _served(built: Topology, group: BrokerGroup, access: Access) -> Condition:
    nameservers = _at(built, group.nameserver)
    controllers = _at(built, group.nameserver, ports.NAMESERVER_CONTROLLER)

    def poll() -> None:
        try:
            count = len(admin.replicas(access, controllers, group.name).in_sync)
            known = [group.name in admin.masters(access, nameserver) for nameserver in nameservers]
        except RemotingError as error:
            raise NotMet(str(error)) from error
        if count < len(built.zones) or not all(known):
            raise NotMet(f"{count} members in sync, known to {sum(known)} NameServers")

    return Condition(f"{group.name} is in sync and known", poll)


def _at(built: Topology, group: str, port: int = ports.NAMESERVER) -> list[str]:
    return [f"{address}:{port}" for address in members(built, nameserver_group(built, group))]


def _check(built: Topology, found: Mapping[str, str]) -> JobFile:
    return JobFile(
        id="check",
        file=VERIFY_FILE,
        variables={
            "id": "check",
            "topic": TOPIC,
            "messages": 1,
            "nameserver": built.broker_groups[0].nameserver,
            "endpoint": endpoint(built, found),
        },
    )


def _send_one(machines: Machines, check: Task, user: Mapping[str, str]) -> None:
    host = machines.topology.by_role(Role.NAMESERVER)[0]
    status = processes.start(machines, host, check, items=user).wait(_DEADLINE_S)
    if status:
        said = machines.said(host, f"{check.name}.log").strip().splitlines()
        raise RuntimeError(f"the message did not come back (status {status}): " + "\n".join(said[-10:]))


def _unused(built: Topology) -> dict[str, str]:
    """An address at the end of its network for each balancer: hosts hold it, and nothing answers there."""
    return {
        balancer.name: str(built.network(balancer.network).cidr[-2 - place])
        for place, balancer in enumerate(built.balancers)
    }


def _image(name: str) -> Path:
    catalogue = cache_folder() / "images" / "catalogue.json"
    for image in json.loads(catalogue.read_text()):
        if image["name"] == name:
            return Path(image["root"])
    raise RuntimeError(f"{catalogue} has no image {name}; run: make setup")


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"within {_DEADLINE_S:.0f} s it did not happen that {what}")
        time.sleep(_PAUSE_S)


def _silent(_: Event) -> None:
    pass


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bench.floor", description="Measures the floor once.")
    arguments.add_argument("file", nargs="?", type=Path, default=Path("examples/orders.yaml"))
    arguments.add_argument("--json", action="store_true", help="as one JSON object")
    given = arguments.parse_args()
    try:
        with orderly_end():
            floor = measure(given.file)
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}: {error.stderr or ''}")
    if given.json:
        print(json.dumps({"load": floor.load, "stages": floor.stages, "seconds": floor.seconds}))
        return
    for name, seconds in floor.stages.items():
        print(f"{name:<16} {seconds:7.2f} s")
    print(f"{'floor':<16} {floor.seconds:7.2f} s   (load before: {floor.load})")


if __name__ == "__main__":
    main()
