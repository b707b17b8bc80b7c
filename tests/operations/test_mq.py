"""The verbs of `steppe mq` before anything is changed: which group is meant, and what is refused."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from steppe.cli.options import confirm_by_name
from steppe.errors import UsageError
from steppe.operations.mq import remove
from steppe.operations.mq.inside import Group, Inside, groups, named, need
from steppe.rocketmq.delete import folder_of
from steppe.topology import Role
from tests.operations.conftest import ORDERS

FILE = ORDERS + "rocketmq:\n  nameservers: {main: {}}\n  brokers:\n    one: {nameserver: main}\n"


class Nomad:
    """Knows these jobs; each Broker group registers with the NameServer group that is given."""

    def __init__(self, **jobs: str) -> None:
        self._jobs = {f"rocketmq-{job.replace('_', '-')}": nameserver for job, nameserver in jobs.items()}

    def request(self, method: str, path: str, json: object = None, params: object = None) -> Any:
        assert method == "GET", "nothing is changed"
        if path == "/v1/jobs":
            return [{"ID": job, "Status": "running"} for job in self._jobs]
        job = path.split("/")[3]
        if path.endswith("/submission"):
            return {"Source": "", "Variables": f'nameserver = "{self._jobs[job]}"\n'}
        return {"Version": 3}


def inside(file: Path, **jobs: str) -> Inside:
    from steppe import spec, topology

    file.write_text(FILE)
    cluster = SimpleNamespace(topology=topology.build(spec.load(file)), file=file)
    return Inside(
        cluster=cast(Any, cluster), where=cast(Any, None), way=cast(Any, SimpleNamespace(nomad=Nomad(**jobs)))
    )


def test_groups_of_the_file_and_groups_that_run(tmp_path: Path) -> None:
    found = groups(inside(tmp_path / "c.yaml", broker_two="main", nameserver_main="", broker_one="main"))
    assert [(each.kind, each.name, each.wanted, each.known is not None) for each in found] == [
        (Role.NAMESERVER, "main", True, True),
        (Role.BROKER, "one", True, True),
        (Role.BROKER, "two", False, True),
    ]


def test_a_group_that_the_file_names_is_not_removed_and_its_line_is_told(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    here = inside(file, broker_one="main", nameserver_main="")
    with pytest.raises(UsageError) as raised:
        remove._removable(here, file, "one", delete_data=True)
    line = 1 + FILE.splitlines().index("    one: {nameserver: main}")
    assert raised.value.code == "mq.still-named"
    assert f"{file}:{line}: rocketmq.brokers.one" in raised.value.message


def test_a_nameserver_group_that_brokers_use_is_not_removed(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    used = inside(file, nameserver_old="", broker_two="old")
    with pytest.raises(UsageError) as raised:
        remove._removable(used, file, "old", delete_data=False)
    assert (raised.value.code, "two" in raised.value.message) == ("mq.used", True)
    free = inside(file, nameserver_old="", broker_two="main")
    assert remove._removable(free, file, "old", delete_data=False).kind is Role.NAMESERVER


def test_what_an_ended_group_left_can_still_be_deleted(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    here = inside(file, nameserver_main="")
    with pytest.raises(UsageError):
        remove._removable(here, file, "gone", delete_data=False)
    assert remove._removable(here, file, "gone", delete_data=True).known is None
    assert remove._removable(here, file, "nameserver/gone", delete_data=True).kind is Role.NAMESERVER


@pytest.mark.parametrize("name", ["../x", "x/..", "broker/", "a b", "", "."])
def test_a_name_that_could_be_another_folder_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "c.yaml"
    with pytest.raises(UsageError):
        remove._removable(inside(file), file, name, delete_data=True)


def test_two_groups_of_one_name_are_told_apart() -> None:
    both = tuple(
        Group(kind=kind, name="x", wanted=True, known=None) for kind in (Role.NAMESERVER, Role.BROKER)
    )
    with pytest.raises(UsageError):
        named(both, "x")
    assert need(both, "broker/x").kind is Role.BROKER
    assert folder_of(Role.BROKER, "x") != folder_of(Role.NAMESERVER, "x")


def test_nobody_who_can_type_the_name_is_no_yes() -> None:
    with pytest.raises(UsageError) as raised:
        confirm_by_name("End x?", "x", yes=False)
    assert raised.value.code == "cli.no-terminal"
    confirm_by_name("End x?", "x", yes=True)
