"""Runs other programs for set-up; a failure names the command, its last lines, and where all of them are."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from steppe.errors import SteppeError

_LAST_LINES = 12


def run(
    arguments: Sequence[str | Path],
    *,
    hint: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs it to its end, quietly. Raises SteppeError with `hint` as the next step."""
    words = [str(argument) for argument in arguments]
    with tempfile.NamedTemporaryFile("w+", prefix="steppe-setup-", suffix=".log", delete=False) as log:
        try:
            done = subprocess.run(
                words,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except FileNotFoundError:
            raise SteppeError(
                f"The program {words[0]} is not on this machine.", code="setup.program", hint=hint
            ) from None
        log.seek(0)
        last = "".join(log.readlines()[-_LAST_LINES:])
    if done.returncode:
        raise SteppeError(
            f"{shlex.join(words)[:200]} failed with exit code {done.returncode}:\n{last}"
            f"(all of it is in {log.name})",
            code="setup.command",
            hint=hint,
        )
    Path(log.name).unlink()
