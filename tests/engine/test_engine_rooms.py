"""The engine knows no cloud, and only the cloud room knows the SDK."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "steppe"


def imported(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            yield from ((str(file.relative_to(SOURCE)), name) for name in names)


def test_the_engine_imports_only_itself_and_the_errors() -> None:
    own = ("steppe.engine", "steppe.errors")
    others = [each for each in imported(SOURCE / "engine") if each[1].startswith(("steppe", "ucloud"))]
    assert [each for each in others if not each[1].startswith(own)] == []


def test_only_the_cloud_room_imports_the_sdk() -> None:
    users = {file.split("/")[0] for file, name in imported(SOURCE) if name.split(".")[0] == "ucloud"}
    assert users == {"cloud"}
