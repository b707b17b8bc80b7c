"""The spec's fields, from the model itself: a JSON Schema for editors, a table for readers (docs/spec.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from steppe.spec.explain import model_in
from steppe.spec.model import DiskSpec, Spec

_DISKS_SHOWN_AT = "hosts.consul.boot_disk"
"""A disk's own fields are told once; elsewhere they are the same."""


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
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner = model_in(field.annotation)
        yield path, _default(field), field.description or ""
        if inner is None or (inner is DiskSpec and path != _DISKS_SHOWN_AT):
            continue
        by_name = getattr(field.annotation, "__origin__", None) is dict
        yield from _rows(inner, f"{path}.<name>." if by_name else f"{path}.")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(required)"
    return _shown(field.default, field)


def _shown(value: Any, field: FieldInfo) -> str:
    if isinstance(value, DiskSpec):
        return f"`{value.type}`, `{value.size_gb}GiB`"
    if isinstance(value, BaseModel) or value in ({}, (), None):
        return ""
    if field.alias == "memory":
        return f"`{value // 1024}GiB`"
    if isinstance(value, tuple):
        return f"`{value[0]}`"
    return f"`{value}`"
