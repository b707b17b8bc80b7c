"""requirements.lock: all that pyproject.toml asks for, each pinned, with hashes, and from no named index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PIN = re.compile(
    r"(?P<name>[a-z0-9.-]+)==(?P<version>[^ ;\\]+)(?: ; [^\\]+)? \\\n"
    r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
)


def locked() -> dict[str, str]:
    found = PIN.finditer((ROOT / "requirements.lock").read_text())
    return {canonicalize_name(each["name"]): each["version"] for each in found}


def test_everything_that_is_asked_for_is_pinned_to_a_version_that_fits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = locked()
    for text in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        wanted = Requirement(text)
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not in requirements.lock: make lock"
        assert version in wanted.specifier, f"{wanted.name} {version} doesn't fit {text}: make lock"


def test_each_line_is_a_pin_with_hashes_and_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    rest = PIN.sub("", text)
    assert [line for line in rest.splitlines() if not line.startswith("#")] == []
    assert "://" not in text


def test_set_up_installs_by_it_alone() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "--require-hashes --requirement requirements.lock" in makefile
    assert "--no-deps --no-build-isolation --editable ." in makefile
