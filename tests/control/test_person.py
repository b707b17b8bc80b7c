"""Who runs steppe, also where the machine has no name for that user."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from steppe.person import user_name
from steppe.workspace import ClusterFolder

NOBODYS = 2_000_010_001
"""A user id that no machine gives."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterFolder:
    """Of a user as in a pod whose user id is not in the image."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: NOBODYS)
    with pytest.raises(KeyError):
        pwd.getpwuid(NOBODYS)
    return ClusterFolder(tmp_path)


def test_a_user_without_a_name_is_told_by_number(folder: ClusterFolder) -> None:
    assert user_name() == f"uid{NOBODYS}"
    folder.audit({"command": "verify"})
    assert f'"user": "uid{NOBODYS}"' in (folder.read("audit.jsonl") or "")
    with folder.lock("workspace import"):
        assert f"uid{NOBODYS}" in (folder.path / "lock").read_text()


def test_a_user_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "mei")
    assert user_name() == "mei"
