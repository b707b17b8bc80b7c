"""Requests as the SDKs send them, and the signature over them."""

from __future__ import annotations

import httpx
import pytest

from ubox.testing import Served
from ubox.wire.parse import Value, parse, tree
from ubox.wire.signature import is_signed, sign

VECTOR: dict[str, Value] = {
    "Action": "DescribeUHostInstance",
    "Region": "cn-bj2",
    "Limit": "10",
    "PublicKey": "ucloudsomeone@example.com1296235120854146120",
}
VECTOR_KEY = "46f09bb9fab4f12dfc160dae12273d5332b5debe"
VECTOR_SIGNATURE = "cba5cf5ec4d4233d206b1b54951e3787350a642f"


def signed(served: Served, **params: str) -> dict[str, str]:
    sent: dict[str, Value] = {"PublicKey": served.public_key, **params}
    return {**{name: str(value) for name, value in sent.items()}, "Signature": sign(sent, served.private_key)}


def test_the_signature_is_that_of_the_official_sdk() -> None:
    assert sign(VECTOR, VECTOR_KEY) == VECTOR_SIGNATURE
    assert is_signed({**VECTOR, "Signature": VECTOR_SIGNATURE}, VECTOR_KEY)


def test_a_changed_parameter_breaks_the_signature() -> None:
    assert not is_signed({**VECTOR, "Limit": "11", "Signature": VECTOR_SIGNATURE}, VECTOR_KEY)


def test_lists_and_maps_of_json_are_signed_by_their_contents() -> None:
    nested: dict[str, Value] = {"A": ["x", "y"], "B": {"d": "2", "c": "1"}}
    assert sign(nested, "k") == sign({"A": "xy", "B": "c1d2"}, "k")


def test_dotted_names_become_lists_in_the_order_of_their_indexes() -> None:
    sent: dict[str, Value] = {f"Disks.{place}.Size": str(place) for place in range(12)}
    assert tree(sent) == {"Disks": [{"Size": str(place)} for place in range(12)]}


def test_nested_groups_are_read_to_any_depth() -> None:
    assert tree({"NetworkInterface.0.EIP.Bandwidth": "5", "Name": "a"}) == {
        "NetworkInterface": [{"EIP": {"Bandwidth": "5"}}],
        "Name": "a",
    }


def test_blank_values_are_kept_and_signed() -> None:
    raw = parse(query=b"", body=b"Action=X&Name=", content_type="application/x-www-form-urlencoded")
    assert raw.signed == {"Action": "X", "Name": ""}


def test_json_numbers_and_flags_are_words() -> None:
    raw = parse(
        query=b"", body=b'{"Action":"X","A":1,"B":true,"C":2.0,"D":null}', content_type="application/json"
    )
    assert raw.signed == {"Action": "X", "A": "1", "B": "true", "C": "2"}


@pytest.mark.parametrize("way", ["query", "form", "form-and-query", "json"])
def test_every_way_of_asking_is_answered(served: Served, way: str) -> None:
    params = signed(served, Action="GetRegion")
    with httpx.Client(base_url=served.endpoint, trust_env=False) as http:
        answer = {
            "query": lambda: http.get("/", params=params),
            "form": lambda: http.post("/", data=params),
            "form-and-query": lambda: http.post("/?Action=GetRegion", data=params),
            "json": lambda: http.post("/", json=params),
        }[way]()
    assert (answer.status_code, answer.json()["RetCode"], answer.json()["Action"]) == (
        200,
        0,
        "GetRegionResponse",
    )


def test_a_body_that_is_not_json_is_refused_as_such(served: Served) -> None:
    answer = httpx.post(
        served.endpoint, content=b"{", headers={"content-type": "application/json"}, trust_env=False
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({}, 160, "Missing Action"),
        ({"Action": "CreateCastle"}, 161, "CreateCastle"),
        ({"Action": "GetRegion"}, 170, "signature"),
        ({"Action": "GetRegion", "PublicKey": "nobody", "Signature": "0"}, 172, "User"),
        ({"Action": "GetRegion", "PublicKey": "ubox", "Signature": "0"}, 171, "Signature"),
    ],
)
def test_the_gate_refuses(served: Served, params: dict[str, str], code: int, words: str) -> None:
    answer = httpx.post(served.endpoint, data=params, trust_env=False)
    assert (answer.status_code, answer.json()["RetCode"]) == (200, code)
    assert words in answer.json()["Message"]


def test_the_private_key_is_in_no_representation(served: Served) -> None:
    assert "private_key" not in repr(served.box.settings)
