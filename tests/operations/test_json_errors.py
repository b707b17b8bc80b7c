"""With `--json` a program reads one document, or one error, on stdout; and what stdout refuses is told."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud.cluster_in_box import ClusterInBox
from tests.operations.typed import DEADLINE_S, STEPPE, steppe


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("status", "/nowhere.yaml"), "spec.unreadable", 2),
        (("plan", "--no-such-option"), "cli.usage", 2),
        (("up", "/nowhere.yaml", "--yes"), "spec.unreadable", 2),
    ],
)
def test_an_error_before_any_document_is_one(words: tuple[str, ...], code: str, exit_code: int) -> None:
    done = steppe(*words, "--json")
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["version"], told["error"]["code"], told["error"]["exit"]) == (1, code, exit_code)
    assert told["error"]["message"] and done.returncode == exit_code
    assert told["error"]["message"].splitlines()[0] in done.stderr


def test_after_events_the_error_is_the_last_line(outside: ClusterInBox, file: Path) -> None:
    done = steppe("up", file, "--yes", "--json")
    hello, *_, last = (json.loads(line) for line in done.stdout.splitlines())
    assert (hello["type"], hello["version"]) == ("hello", 1)
    assert last["error"]["code"] == "claim.other" and last["error"]["exit"] == done.returncode == 5
    assert outside.secrets.owner in last["error"]["message"]


@pytest.mark.usefixtures("outside")
def test_a_document_that_tells_it_already_has_no_error_after_it(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "others.yaml"
    other.write_text(file.read_text().replace("orders", "others"))
    done = steppe("plan", other, "--json", "--exit-code")
    assert done.returncode == 3
    assert json.loads(done.stdout)["version"] == 1


def test_without_json_stdout_stays_empty() -> None:
    done = steppe("status", "/nowhere.yaml")
    assert done.stdout == "" and "spec.unreadable" in done.stderr


@pytest.mark.parametrize("words", [("validate", "--json"), ("--help",)], ids=lambda words: words[0])
def test_a_full_stdout_is_told_plainly(file: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        named = [*STEPPE, *words, *([str(file)] if words[0] == "validate" else [])]
        done = subprocess.run(
            named, stdout=full, stderr=subprocess.PIPE, text=True, timeout=DEADLINE_S, check=False
        )
    assert done.returncode == 1
    assert "The output can't be written to stdout: No space left on device." in done.stderr
    assert "code cli.output, exit 1" in done.stderr
    assert "fault" not in done.stderr and "Exception ignored" not in done.stderr


def test_hints_can_be_pasted_whatever_the_files_name(tmp_path: Path, outside: ClusterInBox) -> None:
    folder = tmp_path / "my clusters"
    folder.mkdir()
    file = folder / "others.yaml"
    zones = ", ".join(outside.served.zones)
    file.write_text(
        f"cluster: others\nregion: {outside.served.region}\nzones: [{zones}]\n"
        "access: {from: [203.0.113.7/32]}\n"
    )
    assert f"steppe plan '{file}'" in steppe("validate", file).stderr
    pending = steppe("plan", file, "--exit-code").stderr
    assert pending.count(f"steppe up '{file}'") == 1
    assert f"`steppe up '{file}'`" in steppe("status", file).stderr


@pytest.mark.usefixtures("outside")
def test_a_question_shows_what_may_be_answered(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "others.yaml"
    other.write_text(file.read_text().replace("orders", "others"))
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*STEPPE, "up", str(other)], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    while b"Make these changes?" not in said or not said.rstrip().endswith(b":"):
        said += os.read(ours, 4096)
    os.write(ours, b"n\n")
    assert process.wait(DEADLINE_S) == 130
    os.close(ours)
    assert b"Make these changes? [y/N]:" in said


def test_lines_for_a_pipe_are_whole() -> None:
    text = "a table's cell " * 20
    show = (
        "from rich.table import Table; from steppe.cli.render import console; "
        f"t = Table(box=None); t.add_column('x'); t.add_row({text!r}.strip()); console().print(t)"
    )
    done = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, text=True, timeout=DEADLINE_S, check=True
    )
    assert text.strip() in done.stderr
