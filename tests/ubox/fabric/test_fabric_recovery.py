"""A box whose keeper is killed goes on; boxes side by side don't touch each other; reset leaves nothing."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ubox.fabric import exec_in_host, leftovers, reset
from ubox.fabric.groups import Group
from ubox.fabric.names import Names
from ubox.world import World

if TYPE_CHECKING:
    from tests.ubox.fabric import fabric_region as parts
else:
    import fabric_region as parts

pytestmark = pytest.mark.box
KEEPER = Path(__file__).with_name("fabric_keeper.py")


def two_hosts(box: parts.Box) -> World:
    world = parts.full_world(box.internet)
    return replace(world, hosts=world.hosts[:2], balancers=())


@contextmanager
def kept(box: parts.Box, world: World) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that keeps the box, and is killed in the end."""
    file = box.folder / "world"
    file.write_bytes(pickle.dumps(world))
    command = [sys.executable, str(KEEPER), str(box.folder), str(box.root), box.internet, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeper:
        try:
            yield keeper
        finally:
            keeper.kill()


def ready(keeper: subprocess.Popen[str]) -> None:
    assert keeper.stdout
    assert keeper.stdout.readline() == "ready\n"


def test_a_box_started_again_goes_on_with_the_machines_that_run(make_box: Callable[[str], parts.Box]) -> None:
    box = make_box("adopted")
    world = two_hosts(box)
    bastion, a = world.hosts
    with kept(box, world) as keeper:
        ready(keeper)
    leaders = {host.id: Group(Names.of(box.folder), host.id).leader() for host in world.hosts}
    assert None not in leaders.values()

    box.fabric.start(box.reports)
    box.fabric.converge(world)
    box.reports.wait("running", bastion.id, 1)
    box.reports.wait("running", a.id, 1)
    assert {host: Group(Names.of(box.folder), host).leader() for host in leaders} == leaders
    namespace = parts.namespace_of(box.folder, "bastion")
    with parts.echo(parts.namespace_of(box.folder, "a"), "a"):
        assert parts.call(namespace, a.address) == f"a {bastion.address}"
    ask = ["curl", "-sS", "-m", "3", "http://100.80.80.80/meta-data/v1/instance-id"]
    assert exec_in_host(box.folder, a.id, ask).stdout == a.id

    box.fabric.converge(replace(world, hosts=(bastion, replace(a, power="off"))))
    box.reports.wait("stopped", a.id, "it was asked to shut down")
    box.fabric.stop()


def test_what_changed_while_nobody_kept_the_box_is_made_true(make_box: Callable[[str], parts.Box]) -> None:
    box = make_box("changed")
    world = two_hosts(box)
    bastion, a = world.hosts
    with kept(box, world) as keeper:
        ready(keeper)
    Group(Names.of(box.folder), a.id).kill()

    box.fabric.start(box.reports)
    box.fabric.converge(replace(world, peerings=(), eips=(), gateways=()))
    box.reports.wait("stopped", a.id, "it went off by itself")
    assert parts.call(None, world.eips[0].address) == parts.SILENCE
    again = replace(a, generation=2)
    box.fabric.converge(replace(world, hosts=(bastion, again)))
    box.reports.wait("running", a.id, 2)
    with parts.echo(parts.namespace_of(box.folder, "a"), "a"):
        assert parts.call(parts.namespace_of(box.folder, "bastion"), a.address).startswith("a ")
    box.fabric.stop()


def test_reset_after_a_crash_removes_all_of_one_box_and_nothing_of_another(
    make_box: Callable[[str], parts.Box],
) -> None:
    crashed, other = make_box("crashed"), make_box("other")
    world = two_hosts(other)
    with kept(crashed, two_hosts(crashed)) as keeper:
        other.start(world)
        ready(keeper)
    assert leftovers(crashed.folder)
    shutil.rmtree(crashed.folder)

    removed = reset(crashed.folder)
    assert {("machine", "uhost-bastion"), ("machine", "uhost-a")} <= set(removed)
    assert leftovers(crashed.folder) == []
    assert reset(crashed.folder) == []

    with parts.echo(parts.namespace_of(other.folder, "bastion"), "bastion"):
        assert parts.call(None, world.eips[0].address).startswith("bastion ")
    other.fabric.stop()


@pytest.mark.parametrize("trace", ["namespace", "control group", "uhost-a"])
def test_reset_clears_a_box_that_died_while_it_was_being_made(
    make_box: Callable[[str], parts.Box], trace: str
) -> None:
    box = make_box("half")
    with kept(box, two_hosts(box)):
        parts.eventually(lambda: any(trace in each for each in leftovers(box.folder)))
    reset(box.folder)
    assert leftovers(box.folder) == []
