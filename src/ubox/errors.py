"""What can go wrong for the person who runs `ubox`."""

from __future__ import annotations


class BoxError(Exception):
    """The message names the place, what was expected, and the next step."""
