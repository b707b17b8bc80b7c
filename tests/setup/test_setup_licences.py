"""Every Python package that comes with steppe has a licence under which it may be used and passed on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ALLOWED = ("Apache", "BSD", "EPL-2.0", "MIT", "Mozilla Public License 2.0", "MPL-2.0", "PSF-2.0")
_OWN = "steppe"


def test_every_licence_is_one_that_may_be_passed_on() -> None:
    tool = Path(sys.executable).with_name("pip-licenses")
    allowed = ["--partial-match", "--allow-only", ";".join(_ALLOWED)]
    done = subprocess.run(
        [tool, *allowed, "--ignore-packages", _OWN], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "asyncssh" in done.stdout
