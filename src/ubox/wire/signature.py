"""The API's signature: SHA-1 over the sorted parameters and the private key.

https://docs.ucloud.cn/api/summary/signature
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from ubox.wire.parse import Value


def sign(signed: Mapping[str, Value], private_key: str) -> str:
    """The `Signature` that belongs to these parameters (a `Signature` among them is left out)."""
    sent = {name: value for name, value in signed.items() if name != "Signature"}
    return hashlib.sha1((_joined(sent) + private_key).encode()).hexdigest()


def is_signed(signed: Mapping[str, Value], private_key: str) -> bool:
    given = signed.get("Signature")
    return isinstance(given, str) and hmac.compare_digest(given.encode(), sign(signed, private_key).encode())


def _joined(value: Value | Mapping[str, Value]) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_joined(each) for each in value)
    return "".join(name + _joined(value[name]) for name in sorted(value))
