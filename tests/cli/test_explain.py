"""Every code that an error can carry is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import steppe
from steppe.cli.explain import command, explanations

_CODE = re.compile(r'code=f?"([a-z]+\.[a-z{][^"]*)"')
CODES = sorted(
    {
        found
        for file in Path(steppe.__file__).parent.rglob("*.py")
        for found in _CODE.findall(file.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("code", CODES)
def test_each_code_in_the_source_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    command.main([code.replace("{", "").replace("}", "")], standalone_mode=False)
    assert capsys.readouterr().out.strip()


def test_no_explanation_is_of_a_code_that_is_gone() -> None:
    families = {f"{code.partition('.')[0]}.*" for code in CODES}
    assert [code for code in explanations() if code not in CODES and code not in families] == []


def test_the_codes_were_found() -> None:
    assert {"spec.invalid", "plan.moved", "workspace.locked"} <= set(CODES)
