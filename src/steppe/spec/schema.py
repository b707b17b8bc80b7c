"""The spec's fields, from the model itself: a JSON Schema for editors, a table for readers (docs/spec.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from steppe.spec.explain import model_in
from steppe.spec.model import DiskSpec, HostSpec, HostsSpec, Spec


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a cluster file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Spec.model_json_schema(by_alias=True),
        "title": "steppe cluster file",
    }


def reference() -> str:
    """A Markdown table: every field, its default, and what it means."""
    rows = [f"| `{name}` | {default} | {text} |" for name, default, text in _rows(Spec, "")]
    return "\n".join(["| field | if left out | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    if model is HostsSpec:
        yield from _rows(HostSpec, f"{prefix}<role>.")
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner = model_in(field.annotation)
        if _told_before(model, name, field):
            continue
        yield path, _default(field), field.description or ""
        if inner and (inner is not DiskSpec or path == "hosts.<role>.boot_disk"):
            yield from _rows(inner, f"{path}{_item(field)}.")


def _item(field: FieldInfo) -> str:
    """How one of several is written behind the field's name; empty where there is just one."""
    outer: object = getattr(field.annotation, "__origin__", None)
    return ".<name>" if outer is dict else "[]" if outer is tuple else ""


def _told_before(model: type[BaseModel], name: str, field: FieldInfo) -> bool:
    """Is it a field of every role, with the default that every role has?"""
    if model is HostSpec or not issubclass(model, HostSpec):
        return False
    common = HostSpec.model_fields.get(name)
    return common is not None and common.default == field.default


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(required)"
    return _shown(field.default, field)


def _shown(value: Any, field: FieldInfo) -> str:
    if isinstance(value, DiskSpec):
        return f"`{value.type[0]}`, `{value.size_gb[0]}GiB`"
    if isinstance(value, BaseModel) or value in ({}, (), None):
        return ""
    if field.alias == "memory":
        return f"`{value[0] // 1024}GiB`"
    if isinstance(value, tuple):
        return f"`{value[0]}`"
    return f"`{value}`"


if __name__ == "__main__":
    print(reference(), end="")
