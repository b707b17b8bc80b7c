"""Every code that an error can carry is explained, and every reason of a plan's step or problem."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import steppe
from steppe.cli.explain import errors, explanation, reasons
from steppe.engine import planning
from steppe.errors import UsageError

_CODE = re.compile(r'code=f?"([a-z]+\.[a-z{][^"]*)"')
CODES = sorted(
    {
        found
        for file in Path(steppe.__file__).parent.rglob("*.py")
        for found in _CODE.findall(file.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("code", CODES)
def test_each_code_in_the_source_is_explained(code: str) -> None:
    assert explanation(code.replace("{", "").replace("}", ""))


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        explanation("spec.invald")
    assert "spec.invalid" in raised.value.hint


def test_no_explanation_is_of_a_code_that_is_gone() -> None:
    families = {f"{code.partition('.')[0]}.*" for code in CODES}
    assert [code for code in errors() if code not in CODES and code not in families] == []


def test_the_codes_were_found() -> None:
    assert {"spec.invalid", "plan.moved", "workspace.locked"} <= set(CODES)


_FIELDS = ("differs", "fixed", "lacking")
"""Functions of `steppe.cloud.resource` that make the reason `<kind>.<field>` of their first two arguments."""
_PASSED_ON = (ast.Name, ast.Attribute, ast.Subscript)
"""A reason that was made elsewhere."""


def reasons_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FIELDS:
            yield ".".join(ast.literal_eval(each) for each in node.args[:2])
        elif (
            isinstance(node, ast.keyword) and node.arg == "reason" and not isinstance(node.value, _PASSED_ON)
        ):
            assert isinstance(node.value, ast.Constant), ast.unparse(node.value)
            yield str(node.value.value)


REASONS = {
    reason
    for file in Path(steppe.__file__).parent.rglob("*.py")
    if file.name != "resource.py"
    for reason in reasons_in(ast.parse(file.read_text(encoding="utf-8")))
} | set(planning._SENTENCES)


def test_the_reasons_explained_are_those_of_the_source() -> None:
    assert {"host.zone", "vpc.cidr", "firewall.name-taken", "absent", "job.differs"} <= REASONS
    assert set(reasons()) | {"claim.tag-in-use"} == REASONS
    assert all(explanation(reason) for reason in REASONS)
