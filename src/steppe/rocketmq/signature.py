"""How a request says who asks: HMAC-SHA1 over its fields and its body, with the user's secret.

The fields count by value, in the order of their names; `AccessKey` is one of them, `Signature` is not.
Neither the request's code nor the time is signed. Source: AclClientRPCHook.java and AclUtils.java of
rocketmq-client 5.5.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from steppe.control.secrets import User

_USER = "AccessKey"
_SIGNATURE = "Signature"


def signed(fields: Mapping[str, str], body: bytes, user: User) -> Mapping[str, str]:
    """The fields with the user's name and signature."""
    named = {**fields, _USER: user.name}
    content = "".join(named[name] for name in sorted(named)).encode() + body
    digest = hmac.new(user.secret.encode(), content, hashlib.sha1).digest()
    return {**named, _SIGNATURE: base64.b64encode(digest).decode()}
