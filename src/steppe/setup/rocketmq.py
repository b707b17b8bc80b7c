"""RocketMQ's jars: from the cache, or from Maven Central, each checked against its pinned SHA-256 sum."""

from __future__ import annotations

import shutil
from pathlib import Path

from steppe.errors import SteppeError
from steppe.setup.cache import cache_folder, publish, repository, sha256
from steppe.setup.command import run
from steppe.setup.progress import step

VERSION = "5.5.0"


def jars() -> Path:
    """The folder of the jars, or where it will be."""
    return cache_folder() / f"rocketmq-{VERSION}" / "lib"


def resolve() -> Path:
    """The folder of the jars. Raises SteppeError when Maven can't fetch them or one isn't what was pinned."""
    publish(jars().parent, _fetch)
    return jars()


def _fetch(part: Path) -> None:
    pins = repository() / "tools" / "rocketmq"
    with step(f"RocketMQ {VERSION}: jars from Maven Central"):
        # Maven writes beside its pom, so it gets a copy.
        shutil.copy(pins / "pom.xml", part)
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
    check(part / "lib", (pins / "SHA256SUMS").read_text())


def check(folder: Path, sums: str) -> None:
    """Raises SteppeError unless the folder holds exactly the files of `sums`, each with its sum."""
    wanted = {name: digest for digest, name in (row.split() for row in sums.splitlines())}
    found = {path.name: sha256(path) for path in folder.iterdir()}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise SteppeError(
            f"These jars are not the pinned ones: {', '.join(wrong[:5])}.",
            code="setup.checksum",
            hint="compare with tools/rocketmq/SHA256SUMS; someone may change what you download",
        )
