"""From text to `Spec`, with every problem of the file at once.

1. Read the text as a document with lines; stop here if it isn't one.
2. Fill in what the region `box` brings along.
3. Validate each field by itself.
4. Leave out the fields that are wrong and look at the rest with the rules over several fields, except
   those that read a wrong field.
5. One SpecError with all findings, or the Spec.
"""

from __future__ import annotations

import copy
import itertools
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from steppe.errors import UsageError
from steppe.spec.document import Document, read
from steppe.spec.explain import explain
from steppe.spec.model import BOX_REGION, Spec
from steppe.spec.problems import Path, Problem, SpecError
from steppe.spec.regions import ZONES
from steppe.spec.rules import RULES

_BOX_INTERNET = ["198.18.0.0/15"]
_STAND_IN = {"cluster": "stand-in", "region": BOX_REGION}
"""For a required field that is wrong, so that the rest can be looked at; never reaches a Spec."""


def load(path: FilePath) -> Spec:
    """The spec in that file. Raises SpecError (all problems at once), or UsageError if it can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            f"{path} can't be read: {why}.",
            code="spec.unreadable",
            hint="Name a cluster file, or write one with steppe init.",
        ) from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Spec:
    """The spec in `text`; `name` is what problems call the file. Raises SpecError."""
    document = read(text, name)
    value = _with_box(document.value)
    spec, problems = _validate(value, document)
    if spec is None:
        raise SpecError(problems)
    return spec


def _with_box(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("region") != BOX_REGION:
        return value
    value = {"zones": list(ZONES[BOX_REGION]), **value}
    access, network = value.get("access", {}), value.get("network")
    private = isinstance(network, dict) and (network.get("private") or network.get("legacy_vpc_id"))
    if isinstance(access, dict) and not private:
        value["access"] = {"from": _BOX_INTERNET, **access}
    return value


def _validate(value: dict[str, Any], document: Document) -> tuple[Spec | None, list[Problem]]:
    problems: list[Problem] = []
    wrong: set[Path] = set()
    try:
        spec = Spec.model_validate(value)
    except ValidationError as error:
        for detail in error.errors():
            path = _written(_place(detail), document)
            wrong.add(path)
            problems.append(document.problem(path, *explain(detail)))
        spec = _rest(value, error)
    for rule in RULES:
        if any(_touch(reads, path) for reads in rule.reads for path in wrong):
            continue
        for found in rule.check(spec):
            problems.append(document.problem(found.path, found.message, found.expected))
    return (None if problems else spec), problems


def _place(detail: ErrorDetails) -> Path:
    return tuple(part for part in detail["loc"] if part != "[key]")


def _written(path: Path, document: Document) -> Path:
    """As the file has it: a value that stands for all zones has no place in a list."""
    return path[:-1] if isinstance(path[-1], int) and path not in document.lines else path


def _touch(one: Path, other: Path) -> bool:
    """Is one of the two places the other, or inside it?"""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _rest(value: dict[str, Any], error: ValidationError) -> Spec:
    """What is left when every wrong field is left out: its default stands in."""
    rest = copy.deepcopy(value)
    while True:
        for detail in error.errors():
            path = _place(detail)
            missing = detail["type"] == "missing" and len(path) > 1
            _drop(rest, path[:-1] if missing else path)
        rest = {**_STAND_IN, **rest}
        try:
            return Spec.model_validate(rest)
        except ValidationError as further:
            error = further


def _drop(value: dict[str, Any], path: Path) -> None:
    """Takes that place out; of a list with a wrong item, the whole list."""
    names = list(itertools.takewhile(lambda part: isinstance(part, str), path))
    place: Any = value
    for name in names[:-1]:
        place = place.get(name) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(names[-1], None)
