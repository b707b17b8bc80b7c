"""What can go wrong for the person who runs `ubox`."""

from __future__ import annotations

import os


def called(verb: str) -> str:
    """That command as the user calls it: `ubox start`, or as the program that runs ubox for them says."""
    return f"{os.environ.get('UBOX_COMMAND', 'ubox')} {verb}"


class BoxError(Exception):
    """The message names the place, what was expected, and the next step."""
