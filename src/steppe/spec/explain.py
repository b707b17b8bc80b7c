"""What pydantic found, in the words of a cluster file: what is wrong, and what is expected."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from steppe.spec.model import Spec
from steppe.spec.problems import unknown
from steppe.spec.units import EXPECTED_BY_PATTERN

_KINDS = {
    "string_type": "text",
    "string_too_short": "text",
    "string_too_long": "at most 63 letters",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map of names",
    "model_type": "a map of fields",
    "model_attributes_type": "a map of fields",
}


def explain(detail: ErrorDetails) -> tuple[str, str]:
    """Message and expectation for one finding of pydantic's."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "steppe":
        return str(context["said"]), str(context["expected"])
    if kind == "extra_forbidden":
        return _unknown_field(detail)
    if kind == "missing":
        return "is missing", _meaning(detail["loc"])
    if kind == "string_pattern_mismatch":
        return f"{value!r} is not allowed", EXPECTED_BY_PATTERN[context["pattern"]]
    if kind == "literal_error":
        return f"{value!r} is not allowed", str(context["expected"])
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"is {_shown(value)}", _bound(context)
    return f"is {_shown(value)}", _KINDS.get(kind, detail["msg"])


def _unknown_field(detail: ErrorDetails) -> tuple[str, str]:
    *outer, name = detail["loc"]
    if outer == ["hosts", "consul"] and name in ("count", "per_zone"):
        return (
            "Consul always has exactly 3 servers, one per zone: 3 outlive a zone, more only slow its writes",
            "",
        )
    return unknown(str(name), _fields(tuple(outer)))


def _fields(path: tuple[int | str, ...]) -> list[str]:
    """Names of the fields at that place of the spec."""
    model = Spec if not path else _model_at(path)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _model_at(path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that stands at that place; a group's name leads to the model of groups."""
    model: type[BaseModel] | None = Spec
    for part in path:
        field = _field(model, part)
        model = model_in(field.annotation) if field else model
    return model


def _field(model: type[BaseModel] | None, written: int | str) -> FieldInfo | None:
    fields = model.model_fields.items() if model else ()
    return next((field for name, field in fields if written == (field.alias or name)), None)


def _meaning(path: tuple[int | str, ...]) -> str:
    """What the field there is for, as its description says it."""
    field = _field(_model_at(path[:-1]), path[-1])
    text = (field.description or "").rstrip(".") if field else ""
    return text[:1].lower() + text[1:]


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in `Model`, `Model | None` or `dict[str, Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [model_in(part) for part in getattr(annotation, "__args__", ())]
    return next((model for model in inner if model), None)


def _bound(context: dict[str, Any]) -> str:
    return f"at least {context['ge']}" if "ge" in context else f"at most {context['le']}"


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    return repr(value)
