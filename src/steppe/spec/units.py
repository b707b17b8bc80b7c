"""The kinds of values that a cluster file holds, each read from text with its own words for what is wrong."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated, Any, TypeVar

from pydantic import (
    BeforeValidator,
    GetJsonSchemaHandler,
    StrictStr,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

T = TypeVar("T")

_SIZE = re.compile(r"([1-9][0-9]*) ?(MiB|GiB|TiB)")
_MOST_MEMORY = 256 * 1024
_MIB = {"MiB": 1, "GiB": 1024, "TiB": 1024 * 1024}


def wrong(message: str, expected: str) -> PydanticCustomError:
    """The error that a validator raises; `load` turns it into a Problem."""
    return PydanticCustomError("steppe", "{said}", {"said": message, "expected": expected})


def _mib(value: Any) -> int:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise wrong(f"{value!r} is not a size", "a whole number with MiB, GiB or TiB, for example 4GiB")
    return int(match[1]) * _MIB[match[2]]


def _whole_gib(value: Any) -> int:
    mib = _mib(value)
    if mib % 1024:
        raise wrong(f"{value!r} is not a whole number of GiB", "a multiple of 1GiB")
    return mib


def _memory(value: Any) -> int:
    mib = _whole_gib(value)
    if mib > _MOST_MEMORY:
        raise wrong(f"{value!r} is more than a host can have", "1GiB to 256GiB")
    return mib


def _gib(value: Any) -> int:
    return _whole_gib(value) // 1024


def _network(value: Any) -> IPv4Network:
    try:
        return IPv4Network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        raise wrong(f"{value!r} is not an IPv4 network", "a network like 10.80.0.0/20") from None


def _exact_network(value: Any) -> IPv4Network:
    network = _network(value)
    if str(network.network_address) != str(value).partition("/")[0]:
        raise wrong(f"{value!r} has host bits set", f"{network}")
    return network


def _listed(value: Any) -> Any:
    """One value as a list of one; what each value may be is the item type's business."""
    if not isinstance(value, list | tuple):
        return [value]
    if not 1 <= len(value) <= 3:
        raise wrong(f"has {len(value)} values", "one for all zones, or a list of three in zone order")
    return value


class _OneOrEach:
    """The JSON Schema of a value or a list of up to three of them."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        items = handler(core_schema)["items"]
        return {"oneOf": [items, {"type": "array", "items": items, "minItems": 1, "maxItems": 3}]}


def of_zone(values: tuple[T, ...], index: int) -> T:
    """The value for the zone at that place of the spec's zones."""
    return values[0] if len(values) == 1 else values[index]


_SIZE_SCHEMA = WithJsonSchema({"type": "string", "pattern": f"^{_SIZE.pattern}$", "examples": ["4GiB"]})
_NETWORK_SCHEMA = WithJsonSchema({"type": "string", "examples": ["10.80.0.0/20"]})

Memory = Annotated[int, BeforeValidator(_memory), _SIZE_SCHEMA]
"""MiB, a multiple of 1024 up to 262144: UCloud's limits (CreateUHostInstance, `Memory`)."""

DiskSize = Annotated[int, BeforeValidator(_gib), _SIZE_SCHEMA]
"""GiB; UCloud's `GB` in disks' sizes."""

Network = Annotated[IPv4Network, BeforeValidator(_exact_network), _NETWORK_SCHEMA]

PerZone = Annotated[tuple[T, ...], BeforeValidator(_listed), _OneOrEach()]
"""One value for every zone, or one for each in zone order so that one zone can be changed at a time."""

_CLUSTER_ID = r"^[a-z][a-z0-9-]{1,18}[a-z0-9]$"
_GROUP_NAME = r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$"
_LETTERS = "lower-case letters, digits and dashes, the first a letter, the last no dash"
_REMARK = r"^[^\r\n]{0,200}$"
_PROJECT = r"^org-[a-z0-9]{1,58}$"
_RESOURCE = r"^[a-z]+-[a-z0-9-]{1,50}$"
EXPECTED_BY_PATTERN = {
    _CLUSTER_ID: f"3 to 20 {_LETTERS}",
    _GROUP_NAME: f"1 to 30 {_LETTERS}",
    _REMARK: "one line of at most 200 letters",
    _PROJECT: "the id of a project, for example org-abc123",
    _RESOURCE: "an id as the console shows it, for example uvnet-abc123 or subnet-abc123",
}

ClusterId = Annotated[StrictStr, StringConstraints(pattern=_CLUSTER_ID)]
GroupName = Annotated[StrictStr, StringConstraints(pattern=_GROUP_NAME)]
Remark = Annotated[StrictStr, StringConstraints(pattern=_REMARK)]
"""UCloud takes 255 letters; the rest is steppe's own mark, which stands before it."""
ProjectId = Annotated[StrictStr, StringConstraints(pattern=_PROJECT)]
ResourceId = Annotated[StrictStr, StringConstraints(pattern=_RESOURCE)]
Name = Annotated[StrictStr, StringConstraints(min_length=1, max_length=63)]
