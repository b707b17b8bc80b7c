"""Passwords that nobody ever uses."""

from __future__ import annotations

import base64
import secrets
import string

_LENGTH = 24
"""UHost takes 8 to 30 characters of at least two classes."""


def one_time_password() -> str:
    """A strong random password, base64 as the API wants it. Hosts are reached with keys only."""
    letters = string.ascii_letters + string.digits
    middle = "".join(secrets.choice(letters) for _ in range(_LENGTH - 4))
    # One of each class, so that the rule holds whatever chance gives.
    return base64.b64encode(f"aA1-{middle}".encode()).decode()
