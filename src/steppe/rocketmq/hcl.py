"""Values as HCL2 writes them, in the text of variables that goes with a job file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Value: TypeAlias = "str | int | Sequence[Value] | Mapping[str, Value]"


def literal(value: Value) -> str:
    """JSON is HCL2 but for one thing: in a string, `${` and `%{` begin a template unless doubled.

    Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md, "Template Expressions".
    """
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def variables(values: Mapping[str, Value]) -> str:
    """A `.nomadvars`-like file: one variable a line, in the order given."""
    return "".join(f"{name} = {literal(value)}\n" for name, value in values.items())


def parsed_variables(text: str) -> Mapping[str, str]:
    """Each variable of such a text with its literal, as `variables` wrote it."""
    lines = (line.partition(" = ") for line in text.splitlines())
    return {name: value for name, _, value in lines}
