"""Rooms stay apart: ubox and steppe meet at the API, never in an import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"


def imported(package: str) -> Iterator[tuple[Path, str]]:
    """Every module that a package's files import, wherever in the file."""
    for file in sorted((SOURCE / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield file, node.module


@pytest.mark.parametrize(("package", "other"), [("ubox", "steppe"), ("steppe", "ubox")])
def test_neither_imports_the_other(package: str, other: str) -> None:
    crossing = [(file, name) for file, name in imported(package) if name.split(".")[0] == other]
    assert crossing == []


def test_ubox_uses_nothing_of_the_cloud_sdk() -> None:
    """Otherwise a mistake of the SDK would be on both sides, and hidden."""
    assert [each for each in imported("ubox") if each[1].split(".")[0] == "ucloud"] == []
