"""`steppe explain`: more about the code of an error, or about the reason of a plan's step or problem."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib.resources import files

import click
import yaml

from steppe.errors import UsageError


@click.command(name="explain")
@click.argument("code")
def command(code: str) -> None:
    """Tell more about the code of an error, or about a reason in a plan, as they are shown.

    \b
    Example:
      steppe explain plan.moved
      steppe explain host.fingerprint
    """
    click.echo(explanation(code))


def explanation(code: str) -> str:
    """What that code means. Raises UsageError when there is no such code."""
    texts = explanations()
    text = texts.get(code) or texts.get(_family(code))
    if text is None:
        near = difflib.get_close_matches(code, texts, n=3)
        raise UsageError(
            f"There is no code or reason {code!r}.",
            code="explain.unknown",
            hint=f"did you mean {', '.join(near)}?"
            if near
            else "use the code that the error or the plan showed",
        )
    return text.strip()


def explanations() -> Mapping[str, str]:
    """Each code or reason, or family of codes ending in `.*`, with what it means and what to do."""
    return {**errors(), **reasons()}


def errors() -> Mapping[str, str]:
    """What an error may carry."""
    return _table("errors.yaml")


def reasons() -> Mapping[str, str]:
    """What a step or a problem of a plan may carry."""
    return _table("reasons.yaml")


def _table(name: str) -> Mapping[str, str]:
    loaded = yaml.safe_load(files("steppe.cli").joinpath(name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _family(code: str) -> str:
    return code.partition(".")[0] + ".*"
