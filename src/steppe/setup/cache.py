"""Where tools and images are kept, and how something gets in there: whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from steppe.errors import SteppeError

SUMS = "SHA256SUMS"


def cache_folder() -> Path:
    """`$STEPPE_CACHE`, else `steppe` in the user's XDG cache directory."""
    chosen = os.environ.get("STEPPE_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "steppe"


def repository() -> Path:
    """The checkout that holds `tools/` and `images/`. Raises SteppeError when steppe runs from elsewhere."""
    folder = Path(__file__).resolve().parents[3]
    if not (folder / "tools").is_dir() or not (folder / "images").is_dir():
        raise SteppeError(
            f"{folder} holds no tools/ and images/.",
            code="setup.checkout",
            hint="set up from a clone of steppe: git clone …, then make setup",
        )
    return folder


def publish(target: Path, build: Callable[[Path], None]) -> Path:
    """`target`, made by `build` in an empty folder beside it and renamed only when whole.

    What interrupted builds left there is removed; one build in a folder at a time on this machine.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _lock(target.parent):
        if target.exists():
            return target
        _remove_leftovers(target.parent)
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
        try:
            part.chmod(0o755)
            build(part)
            part.rename(target)
        finally:
            if part.exists():
                shutil.rmtree(part)
    return target


def _remove_leftovers(folder: Path) -> None:
    """Half-made things in that folder. Its lock is held, so nothing there is being made."""
    for part in folder.glob(".*.part-*"):
        shutil.rmtree(part)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_sums(folder: Path) -> None:
    """Notes the SHA-256 of each file of that folder in its file SHA256SUMS, for `is_whole`."""
    rows = [f"{sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(rows))


def is_whole(folder: Path) -> bool:
    """Whether the folder has the files, and they the content, that `write_sums` noted."""
    sums = folder / SUMS
    return sums.is_file() and all(
        (folder / name).is_file() and sha256(folder / name) == digest
        for digest, name in (row.split() for row in sums.read_text().splitlines())
    )


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
