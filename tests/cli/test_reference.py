"""docs/commands.md is what the commands say of themselves."""

from __future__ import annotations

from pathlib import Path

from steppe.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_of_commands_is_current() -> None:
    assert PAGE.read_text() == reference(), "run: .venv/bin/python -m steppe.cli.reference > docs/commands.md"
