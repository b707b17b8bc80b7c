"""A text locked with a passphrase, in one JSON object that says how:

    {"steppe": "sealed", "v": 1, "salt": <16 bytes>, "nonce": <12 bytes>, "data": <the sealed bytes>}

Bytes are base64. The key: scrypt (RFC 7914) of the passphrase in UTF-8, N = 2^17, r = 8, p = 1, 32 bytes: 128
MiB and about half a second for each guess. The lock: AES-256-GCM (NIST SP 800-38D) with `steppe sealed 1` as
its associated data, so that a changed file doesn't open.
"""

from __future__ import annotations

import base64
import json
import secrets
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from steppe.errors import UsageError

_KIND, _VERSION = "sealed", 1
_ASSOCIATED = b"steppe sealed 1"
_COST, _BLOCK, _PARALLEL, _KEY_BYTES = 2**17, 8, 1, 32
_SALT_BYTES, _NONCE_BYTES = 16, 12


def seal(text: str, passphrase: str) -> str:
    """The text as such an object; another one each time."""
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    data = AESGCM(_key(passphrase, salt)).encrypt(nonce, text.encode(), _ASSOCIATED)
    parts = {"salt": salt, "nonce": nonce, "data": data}
    coded = {name: base64.b64encode(value).decode() for name, value in parts.items()}
    return json.dumps({"steppe": _KIND, "v": _VERSION, **coded}) + "\n"


def unseal(sealed: str, passphrase: str, file: str) -> str:
    """The text again. Raises UsageError, naming `file`, for another passphrase or another kind of file."""
    salt, nonce, data = _parts(sealed, file)
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, data, _ASSOCIATED).decode()
    except InvalidTag:
        raise UsageError(
            f"The passphrase does not open {file}, or the file was changed.",
            code="sealed.passphrase",
            hint="try the passphrase again, or ask for a new export",
        ) from None


def _parts(sealed: str, file: str) -> tuple[bytes, bytes, bytes]:
    try:
        found = json.loads(sealed)
        if (found["steppe"], found["v"]) != (_KIND, _VERSION):
            raise ValueError
        parts = ("salt", "nonce", "data")
        salt, nonce, data = (base64.b64decode(found[name], validate=True) for name in parts)
        if (len(salt), len(nonce)) != (_SALT_BYTES, _NONCE_BYTES):
            raise ValueError
    except (ValueError, KeyError, TypeError, NotBase64):
        raise UsageError(
            f"{file} is no file of `steppe workspace export` that this steppe can read.",
            code="sealed.format",
            hint="name the exported file; one of a newer steppe needs that steppe",
        ) from None
    return salt, nonce, data


def _key(passphrase: str, salt: bytes) -> bytes:
    kdf = Scrypt(salt=salt, length=_KEY_BYTES, n=_COST, r=_BLOCK, p=_PARALLEL)
    return kdf.derive(passphrase.encode())
