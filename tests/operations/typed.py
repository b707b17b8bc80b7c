"""The command as a user types it: a process of its own, with this process's environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEADLINE_S = 120.0
STEPPE = (sys.executable, "-m", "steppe.cli.main")


def steppe(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What it printed, and its exit code; nobody sits at a terminal."""
    return subprocess.run(
        [*STEPPE, *map(str, words)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
