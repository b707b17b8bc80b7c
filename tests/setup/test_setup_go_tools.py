"""Where a Go tool comes from: the cache, then its release, then its modules; and what is refused."""

from __future__ import annotations

import hashlib
import io
import platform
import shutil
import socket
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from steppe.errors import SteppeError
from steppe.setup import go_tools
from steppe.setup.go_tools import CONSUL, NOMAD, GoTool

TINY = GoTool(name="tiny", version="1.2.3", module="example.test/tiny", go="1.21")
_MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
_ARCHIVE = f"tiny_1.2.3_linux_{_MACHINE}.zip"
_RELEASED = b"#!/bin/sh\necho released\n"


@dataclass
class Releases:
    """A release site on the loopback, of one version of the tiny tool."""

    url: str
    folder: Path
    asked: list[str] = field(default_factory=list)

    def publish(self, content: bytes, digest: str | None = None) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("LICENSE.txt", "free")
            archive.writestr("tiny", content)
        self.folder.mkdir(parents=True)
        (self.folder / _ARCHIVE).write_bytes(packed.getvalue())
        digest = digest or hashlib.sha256(packed.getvalue()).hexdigest()
        rows = f"{'0' * 64}  tiny_1.2.3_plan9_386.zip\n{digest}  {_ARCHIVE}\n"
        (self.folder / "tiny_1.2.3_SHA256SUMS").write_text(rows)


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[Releases]:
    root = tmp_path / "releases"
    site = Releases(url="", folder=root / "tiny" / "1.2.3")

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: object = "-", size: object = "-") -> None:
            site.asked.append(self.path)

        def log_error(self, format: str, *args: object) -> None:
            """A 404 is part of a test."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root))) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def unreachable() -> str:
    """A release site where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """The tiny tool's go.mod and its source."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.test/tiny\n\ngo 1.21\n")
    (folder / "main.go").write_text('package main\n\nfunc main() { println("built") }\n')
    return folder


def _says(binary: Path) -> str:
    done = subprocess.run([binary], capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).strip()


def _tools(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "tools").iterdir() if path.name != ".lock")


def test_the_release_comes_first_and_is_then_in_the_cache(
    cache: Path, releases: Releases, unreachable: str, modules: Path
) -> None:
    releases.publish(_RELEASED)
    binary = go_tools.resolve(TINY, releases=releases.url, pins=modules)
    assert binary == cache / "tools" / "tiny-1.2.3" / "tiny"
    assert _says(binary) == "released"
    assert releases.asked == [f"/tiny/1.2.3/{name}" for name in ("tiny_1.2.3_SHA256SUMS", _ARCHIVE)]

    assert go_tools.resolve(TINY, releases=unreachable, pins=modules) == binary
    assert _says(binary) == "released"


@pytest.mark.parametrize("digest", ["0" * 64, ""])
def test_an_archive_that_is_not_what_was_published_is_refused(
    cache: Path, releases: Releases, modules: Path, digest: str
) -> None:
    releases.publish(_RELEASED, digest or hashlib.sha256(_RELEASED).hexdigest())
    with pytest.raises(SteppeError, match=f"{_ARCHIVE} does not have its published SHA-256") as refused:
        go_tools.resolve(TINY, releases=releases.url, pins=modules)
    assert refused.value.code == "setup.checksum"
    assert _tools(cache) == []


def test_an_archive_without_a_published_sum_is_refused(
    cache: Path, releases: Releases, modules: Path
) -> None:
    releases.publish(_RELEASED)
    (releases.folder / "tiny_1.2.3_SHA256SUMS").write_text(f"{'0' * 64}  another.zip\n")
    with pytest.raises(SteppeError, match="SHA-256"):
        go_tools.resolve(TINY, releases=releases.url, pins=modules)
    assert _tools(cache) == []


@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go")
def test_it_is_built_from_its_modules_when_no_release_can_be_reached(
    cache: Path, unreachable: str, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = go_tools.resolve(TINY, releases=unreachable, pins=modules)
    assert _says(binary) == "built"
    assert _tools(cache) == ["tiny-1.2.3"]
    assert "the release can't be reached" in capsys.readouterr().err


def test_a_failed_build_leaves_nothing_and_says_what_is_needed(
    cache: Path, unreachable: str, modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = programs / "go"
    fake.write_text('#!/bin/sh\ntouch half; echo "go.mod requires go >= 1.21" >&2; exit 1\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    with pytest.raises(SteppeError, match=r"go\.mod requires go >= 1\.21") as failed:
        go_tools.resolve(TINY, releases=unreachable, pins=modules)
    assert "Go 1.21 or newer" in failed.value.hint
    assert _tools(cache) == []


def test_no_go_at_all_is_said_so(
    cache: Path, unreachable: str, modules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SteppeError, match="program go is not on this machine") as failed:
        go_tools.resolve(TINY, releases=unreachable, pins=modules)
    assert "Go 1.21 or newer" in failed.value.hint
    assert _tools(cache) == []


def test_a_damaged_tool_is_made_again(
    cache: Path, releases: Releases, modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    releases.publish(_RELEASED)
    binary = go_tools.resolve(TINY, releases=releases.url, pins=modules)
    binary.write_bytes(b"cut sho")
    go_tools.resolve(TINY, releases=releases.url, pins=modules)
    assert _says(binary) == "released"
    assert f"{cache / 'tools' / 'tiny-1.2.3'} is damaged" in capsys.readouterr().err


@pytest.mark.parametrize("tool", [CONSUL, NOMAD], ids=lambda tool: tool.name)
def test_the_pins_are_of_the_version_and_need_no_newer_go_than_said(tool: GoTool) -> None:
    text = (Path(__file__).parents[2] / "tools" / tool.name / "go.mod").read_text()
    assert f"{tool.module} v{tool.version}" in text
    assert f"tool {tool.module}\n" in text
    needed = next(line.split()[1] for line in text.splitlines() if line.startswith("go "))
    assert [int(part) for part in needed.split(".")] <= [int(part) for part in tool.go.split(".")]
