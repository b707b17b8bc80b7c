"""Every secret of a cluster, and every place where a secret must not be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ubox.fabric.names import Names

_PUBLIC = {
    "version",
    "owner",
    "accessor",
    "ca_certificate",
    "certificate",
    "name",
    "ssh_public_key",
    "ssh_host_public",
}
_TASKS_USER = 902
"""RocketMQ's, as the image's recipe fixes it."""
_LEAST = 12
"""Characters of a line that is looked for: a key's text is compared line by line."""


def secrets_of(workspace: Path) -> Sequence[str]:
    """Every line of everything in `secrets.json` that isn't public."""
    kept = json.loads((workspace / "secrets.json").read_text())
    return sorted({line for text in _texts(kept) for line in text.splitlines() if _is_telling(line)})


def processes(names: Names) -> Iterator[tuple[str, str]]:
    """What every process of the box's machines shows: its arguments, and the environment of tasks."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if names.prefix not in (folder / "cgroup").read_text():
                continue
            arguments = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield f"arguments of {folder.name}", arguments
            if folder.stat().st_uid == _TASKS_USER:
                yield f"environment of {arguments[:60]}", (folder / "environ").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _PUBLIC:
                yield from _texts(inner)


def _is_telling(line: str) -> bool:
    return len(line) >= _LEAST and not line.startswith("-----")
