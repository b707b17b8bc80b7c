"""The configuration's syntax: go-discover's documented behaviour (its README, and what its tests show)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steppe.discovery import KEYS, WrongConfiguration, parse, query
from steppe.machine.discover import written


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", {}),
        ("   ", {}),
        ("key=a key2=b", {"key": "a", "key2": "b"}),
        ("key=a+b key2=c/d", {"key": "a+b", "key2": "c/d"}),
        (" key = a    key2=  b ", {"key": "a", "key2": "b"}),
        (r'  "k e \\\" y" = "a \" b" key2=c', {r"k e \" y": 'a " b', "key2": "c"}),
        ('key="M0+GU2GvEN4="', {"key": "M0+GU2GvEN4="}),
        ('key=""', {"key": ""}),
        ('key="a"other=b', {"key": "a", "other": "b"}),
        ('key=a"b', {"key": 'a"b'}),
        (r'key="\t\x41\101\u00e9\U0001F600\xc3\xa9"', {"key": "\tAA\u00e9\U0001f600\u00e9"}),
        ("pattern=us-(?west|east).+", {"pattern": "us-(?west|east).+"}),
    ],
)
def test_what_is_read(text: str, pairs: dict[str, str]) -> None:
    assert parse(text) == pairs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("key", "key: missing '='"),
        ("provider=aws foo", "foo: missing '='"),
        ("key=", "key: missing value"),
        ("key==", "key: missing value"),
        ('key="a', "key: unbalanced quotes"),
        ('key="\\', "key: unterminated escape sequence"),
        (r'key="\q"', "key: invalid syntax"),
        (r'key="\'"', "key: invalid syntax"),
        (r'key="\ud800"', "key: invalid syntax"),
        ('key="a\nb"', "key: invalid syntax"),
        ("key=a key=b", "key: duplicate key"),
        ("key key2", "key: missing '='"),
        ("key=ab=", 'key: - equals in key\'s value, enclosing double-quote needed key="value-with-=-symbol"'),
        ('key=a "b', "key: error with key=value pair unbalanced quotes"),
    ],
)
def test_what_is_refused_in_go_discovers_words(text: str, message: str) -> None:
    with pytest.raises(WrongConfiguration) as caught:
        parse(text)
    assert str(caught.value) == message


_any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_plain = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters='"=\\ '), min_size=1)


@settings(deadline=None)
@given(st.dictionaries(_any_text, _any_text))
def test_what_is_written_is_read_again(pairs: dict[str, str]) -> None:
    assert parse(written(pairs)) == pairs


@settings(deadline=None)
@given(st.dictionaries(_plain, _plain), st.integers(1, 3), st.integers(0, 2))
def test_spaces_between_tokens_do_not_count(pairs: dict[str, str], between: int, around: int) -> None:
    equal = " " * around + "=" + " " * around
    text = (" " * between).join(f"{key}{equal}{value}" for key, value in pairs.items())
    assert parse(f" {text} ") == pairs


@settings(deadline=None)
@given(_plain, _plain, _plain)
def test_an_equals_sign_in_a_value_needs_quotes(key: str, left: str, right: str) -> None:
    with pytest.raises(WrongConfiguration, match="double-quote needed"):
        parse(f"{key}={left}={right}")
    assert parse(f'{key}="{left}={right}"') == {key: f"{left}={right}"}


@settings(deadline=None)
@given(st.text(max_size=40) | st.text('a= "\\n', max_size=20))
def test_every_text_is_read_or_refused(text: str) -> None:
    try:
        pairs = parse(text)
    except WrongConfiguration:
        return
    assert parse(written(pairs)) == pairs


_GOOD = {"provider": "ucloud", "region": "cn-bj2", "tag": "orders"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"provider": ""}, "provider: missing"),
        ({"provider": "aws"}, "provider: unknown provider 'aws'"),
        ({"region": ""}, "region: missing"),
        ({"tag": ""}, "tag: missing"),
        ({"tag_value": "x"}, "tag_value: unknown key"),
        ({"addr_type": "public_v6"}, "addr_type: should be one of private_v4, public_v4"),
        ({"public_key": "p"}, "private_key: missing"),
        ({"private_key": "hidden"}, "public_key: missing"),
        ({"base_url": "ftp://x"}, "base_url: should be a URL"),
        ({"base_url": "http://x:y/"}, "base_url: should be a URL"),
    ],
)
def test_a_wrong_key_is_named(changed: dict[str, str], message: str) -> None:
    with pytest.raises(WrongConfiguration, match=f"^{message}") as caught:
        query({**_GOOD, **changed})
    assert "hidden" not in str(caught.value)


def test_every_key_is_taken_and_the_private_one_masked() -> None:
    given_keys = dict.fromkeys(KEYS, "x") | {"provider": "ucloud", "addr_type": "public_v4"}
    asked = query({**given_keys, "base_url": "https://x/", "private_key": "hidden"})
    assert (asked.subnet_id, asked.private_key, asked.addr_type) == ("x", "hidden", "public_v4")
    assert "hidden" not in repr(asked)
