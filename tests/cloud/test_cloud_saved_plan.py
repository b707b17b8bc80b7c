"""Saved plans: applied as they were read, refused as soon as anything has moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from steppe.cli import plan_file
from steppe.cli.main import cli
from steppe.cloud import Api
from steppe.engine import Plan
from steppe.errors import SteppeError, UsageError
from steppe.operations.plan import plan
from steppe.operations.up import up
from tests.cloud.cluster_in_box import credentials
from tests.cloud.on_disk import TEXT, on_disk
from ubox.testing import Served, serve


class Approved(Exception):
    """The plan came as far as the question whether to apply it."""


def approve(_: Plan) -> None:
    raise Approved


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as there:
        yield there


@pytest.fixture
def file(tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch) -> Path:
    return on_disk(tmp_path, served, monkeypatch)


def saved(file: Path) -> Plan:
    out = file.with_name("orders.plan")
    assert CliRunner().invoke(cli, ["plan", str(file), "--out", str(out)]).exit_code == 0
    return plan_file.read(out)


def test_a_saved_plan_of_a_cluster_that_was_never_built_is_applied(file: Path) -> None:
    with pytest.raises(Approved):
        up(file, lambda _: None, approve, saved=saved(file))


def test_it_is_what_plan_shows(file: Path) -> None:
    assert saved(file) == plan(file)


def test_it_is_refused_when_the_region_has_moved(file: Path, served: Served) -> None:
    read = saved(file)
    Api(credentials(served)).call("CreateVPC", Name="meddled", Network=["10.99.0.0/16"], Tag="orders")
    with pytest.raises(SteppeError, match="the region has changed") as told:
        up(file, lambda _: None, approve, saved=read)
    assert told.value.code == "plan.moved"


def test_it_is_refused_when_the_file_has_changed(file: Path) -> None:
    read = saved(file)
    file.write_text(TEXT + "network: {client: 10.90.0.0/20}\n")
    with pytest.raises(SteppeError, match="the spec or a job has changed") as told:
        up(file, lambda _: None, approve, saved=read)
    assert told.value.code == "plan.moved"


def test_another_clusters_is_refused(file: Path) -> None:
    read = saved(file)
    file.write_text(TEXT.replace("orders", "payments"))
    with pytest.raises(UsageError, match=r"orders in box.* payments in box"):
        up(file, lambda _: None, approve, saved=read)


def test_nothing_is_changed_by_a_refusal(file: Path, served: Served) -> None:
    read, api = saved(file), Api(credentials(served))
    api.call("CreateVPC", Name="meddled", Network=["10.99.0.0/16"], Tag="orders")
    before = plan(file)
    with pytest.raises(SteppeError):
        up(file, lambda _: None, lambda _: None, saved=read)
    assert plan(file) == before


def test_what_is_not_a_plan_is_refused(file: Path) -> None:
    result = CliRunner().invoke(cli, ["up", str(file), "--plan", str(file), "--yes"])
    assert isinstance(result.exception, UsageError) and result.exception.code == "plan.unreadable"


def test_a_folder_that_is_not_there_is_told(file: Path) -> None:
    result = CliRunner().invoke(cli, ["plan", str(file), "--out", str(file.parent / "no" / "plan")])
    assert isinstance(result.exception, UsageError) and result.exception.code == "plan.unwritable"


def test_others_cannot_read_it(file: Path) -> None:
    saved(file)
    assert file.with_name("orders.plan").stat().st_mode & 0o077 == 0
