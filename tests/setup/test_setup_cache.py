"""Something is in the cache whole or not at all, however its making ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from steppe.setup.cache import is_whole, publish, write_sums

_STUCK_BUILD = """
import sys, signal
from pathlib import Path
from steppe.setup.cache import publish

def build(part):
    (part / "tool").write_text("half")
    print("halfway", flush=True)
    signal.pause()

publish(Path(sys.argv[1]), build)
"""


def _write(text: str, part: Path) -> None:
    (part / "tool").write_text(text)


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def build(part: Path) -> None:
        _write("half", part)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        publish(tmp_path / "tools" / "x-1", build)
    assert [path.name for path in (tmp_path / "tools").iterdir()] == [".lock"]


def test_what_a_killed_build_left_is_not_taken_for_a_tool_and_goes(tmp_path: Path) -> None:
    target = tmp_path / "tools" / "x-1"
    with subprocess.Popen([sys.executable, "-c", _STUCK_BUILD, target], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"halfway\n"
        process.send_signal(signal.SIGKILL)
    assert not target.exists()
    assert len(list(target.parent.glob(".x-1.part-*"))) == 1

    publish(target, lambda part: _write("whole", part))

    assert (target / "tool").read_text() == "whole"
    assert not list(target.parent.glob(".*.part-*"))


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    publish(tmp_path / "x", lambda part: _write("first", part))
    publish(tmp_path / "x", lambda part: _write("second", part))
    assert (tmp_path / "x" / "tool").read_text() == "first"


def test_two_at_once_make_it_once(tmp_path: Path) -> None:
    made: list[str] = []
    first_builds, may_end = threading.Event(), threading.Event()

    def slow(part: Path) -> None:
        made.append("slow")
        first_builds.set()
        assert may_end.wait(10)
        _write("slow", part)

    first = threading.Thread(target=publish, args=(tmp_path / "x", slow))
    first.start()
    assert first_builds.wait(10)
    second = threading.Thread(target=publish, args=(tmp_path / "x", lambda part: made.append("second")))
    second.start()
    may_end.set()
    first.join(10)
    second.join(10)
    assert made == ["slow"]
    assert (tmp_path / "x" / "tool").read_text() == "slow"


def test_a_changed_or_missing_file_is_noticed(tmp_path: Path) -> None:
    assert not is_whole(tmp_path)
    _write("content", tmp_path)
    write_sums(tmp_path)
    assert is_whole(tmp_path)
    _write("contents", tmp_path)
    assert not is_whole(tmp_path)
    (tmp_path / "tool").unlink()
    assert not is_whole(tmp_path)
