"""What is wrong with a cluster file: every finding at once, each with its place and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from steppe.errors import UsageError

Path = tuple[str | int, ...]
"""Where in the document: `("hosts", "nomad", "count")`; whole numbers are places in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    file: str
    line: int
    """Counted from 1; the line of the nearest thing that is there when the field itself is missing."""
    field: str
    """For example `hosts.nomad.count`; empty for the document as a whole."""
    message: str
    expected: str
    """What is allowed here; empty when the message says it."""

    def __str__(self) -> str:
        field = f" {self.field}:" if self.field else ""
        expected = f" (expected {self.expected})" if self.expected else ""
        return f"{self.file}:{self.line}:{field} {self.message}{expected}"


class SpecError(UsageError):
    """A cluster file that can't be used; `problems` in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.field)))
        super().__init__(
            "\n".join(str(problem) for problem in self.problems),
            code="spec.invalid",
            hint="Correct these places and run steppe validate again; docs/spec.md describes every field.",
        )


def field_name(path: Path) -> str:
    """`("hosts", "nomad", "image", 2)` as `hosts.nomad.image[2]`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def unknown(word: str, allowed: Iterable[str]) -> tuple[str, str]:
    """Message and expectation for a word that nothing here is called."""
    allowed = sorted(allowed)
    near = difflib.get_close_matches(word, allowed, n=1)
    message = f"there is no such field; did you mean {near[0]!r}?" if near else "there is no such field"
    return message, f"one of {', '.join(allowed)}" if allowed else ""
