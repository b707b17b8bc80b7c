"""SSH key pairs that hosts are made with."""

from __future__ import annotations

import base64
import binascii
import hashlib

from ubox.behaviour.call import Answer, Call, answers, new_id
from ubox.contract import refusals as no
from ubox.store.rows import KeyPair


@answers("ImportUHostKeyPairs")
def import_uhost_key_pairs(call: Call) -> Answer:
    body = _key_line(call.text("PublicKeyBody"))
    if call.rows.count(KeyPair, project=call.project, name=call.text("KeyPairName")):
        raise no.KEY_PAIR_NAME(name=call.text("KeyPairName"))
    pair = KeyPair(
        id=new_id("ukp"),
        project=call.project,
        name=call.text("KeyPairName"),
        fingerprint=_fingerprint(body),
        body=body,
        created=int(call.now),
    )
    call.rows.add(pair)
    return {"KeyPairId": pair.id, "KeyPairName": pair.name, "KeyPairFingerPrint": pair.fingerprint}


@answers("DescribeUHostKeyPairs")
def describe_uhost_key_pairs(call: Call) -> Answer:
    found = [
        pair
        for pair in call.rows.find(KeyPair, project=call.project)
        if call.text("KeyPairName") in ("", pair.name)
        and call.text("KeyPairFingerPrint") in ("", pair.fingerprint)
    ]
    return {
        "KeyPairs": [
            {
                "ProjectId": pair.project,
                "KeyPairId": pair.id,
                "KeyPairName": pair.name,
                "KeyPairFingerPrint": pair.fingerprint,
                "CreateTime": pair.created,
            }
            for pair in call.page(found)
        ],
        "TotalCount": len(found),
    }


@answers("DeleteUHostKeyPairs")
def delete_uhost_key_pairs(call: Call) -> Answer:
    for id in call.texts("KeyPairIds"):
        if (pair := call.mine(KeyPair, id)) is None:
            raise no.KEY_PAIR_ABSENT(id=id)
        call.rows.remove(pair)
    return {}


def _key_line(given: str) -> str:
    """The line `ssh-rsa AAAA… comment`, from itself or its base64. Raises Refused."""
    line = given.strip()
    if not line.startswith("ssh-"):
        try:
            line = base64.b64decode(line, validate=True).decode().strip()
        except (binascii.Error, UnicodeDecodeError):
            raise no.KEY_PAIR_BODY() from None
    kind, _, rest = line.partition(" ")
    if kind != "ssh-rsa" or not _is_rsa_blob(rest.split(" ")[0]):
        raise no.KEY_PAIR_BODY()
    return line


def _is_rsa_blob(text: str) -> bool:
    try:
        return base64.b64decode(text, validate=True).startswith(b"\0\0\0\x07ssh-rsa")
    except binascii.Error:
        return False


def _fingerprint(line: str) -> str:
    digest = hashlib.md5(base64.b64decode(line.split(" ")[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))
