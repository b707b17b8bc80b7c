"""A cluster as its user has it: a file, a workspace, and the box's own file that leads to the region."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ubox.testing import Served

TEXT = "cluster: orders\nregion: box\n"


def on_disk(folder: Path, served: Served, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cluster's file; the environment says the rest, to this process and to those it starts."""
    told = {**served.sdk_config, "endpoint": served.endpoint}
    (folder / "box").mkdir()
    (folder / "box" / "box.json").write_text(json.dumps(told))
    monkeypatch.setenv("UBOX_DIR", str(folder / "box"))
    monkeypatch.setenv("STEPPE_WORKSPACE", str(folder / "workspace"))
    file = folder / "cluster.yaml"
    file.write_text(TEXT)
    return file
