"""Who runs steppe, as the audit log and locks name them."""

from __future__ import annotations

import getpass
import os


def user_name() -> str:
    """The user's name; `uid10001` where the machine knows none, as in a pod with a user id of its own."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"
