"""`make audit` runs this: known vulnerabilities of what steppe brings along.

1. Python packages: pip-audit on `requirements.lock`, against the Python Packaging Advisory Database.
2. Consul and Nomad: govulncheck on the programs themselves, against the Go vulnerability database.

Both databases are on the internet. What could not be asked is named, and is a failure too: exit code 1.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from steppe.setup import go_tools
from steppe.setup.cache import repository
from steppe.setup.progress import say

_GOVULNCHECK = "golang.org/x/vuln/cmd/govulncheck@v1.1.4"
_LONGEST_S = 900


def main() -> int:
    asked = [("Python packages", _pip_audit(repository()))]
    asked += [(f"{tool.name} {tool.version}", _govulncheck(go_tools.binary(tool))) for tool in go_tools.TOOLS]
    results = [_run(title, command) for title, command in asked]
    return 0 if all(results) else 1


def _pip_audit(folder: Path) -> Sequence[str]:
    program = Path(sys.prefix) / "tools" / "bin" / "pip-audit"
    lock = str(folder / "requirements.lock")
    return (
        str(program),
        "--progress-spinner=off",
        "--disable-pip",
        "--require-hashes",
        "--requirement",
        lock,
    )


def _govulncheck(binary: Path) -> Sequence[str]:
    return ("go", "run", _GOVULNCHECK, "-mode=binary", str(binary))


def _run(title: str, command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f" ✗ {title}: could not be asked: {error}")
        return False
    if done.returncode == 0:
        say(f" ✓ {title}: nothing is known")
        return True
    last = (done.stdout + done.stderr).strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    say(f" ✗ {title}: {done.stdout.strip() or 'could not be asked'}\n   {last[0][:300]}")
    return False


if __name__ == "__main__":
    sys.exit(main())
