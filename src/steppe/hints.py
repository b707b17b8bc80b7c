"""Commands as hints print them: what is shown can be pasted into a shell."""

from __future__ import annotations

import shlex


def typed(*words: object) -> str:
    """The words as one would type them: `steppe up 'my cluster.yaml'`.

    >>> typed("steppe", "up", "my cluster.yaml")
    "steppe up 'my cluster.yaml'"
    """
    return shlex.join(str(word) for word in words)
