"""The contract against the official SDK's own schemas, and against the behaviours."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ubox.behaviour import BEHAVIOURS
from ubox.contract import ACTIONS, FAMILIES
from ubox.contract.model import Action, Form, Kind, Param, Shape
from ubox.fidelity import document

SERVICES = ("vpc", "unet", "uhost", "udisk", "ulb", "uaccount", "ubill")

NOT_IN_SDK = {"DescribeUDisk.UDiskName": "documented; the SDK drops it"}
"""Parameters of ours that the SDK's request schema hasn't, and why."""

WORDS = {Kind.TEXT: ("Str", "Base64"), Kind.INT: ("Int",), Kind.FLOAT: ("Float",), Kind.BOOL: ("Bool",)}


def sdk_schema(action: str, side: str) -> Any:
    for service in SERVICES:
        module = importlib.import_module(f"ucloud.services.{service}.schemas.apis")
        if found := getattr(module, f"{action}{side}Schema", None):
            return found()
    raise AssertionError(f"{action} is in no service of the SDK")


def inner(field: Any) -> tuple[bool, Any]:
    """Whether an SDK field is a list, and what it holds."""
    return (True, field.item) if type(field).__name__ == "List" else (False, field)


def param_differences(params: tuple[Param, ...], fields: Mapping[str, Any], place: str) -> Iterator[str]:
    for param in params:
        name = f"{place}.{param.name}"
        if param.name not in fields:
            yield f"{name} is not in the SDK"
            continue
        is_list, field = inner(fields[param.name])
        if is_list != (param.form in (Form.LIST, Form.GROUPS)):
            yield f"{name}: list or not"
        elif param.parts:
            yield from param_differences(param.parts, field.fields, name)
        elif type(field).__name__ not in WORDS[param.kind]:
            yield f"{name} is {param.kind.value}, the SDK sends {type(field).__name__}"
        if getattr(fields[param.name], "required", False) and not param.required:
            yield f"{name} is required by the SDK"


def shape_differences(shape: Shape, field: Any, place: str) -> Iterator[str]:
    is_list, held = inner(field)
    if isinstance(shape, Kind):
        if is_list or type(held).__name__ not in WORDS[shape]:
            yield f"{place} is {shape.value}, the SDK reads {type(held).__name__}"
    elif isinstance(shape, Mapping):
        for name, below in shape.items():
            if name in held.fields:
                yield from shape_differences(below, held.fields[name], f"{place}.{name}")
            else:
                yield f"{place}.{name} is not in the SDK"
    elif not is_list:
        yield f"{place} is a list, not in the SDK"
    else:
        yield from shape_differences(shape[0], held, place)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_parameters_are_those_of_the_sdk(action: Action) -> None:
    found = param_differences(action.params, sdk_schema(action.name, "Request").fields, action.name)
    excused = [f"{name} is not in the SDK" for name in NOT_IN_SDK if name.startswith(f"{action.name}.")]
    assert list(found) == excused


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_answers_are_what_the_sdk_reads(action: Action) -> None:
    assert list(shape_differences(action.answer, sdk_schema(action.name, "Response"), action.name)) == []


def test_every_action_has_one_behaviour_and_no_behaviour_is_left_over() -> None:
    assert set(BEHAVIOURS) == set(ACTIONS)
    assert sum(len(family.actions) for family in FAMILIES) == len(ACTIONS)


def test_the_page_of_what_is_known_is_current(pytestconfig: pytest.Config) -> None:
    page = pytestconfig.rootpath / "docs" / "fidelity.md"
    assert page.read_text() == document(), "run: ubox fidelity > docs/fidelity.md"
