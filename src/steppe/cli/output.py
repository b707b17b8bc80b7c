"""JSON on stdout: one document for each command, or one line for each event, and an error where it failed.

Every document, and every event, says its `version`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from steppe.errors import SteppeError

JSON_VERSION = 1


class _Stdout:
    """What this command has printed so far."""

    has_document = False


_stdout = _Stdout()


def begin() -> None:
    """A command begins: nothing is printed yet."""
    _stdout.has_document = False


def print_document(body: Mapping[str, Any]) -> None:
    """The command's one document. A key `version` of its own counts, otherwise it is `JSON_VERSION`."""
    click.echo(json.dumps({"version": JSON_VERSION, **body}, indent=1))
    _stdout.has_document = True


def print_error(error: SteppeError, exit_code: int) -> None:
    """The error as one line, if `--json` was given and no document is there, which would have told it."""
    # What can't be parsed has no parsed options either.
    if "--json" not in sys.argv[1:] or _stdout.has_document:
        return
    told = {"code": error.code, "message": error.message, "hint": error.hint, "exit": exit_code}
    click.echo(json.dumps({"version": JSON_VERSION, "error": told}))
