"""RocketMQ's jars: from the cache, or from Maven Central, each checked against its pinned SHA-256 sum."""

from __future__ import annotations

import shutil
from pathlib import Path

from steppe.errors import SteppeError
from steppe.setup.cache import cache_folder, publish, repository, sha256
from steppe.setup.command import run
from steppe.setup.progress import say, step

VERSION = "5.5.0"


def jars() -> Path:
    """The folder of the jars, or where it will be."""
    return cache_folder() / f"rocketmq-{VERSION}" / "lib"


def resolve() -> Path:
    """The folder of the jars. Raises SteppeError when Maven can't fetch them or one isn't what was pinned."""
    folder = jars().parent
    if folder.exists() and not _is_pinned(jars()):
        say(f"   {folder} is damaged; it is fetched again")
        shutil.rmtree(folder)
    publish(folder, _fetch)
    return jars()


def _is_pinned(lib: Path) -> bool:
    return not differing(lib, _pins())


def _pins() -> str:
    return (repository() / "tools" / "rocketmq" / "SHA256SUMS").read_text()


def _fetch(part: Path) -> None:
    with step(f"RocketMQ {VERSION}: jars from Maven Central"):
        # Maven writes beside its pom, so it gets a copy.
        shutil.copy(repository() / "tools" / "rocketmq" / "pom.xml", part)
        run(
            [
                "mvn",
                "--quiet",
                "--batch-mode",
                "dependency:copy-dependencies",
                "-DincludeScope=runtime",
                f"-DoutputDirectory={part / 'lib'}",
            ],
            folder=part,
            hint="Maven and Maven Central are needed: check the network and Maven's settings",
        )
    wrong = differing(part / "lib", _pins())
    if wrong:
        raise SteppeError(
            f"These jars are not the pinned ones: {', '.join(wrong[:5])}.",
            code="setup.checksum",
            hint="compare with tools/rocketmq/SHA256SUMS; someone may change what you download",
        )


def differing(folder: Path, sums: str) -> list[str]:
    """Names of the files that `sums` (rows of `<sha256>  <name>`) and the folder don't agree on."""
    wanted = {name: digest for digest, name in (row.split() for row in sums.splitlines())}
    found = {path.name: sha256(path) for path in folder.iterdir()} if folder.is_dir() else {}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
