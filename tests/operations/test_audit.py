"""The audit log: which commands ran, which plan each applied, and what became of its steps."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from steppe.cli import exits
from steppe.cli.main import cli
from steppe.engine import Plan
from steppe.errors import UsageError
from steppe.operations.audit import one_run, runs
from steppe.operations.down import down
from steppe.workspace import AUDIT, workspace
from tests.cloud.cluster_in_box import QUICK, ClusterInBox
from tests.operations.conftest import REGION, keep


def refused(_: Plan) -> None:
    raise UsageError("No.", code="cli.no-terminal")


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["steppe", "audit", *words])
    assert exits.run(cli) == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("outside")
def test_a_cluster_that_nobody_touched_has_no_runs(file: Path) -> None:
    assert runs(file) == ()
    with pytest.raises(UsageError) as raised:
        one_run(file, None)
    assert raised.value.code == "audit.absent"


def test_runs_are_kept_with_their_plan_and_outcome(
    outside: ClusterInBox,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keep(outside.secrets)
    with pytest.raises(UsageError):
        down(file, lambda event: None, refused)
    plans: list[Plan] = []
    down(file, lambda event: None, plans.append, patience=QUICK)
    folder = workspace().cluster(REGION, "orders")
    folder.audit({"command": "up", "type": "begin", "run": "killed"})
    with (folder.path / AUDIT).open("a") as log:
        log.write('{"cut": "off')

    first, second, third = runs(file)
    assert (first.command, first.outcome, first.code, first.plan) == ("down", "failed", "cli.no-terminal", "")
    assert (second.outcome, second.plan) == ("done", plans[0].fingerprint)
    assert (third.command, third.outcome) == ("up", "not ended")
    assert one_run(file, None) == second and one_run(file, first.run) == first
    assert [step.step for step in second.steps] == [step.id for step in plans[0].steps]
    assert {(step.state, step.reason) for step in second.steps} == {("done", "down")}

    listed = json.loads(told(capsys, monkeypatch, "list", str(file), "--json"))["runs"]
    assert [each["plan"] for each in listed] == ["", plans[0].fingerprint, ""]
    shown = json.loads(told(capsys, monkeypatch, "show", str(file), second.run, "--json"))
    assert shown["plan"] == plans[0].fingerprint and len(shown["steps"]) == len(plans[0].steps)

    text = (folder.path / AUDIT).read_text()
    hidden = (outside.secrets.ca_key, outside.secrets.consul_gossip, outside.secrets.nomad_management)
    assert not [secret for secret in hidden if secret in text]
