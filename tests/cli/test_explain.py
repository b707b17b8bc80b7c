"""Every code that an error can carry is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import steppe
from steppe.cli.explain import explanation, explanations
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
    assert [code for code in explanations() if code not in CODES and code not in families] == []


def test_the_codes_were_found() -> None:
    assert {"spec.invalid", "plan.moved", "workspace.locked"} <= set(CODES)
