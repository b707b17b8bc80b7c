"""What a machine is like from inside, how it is switched on and off, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ubox.fabric import console_log, exec_in_host, leftovers
from ubox.fabric.names import Names
from ubox.world import Host, World

if TYPE_CHECKING:
    from tests.ubox.fabric import fabric_region as parts
else:
    import fabric_region as parts

pytestmark = pytest.mark.box


class Home:
    """A box with two hosts, of which tests change one."""

    def __init__(self, box: parts.Box) -> None:
        self.box = box
        world = parts.full_world(box.internet)
        self.world = replace(world, hosts=world.hosts[:2], balancers=())
        self.bastion, self.a = self.world.hosts
        self.generation = self.a.generation

    def be(self, a: Host | None, **more: object) -> None:
        """Everything as ever, but the host `a` as given."""
        hosts = (self.bastion, a) if a else (self.bastion,)
        self.box.reports.forget()
        self.box.fabric.converge(replace(self.world, hosts=hosts, **more))  # type: ignore[arg-type]

    def switch_on(self) -> Host:
        self.generation += 1
        on = replace(self.a, generation=self.generation)
        self.be(on)
        self.box.reports.wait("running", on.id, on.generation)
        return on

    def in_a(self, *argv: str) -> str:
        result = exec_in_host(self.box.folder, self.a.id, argv)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def disk(self, name: str) -> Path:
        return Names.of(self.box.folder).disk_folder("bsi-a") / name

    def booted(self) -> None:
        """Until systemd has started everything."""
        parts.eventually(lambda: self._state() in ("running", "degraded"))

    def _state(self) -> str:
        result = exec_in_host(self.box.folder, self.a.id, ["systemctl", "is-system-running"])
        return result.stdout.strip()


@pytest.fixture(scope="module")
def opened(make_box: Callable[[str], parts.Box]) -> Iterator[Home]:
    home = Home(make_box("machines"))
    home.box.start(home.world)
    yield home
    home.box.fabric.stop()


@pytest.fixture
def home(opened: Home) -> Home:
    """With both hosts on."""
    if not opened.box.fabric.is_running(opened.a.id):
        opened.switch_on()
    return opened


def test_a_host_bears_its_name_and_an_identity_of_its_own(home: Home) -> None:
    assert home.in_a("hostname").strip() == "a"
    other = exec_in_host(home.box.folder, home.bastion.id, ["cat", "/etc/machine-id"]).stdout
    assert len(other.strip()) == 32
    assert home.in_a("cat", "/etc/machine-id") != other


def test_its_first_boot_runs_the_user_data_and_its_console_is_kept(home: Home) -> None:
    console = console_log(home.box.folder, home.a.id)
    parts.eventually(lambda: "the first boot of a" in console.read_text(errors="replace"))


def test_its_memory_limit_bites_inside(home: Home) -> None:
    greedy = exec_in_host(home.box.folder, home.a.id, ["tail", "/dev/zero"])
    assert greedy.returncode == -9 or greedy.returncode == 137
    assert home.in_a("echo", "alive") == "alive\n"


def test_asked_off_it_shuts_down_in_order_and_its_data_disk_is_kept(home: Home) -> None:
    home.booted()
    home.in_a("systemd-run", "--unit=witness", "-p", "ExecStop=/bin/touch /data/in-order", "sleep", "1000")
    home.be(replace(home.a, power="off", generation=home.generation))
    home.box.reports.wait("stopped", home.a.id, "it was asked to shut down")
    assert home.disk("in-order").exists()
    home.switch_on()
    assert "in-order" in home.in_a("ls", "/data")


def test_cut_it_dies_at_once_without_a_word(home: Home) -> None:
    home.booted()
    home.in_a("systemd-run", "--unit=witness", "-p", "ExecStop=/bin/touch /data/late", "sleep", "1000")
    bastion = parts.namespace_of(home.box.folder, "bastion")
    with parts.echo(parts.namespace_of(home.box.folder, "a"), "a"):
        assert parts.call(bastion, home.a.address).startswith("a ")
        home.be(replace(home.a, power="cut", generation=home.generation))
        assert parts.call(bastion, home.a.address) == parts.SILENCE
    home.box.reports.wait("stopped", home.a.id, "its power was cut")
    assert not home.disk("late").exists()


def test_a_new_generation_while_it_is_on_reboots_it(home: Home) -> None:
    home.in_a("ip", "address", "add", "10.81.9.9/32", "dev", "lo")
    home.switch_on()
    assert "10.81.9.9" not in home.in_a("ip", "address")


def test_one_that_goes_off_by_itself_is_reported_and_stays_off(home: Home) -> None:
    home.box.reports.forget()
    home.booted()
    home.in_a("systemctl", "poweroff", "--no-block")
    home.box.reports.wait("stopped", home.a.id, "it went off by itself")
    home.be(replace(home.a, generation=home.generation))
    assert not home.box.fabric.is_running(home.a.id)


def test_one_without_an_image_is_reported_as_failed(home: Home) -> None:
    stranger = parts.host("stranger", number=99, image="uimage-unknown")
    home.box.fabric.converge(replace(home.world, hosts=(home.bastion, home.a, stranger)))
    home.box.reports.wait("failed", stranger.id)


def test_a_deleted_host_leaves_nothing_but_its_disk_until_that_is_forgotten(home: Home) -> None:
    names = Names.of(home.box.folder)
    home.be(None)
    parts.eventually(lambda: not names.host_folder(home.a.id).exists())
    assert [each for each in leftovers(home.box.folder) if home.a.id in each] == []
    assert home.disk("in-order").exists()
    home.box.fabric.forget_disk("bsi-a")
    assert not home.disk("in-order").exists()


def test_an_empty_world_has_no_machines_and_no_vpcs(home: Home) -> None:
    names = Names.of(home.box.folder)
    home.box.reports.forget()
    home.box.fabric.converge(World())
    parts.eventually(lambda: not list(names.hosts_folder.iterdir()))
    found = [each for each in leftovers(home.box.folder) if each.startswith("namespace")]
    assert found == [f"namespace {names.internet}"]
