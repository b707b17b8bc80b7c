"""Reads a request's parameters by the contract: required ones, types, defaults, limits.

Parameters that the contract doesn't name are ignored, as the real gateway does; their names are kept for the
journal, so that a misspelt one can be found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ubox.contract.model import BAD_PARAM, MISSING_PARAM, Form, Kind, Param, Refused
from ubox.wire.parse import Value

Given = str | int | float | bool | None | tuple["Given", ...] | Mapping[str, "Given"]

COMMON = frozenset({"Action", "PublicKey", "Signature", "Region", "Zone", "ProjectId", "SecurityToken"})


def read(params: Sequence[Param], sent: Mapping[str, Value], prefix: str = "") -> dict[str, Given]:
    """Every parameter of the contract with its value or default. Raises Refused (220, 230)."""
    return {param.name: _read(param, sent.get(param.name), prefix + param.name) for param in params}


def ignored(params: Sequence[Param], sent: Mapping[str, Value]) -> tuple[str, ...]:
    """Names of what was sent and isn't in the contract."""
    return tuple(sorted(set(sent) - COMMON - {param.name for param in params}))


def _read(param: Param, value: Value | None, name: str) -> Given:
    match param.form:
        case Form.ONE:
            return _one(param, value, name)
        case Form.GROUP:
            return read(param.parts, _object(value, name), name + ".")
        case Form.LIST | Form.GROUPS:
            items = _items(value, name)
            if param.required and not items:
                raise MISSING_PARAM(name=name + ".0")
            if param.form is Form.LIST:
                return tuple(_checked(param, _typed(param.kind, each, name), name) for each in items)
            return tuple(
                read(param.parts, _object(each, f"{name}.{place}"), f"{name}.{place}.")
                for place, each in enumerate(items)
            )


def _one(param: Param, value: Value | None, name: str) -> Given:
    if value is None or value == "":
        if param.required:
            raise MISSING_PARAM(name=name)
        if value is None or param.kind is not Kind.TEXT or param.default:
            return _default(param)
    return _checked(param, _typed(param.kind, value, name), name)


def _default(param: Param) -> Given:
    default = param.default
    if default is None or isinstance(default, str | int | float | bool):
        return default
    raise TypeError(f"{param.name}: a default is a scalar, not {default!r}")


def _typed(kind: Kind, value: Value, name: str) -> str | int | float | bool:
    if not isinstance(value, str):
        raise BAD_PARAM(name=name, why=f"expected one {kind.value}")
    try:
        match kind:
            case Kind.TEXT:
                return value
            case Kind.INT:
                return int(value)
            case Kind.FLOAT:
                return float(value)
            case Kind.BOOL:
                return {"true": True, "false": False}[value.lower()]
    except (ValueError, KeyError):
        raise BAD_PARAM(name=name, why=f"expected {kind.value}") from None


def _checked(param: Param, value: str | int | float | bool, name: str) -> Given:
    for check in param.checks:
        if not check.holds(value):
            raise _refused(param, value, name, check.says) if check.refusal is BAD_PARAM else check.refusal()
    return value


def _refused(param: Param, value: object, name: str, says: str) -> Refused:
    got = "" if param.secret else f", not {value!r}"
    return BAD_PARAM(name=name, why=f"expected {says}{got}")


def _items(value: Value | None, name: str) -> list[Value]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BAD_PARAM(name=name, why=f"expected a list: {name}.0, {name}.1, …")
    return value


def _object(value: Value | None, name: str) -> Mapping[str, Value]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BAD_PARAM(name=name, why="expected a group of parameters")
    return value
