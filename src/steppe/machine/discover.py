"""A configuration for `steppe-discover`, in go-discover's syntax: what `steppe.discovery.parse` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping


def written(pairs: Mapping[str, str]) -> str:
    """The configuration that `discovery.parse` reads as those pairs; `provider` first, the others sorted."""
    order = sorted(pairs, key=lambda key: (key != "provider", key))
    return " ".join(f"{_quoted(key)}={_quoted(pairs[key])}" for key in order)


def _quoted(text: str) -> str:
    if text and re.fullmatch(r'[^\s"\\=\x00-\x20\x7f]+', text):
        return text
    escaped = (f"\\{c}" if c in '"\\' else f"\\x{ord(c):02x}" if c < " " or c == "\x7f" else c for c in text)
    return '"' + "".join(escaped) + '"'
