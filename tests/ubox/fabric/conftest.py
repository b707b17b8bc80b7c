"""Boxes for the tests of the fabric, taken apart whatever happens."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ubox.catalogue import default_file
from ubox.fabric import leftovers, preflight, reset

if TYPE_CHECKING:
    from tests.ubox.fabric.fabric_region import Box
else:
    from fabric_region import Box


@pytest.fixture(scope="session")
def image() -> Path:
    """The root file system of the host image."""
    if os.geteuid() != 0 or preflight():
        pytest.skip("a box with its fabric needs root and what `ubox` lists as missing")
    file = default_file()
    if not file.exists():
        pytest.skip(f"no host image yet ({file}): make setup builds it")
    root: str = json.loads(file.read_text())[0]["root"]
    return (file.parent / root).resolve()


@pytest.fixture(scope="module")
def make_box(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Box]]:
    """Makes boxes side by side; each is reset at the end of the module."""
    boxes: list[Box] = []

    def make(name: str) -> Box:
        boxes.append(Box(tmp_path_factory.mktemp(name), image))
        return boxes[-1]

    yield make
    for box in boxes:
        reset(box.folder)
    assert [each for box in boxes for each in leftovers(box.folder)] == []
