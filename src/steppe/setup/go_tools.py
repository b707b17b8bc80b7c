"""Consul and Nomad, pinned: from the cache, as the official release, or built from the Go module proxy.

1. The cache has it, whole: done.
2. The release archive of its maker, checked against the SHA-256 sums published beside it.
3. Where that can't be reached: `go build` out of `tools/<name>/go.mod` and `go.sum`, which pin every module.
"""

from __future__ import annotations

import hashlib
import io
import platform
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import requests

from steppe.errors import SteppeError
from steppe.setup.cache import SUMS, cache_folder, is_whole, publish, repository, write_sums
from steppe.setup.command import run
from steppe.setup.progress import say, step

RELEASES = "https://releases.hashicorp.com"
_CONNECT_S = 4.0
_TRANSFER_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GoTool:
    name: str
    version: str
    module: str
    go: str
    """The oldest Go that builds it."""
    options: tuple[str, ...] = ()
    """Further options of `go build`."""
    ldflags: str = "-s -w"
    cgo: bool = False


CONSUL = GoTool(name="consul", version="1.20.6", module="github.com/hashicorp/consul", go="1.23.8")
NOMAD = GoTool(
    name="nomad",
    version="1.10.5",
    module="github.com/hashicorp/nomad",
    go="1.24.7",
    # Without `release` every client offers mock_driver. runc, which starts exec tasks, is partly C: linked
    # statically, so that it runs in the image whatever C library this machine has.
    options=("-tags=release,netgo,osusergo",),
    ldflags="-s -w -linkmode external -extldflags -static",
    cgo=True,
)
TOOLS = (CONSUL, NOMAD)


def binary(tool: GoTool) -> Path:
    """Where the tool is, or will be."""
    return cache_folder() / "tools" / f"{tool.name}-{tool.version}" / tool.name


def resolve(tool: GoTool, *, releases: str = RELEASES, pins: Path | None = None) -> Path:
    """The tool's binary; `pins` is where its go.mod is, `tools/<name>` if not said.

    Raises SteppeError if it can be had in none of the three ways, or if a download isn't what was published.
    """
    modules = pins or repository() / "tools" / tool.name
    folder = binary(tool).parent
    if folder.exists() and not is_whole(folder):
        say(f"   {folder} is damaged; it is made again")
        shutil.rmtree(folder)

    def make(part: Path) -> None:
        _make(tool, part / tool.name, releases, modules)
        write_sums(part)

    publish(folder, make)
    return binary(tool)


def _make(tool: GoTool, target: Path, releases: str, modules: Path) -> None:
    title = f"{tool.name} {tool.version}"
    try:
        with step(f"{title}: official release"):
            target.write_bytes(download(tool, releases))
            target.chmod(0o755)
            return
    except requests.RequestException as error:
        say(f"   the release can't be reached ({type(error).__name__}); building from source instead")
    with step(f"{title}: build from the Go module proxy (some minutes, once)"):
        build(tool, target, modules)


def download(tool: GoTool, releases: str) -> bytes:
    """The binary out of the release archive.

    Raises requests.RequestException when it can't be fetched, SteppeError when it isn't what was published.
    """
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    folder = f"{releases}/{tool.name}/{tool.version}"
    archive_name = f"{tool.name}_{tool.version}_linux_{machine}.zip"
    sums = _fetched(f"{folder}/{tool.name}_{tool.version}_SHA256SUMS").decode()
    archive = _fetched(f"{folder}/{archive_name}")
    check_sum(archive_name, archive, sums)
    with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
        return unpacked.read(tool.name)


def _fetched(url: str) -> bytes:
    answer = requests.get(url, timeout=(_CONNECT_S, _TRANSFER_S))
    answer.raise_for_status()
    return answer.content


def check_sum(name: str, content: bytes, sums: str) -> None:
    """Raises SteppeError unless `sums` (lines of `<sha256>  <name>`) has the sum of `content` for `name`."""
    rows = (row.split() for row in sums.splitlines() if row)
    published = {file.lstrip("*"): digest for digest, file in rows}
    if published.get(name) != hashlib.sha256(content).hexdigest():
        raise SteppeError(
            f"{name} does not have its published SHA-256 sum.",
            code="setup.checksum",
            hint="try again; if it stays so, someone changes what you download: do not go on",
        )


def build(tool: GoTool, target: Path, modules: Path) -> None:
    """Builds it out of that folder's go.mod. Raises SteppeError when Go is missing, too old, or fails."""
    run(
        [
            "go",
            "build",
            "-trimpath",
            "-buildvcs=false",
            "-mod=readonly",
            *tool.options,
            f"-ldflags={tool.ldflags}",
            "-o",
            target,
            tool.module,
        ],
        folder=modules,
        environment={"CGO_ENABLED": "1" if tool.cgo else "0"},
        hint=f"Go {tool.go} or newer and the Go module proxy are needed; Go is at https://go.dev/dl/",
    )


def identity(tool: GoTool) -> str:
    """The noted SHA-256 of the tool that is there: what an image with it depends on."""
    return (binary(tool).parent / SUMS).read_text()
