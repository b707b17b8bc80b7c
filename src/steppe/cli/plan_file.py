"""A plan in a file: what `plan --out` saves is what `up --plan` applies."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from steppe.engine import Plan
from steppe.errors import UsageError

PATH = click.Path(path_type=Path, dir_okay=False)


def write(file: Path, plan: Plan) -> None:
    """Puts the whole plan in place at once, readable by its owner. Raises UsageError where it can't."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as opened:
                opened.write(plan.to_json())
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"{file}: the plan can't be saved there: {error.strerror}.",
            code="plan.unwritable",
            hint="Give --out a file in a folder that is there and yours.",
        ) from error


def read(file: Path) -> Plan:
    """Raises UsageError where it can't be read, or isn't a plan."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file}: the plan can't be read: {error}.",
            code="plan.unreadable",
            hint="Make one with `steppe plan FILE --out PLAN`.",
        ) from error
    return Plan.from_json(text)
