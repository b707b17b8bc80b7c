"""The frame of the command line: exit codes, suggestions, no traceback, no prompt that hangs a script."""

from __future__ import annotations

import json
import sys

import click
import pytest

from steppe.cli import exits
from steppe.cli.main import cli
from steppe.cli.options import confirm
from steppe.cli.render import PlainLines, console, events_shown, line
from steppe.engine.events import ConditionEvent, NoteEvent, StageEvent, StepEvent, StepState, event_data
from steppe.errors import Claimed, LeftBehind, PendingChanges, SteppeError, Unhealthy, UsageError


def _run(monkeypatch: pytest.MonkeyPatch, command: click.Command, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["steppe", *arguments])
    return exits.run(command)


def _failing(error: BaseException) -> click.Command:
    @click.command()
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("kind", "code"),
    [(SteppeError, 1), (UsageError, 2), (PendingChanges, 3), (Unhealthy, 4), (Claimed, 5), (LeftBehind, 6)],
)
def test_each_error_has_its_exit_code_and_says_the_next_step(
    kind: type[SteppeError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = kind("orders.yaml:3: it is wrong.", code="test.code", hint="do this")
    assert _run(monkeypatch, _failing(error)) == code
    shown = capsys.readouterr().err
    assert "orders.yaml:3: it is wrong." in shown
    assert "do this" in shown
    assert "test.code" in shown


def test_an_interrupt_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, _failing(KeyboardInterrupt())) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_a_fault_of_steppe_shows_no_traceback_and_keeps_the_details(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, _failing(RuntimeError("secret-value"))) == 1
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert "secret-value" not in shown
    assert "steppe-fault-" in shown


def test_an_unknown_command_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, cli, "stat") == 2
    assert "Did you mean 'status'?" in capsys.readouterr().err


@pytest.mark.parametrize("command", cli.list_commands(click.Context(cli)))
def test_each_command_shows_an_example_in_its_help(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, cli, command, "--help") == 0
    assert f"steppe {command}" in capsys.readouterr().out.split("Example")[1]


def test_a_change_without_terminal_or_yes_stops_with_the_way_on() -> None:
    with pytest.raises(UsageError) as raised:
        confirm("Remove it?", yes=False)
    assert "--yes" in raised.value.hint


def test_json_events_are_lines_that_begin_with_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with events_shown(as_json=True) as emit:
        emit(StepEvent(step="create host a", state=StepState.DONE, seconds=1.5))
    hello, step = (json.loads(text) for text in capsys.readouterr().out.splitlines())
    assert (hello["type"], hello["version"], hello["seq"]) == ("hello", 1, 0)
    assert (step["type"], step["step"], step["state"], step["seq"]) == ("step", "create host a", "done", 1)


def test_plain_output_says_a_lasting_reason_once_and_then_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ticks = iter([0.0, 1.0, 3.0, 4.0])
    lines = PlainLines(console(), lambda: next(ticks))
    for left in (60, 59, 57, 56):
        lines.emit(ConditionEvent(condition="Consul leads", met=False, why_not="no answer", left_s=left))
    lines.emit(ConditionEvent(condition="Consul leads", met=True, seconds=5.0))
    shown = capsys.readouterr().err.splitlines()
    assert shown == ["  … Consul leads: no answer (57 s left)", "  ✓ Consul leads 5.0 s"]


def test_plain_output_goes_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with events_shown(as_json=False) as emit:
        emit(NoteEvent(text="something to read"))
    assert capsys.readouterr().err == "  something to read\n"


def test_markup_in_an_error_is_text() -> None:
    shown = line(NoteEvent(text="rule [22] is gone"))
    assert shown is not None
    assert "\\[22]" in shown or "[22]" in shown


def test_data_of_an_event_leaves_out_what_is_not_known() -> None:
    begun = StageEvent(stage="cloud", begun=True)
    assert event_data(begun) == {"type": "stage", "stage": "cloud", "begun": True}
