"""A sealed text: it opens with its passphrase alone, and not when a byte of it was changed."""

from __future__ import annotations

import base64
import json

import pytest

from steppe.control.sealed import seal, unseal
from steppe.errors import UsageError

PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def sealed() -> str:
    return seal("the secrets", PASSPHRASE)


def test_it_opens_with_its_passphrase_and_shows_nothing_without(sealed: str) -> None:
    assert unseal(sealed, PASSPHRASE, "x") == "the secrets"
    assert base64.b64encode(b"the secrets").decode() not in sealed
    assert seal("the secrets", PASSPHRASE) != sealed


def test_another_passphrase_is_told_as_such(sealed: str) -> None:
    with pytest.raises(UsageError, match=r"does not open x\.sealed") as caught:
        unseal(sealed, PASSPHRASE + " ", "x.sealed")
    assert caught.value.code == "sealed.passphrase"


@pytest.mark.parametrize("part", ["salt", "nonce", "data"])
def test_a_changed_byte_is_noticed(sealed: str, part: str) -> None:
    body = json.loads(sealed)
    content = bytearray(base64.b64decode(body[part]))
    content[-1] ^= 1
    body[part] = base64.b64encode(content).decode()
    with pytest.raises(UsageError, match="or the file was changed"):
        unseal(json.dumps(body), PASSPHRASE, "x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 1}',
        '{"steppe": "sealed", "v": 2, "salt": "", "nonce": "", "data": ""}',
        '{"steppe": "sealed", "v": 1, "salt": "AA==", "nonce": "AA==", "data": ""}',
        '{"steppe": "sealed", "v": 1, "salt": 1, "nonce": "AA==", "data": ""}',
    ],
)
def test_another_kind_of_file_is_told_as_such(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        unseal(text, PASSPHRASE, "x")
    assert caught.value.code == "sealed.format"
