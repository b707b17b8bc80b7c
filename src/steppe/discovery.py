#!/usr/bin/python3
"""Cloud auto join for UCloud: the addresses of running hosts, by region, VPC, subnet and Tag.

The configuration is go-discover's (https://github.com/hashicorp/go-discover, `key=value key="a value"`), with
`provider=ucloud`, which go-discover never got. This file stands alone on Python's standard library: `steppe
discover` imports it, and the host image holds the very same file as `/usr/local/sbin/steppe-discover`.

1. `parse` reads the configuration, `query` checks it.
2. `addresses` asks DescribeUHostInstance, page by page, signed as UCloud's SDK does it.
3. On a host, `main` asks again until enough servers are there, and writes Consul's `retry_join`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener, urlopen

ENDPOINT = "https://api.ucloud.cn/"
ROLE_CREDENTIALS = "http://100.80.80.80/meta-data/v1/uam/security-credentials"
"""Of the role that the host bears (UCloud's documentation, 'Instance metadata')."""
CONFIGURATION = Path("/etc/steppe/discover")
ANSWER = Path("/etc/consul.d/retry-join.json")
KEYS = {
    "provider": "ucloud",
    "region": "the region, for example cn-bj2",
    "tag": "the Tag (business group) that the hosts bear",
    "vpc_id": "only hosts of this VPC",
    "subnet_id": "only hosts of this subnet, and their address in it",
    "zone": "only hosts of this zone",
    "name_prefix": "only hosts whose name begins so",
    "project_id": "the project; left out, the account's default",
    "addr_type": "private_v4 (if left out) or public_v4",
    "public_key": "the API key's public half",
    "private_key": "the API key's private half",
    "base_url": f"where the API is; left out, {ENDPOINT}",
}
_NEEDED = ("region", "tag")
_ADDR_TYPES = ("private_v4", "public_v4")
_PAGE = 100
"""The most that DescribeUHostInstance gives at once."""
_TIMEOUT_S = 10
_PAUSE_FIRST_S, _PAUSE_MOST_S = 0.5, 10.0


class WrongConfiguration(ValueError):
    """The configuration can't be used; the text names the key, and never a key's value."""


class Failed(Exception):
    """The API or the metadata service could not be asked, or refused; the text says which and why."""


_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's strings.TrimSpace takes off; only U+0020 separates."""
_TOKEN = re.compile(r'(?P<equal>=)|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<open>".*)|(?P<text>[^ ="][^ =]*)', re.S)
_ESCAPE = re.compile(
    r'\\(?:(?P<one>[abfnrtv\\"])|x(?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})'
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8}))"
)
_URL = re.compile(r"https?://[^\s/:]+(:[0-9]+)?(/\S*)?")
_ONE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}


def parse(text: str) -> dict[str, str]:
    """The pairs of a configuration in go-discover's syntax.

    Pairs are apart by spaces; spaces around `=` don't count. What holds a space, `=`, a backslash or a double
    quote is put in double quotes, with Go's escapes inside. Raises WrongConfiguration in go-discover's words.
    """
    if any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise WrongConfiguration("the configuration is not UTF-8")
    found: dict[str, str] = {}
    tokens = _tokens(text.strip(_SPACE))
    key = ""
    for kind, token in tokens:
        if kind == "equal":
            raise WrongConfiguration(
                f'{key}: - equals in key\'s value, enclosing double-quote needed {key}="value-with-=-symbol"'
            )
        if kind == "error":
            raise WrongConfiguration(f"{key}: error with key=value pair {token}")
        key = token
        if key in found:
            raise WrongConfiguration(f"{key}: duplicate key")
        if next(tokens, ("", ""))[0] != "equal":
            raise WrongConfiguration(f"{key}: missing '='")
        kind, value = next(tokens, ("", ""))
        if kind == "error":
            raise WrongConfiguration(f"{key}: {value}")
        if kind != "text":
            raise WrongConfiguration(f"{key}: missing value")
        found[key] = value
    return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """`equal`, `text` with its value, or `error` with what is wrong; after an error there is no more."""
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        match = _TOKEN.match(text, at)
        assert match, "every character but a space begins a token"
        at = match.end()
        kind, token = str(match.lastgroup), match[0]
        if kind == "open":
            backslashes = len(token) - len(token.rstrip("\\"))
            yield "error", "unterminated escape sequence" if backslashes % 2 else "unbalanced quotes"
            return
        if kind == "quoted":
            value = _unquoted(token[1:-1])
            if value is None:
                yield "error", "invalid syntax"
                return
            yield "text", value
        else:
            yield kind, token.strip(_SPACE)


def _unquoted(inner: str) -> str | None:
    """The text of a Go string literal; None if it is none. Text that is no UTF-8 is refused, unlike in Go."""
    out, at = bytearray(), 0
    while at < len(inner):
        if inner[at] == "\n":
            return None
        if inner[at] != "\\":
            out += inner[at].encode()
            at += 1
            continue
        match = _ESCAPE.match(inner, at)
        if not match:
            return None
        at = match.end()
        if match["one"]:
            out.append(_ONE[match["one"]])
        elif match["hex"] or match["octal"]:
            out.append(int(match["hex"] or match["octal"], 16 if match["hex"] else 8))
        else:
            point = int(match["short"] or match["long"], 16)
            if point > 0x10FFFF or 0xD800 <= point < 0xE000:
                return None
            out += chr(point).encode()
    try:
        return out.decode()
    except UnicodeDecodeError:
        return None


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which hosts are looked for, and with whose key."""

    region: str
    tag: str
    vpc_id: str = ""
    subnet_id: str = ""
    zone: str = ""
    name_prefix: str = ""
    project_id: str = ""
    addr_type: str = "private_v4"
    public_key: str = ""
    private_key: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    """Only with the temporary keys of a role."""
    base_url: str = ""


def query(pairs: Mapping[str, str]) -> Query:
    """What the pairs ask for. Raises WrongConfiguration, naming the key that is unknown, missing or wrong."""
    provider = pairs.get("provider", "")
    if not provider:
        raise WrongConfiguration("provider: missing; it should be provider=ucloud")
    if provider != "ucloud":
        raise WrongConfiguration(f"provider: unknown provider {provider!r}; it should be provider=ucloud")
    for key in pairs:
        if key not in KEYS:
            raise WrongConfiguration(f"{key}: unknown key; the keys are {', '.join(KEYS)}")
    for key in _NEEDED:
        if not pairs.get(key):
            raise WrongConfiguration(f"{key}: missing; it is {KEYS[key]}")
    if pairs.get("addr_type", _ADDR_TYPES[0]) not in _ADDR_TYPES:
        raise WrongConfiguration(f"addr_type: should be one of {', '.join(_ADDR_TYPES)}")
    if bool(pairs.get("public_key")) != bool(pairs.get("private_key")):
        key = "private_key" if pairs.get("public_key") else "public_key"
        raise WrongConfiguration(f"{key}: missing; both halves of the key are needed, or neither")
    if pairs.get("base_url") and not _URL.fullmatch(pairs["base_url"]):
        raise WrongConfiguration("base_url: should be a URL, for example https://api.ucloud.cn/")
    return Query(**{key: value for key, value in pairs.items() if key != "provider"})


Send = Callable[[str, bytes], bytes]
"""The body of the answer to a POST of a form to a URL. Raises OSError, HTTPException or ValueError."""


def form(asked: Query, offset: int) -> dict[str, str]:
    """The signed parameters of one page's request, in the order in which UCloud's SDK sends them.

    Signature (UCloud's documentation, 'Signature algorithm'): SHA-1 of each key and value in the keys' order,
    nothing between them, and the private key.
    """
    wanted = {
        "Region": asked.region,
        "ProjectId": asked.project_id,
        "Tag": asked.tag,
        "VPCId": asked.vpc_id,
        "SubnetId": asked.subnet_id,
        "Zone": asked.zone,
        "SecurityToken": asked.security_token,
        "Offset": str(offset),
        "Limit": str(_PAGE),
        "Action": "DescribeUHostInstance",
        "PublicKey": asked.public_key,
    }
    sent = {key: value for key, value in wanted.items() if value}
    plain = "".join(key + sent[key] for key in sorted(sent)) + asked.private_key
    return {**sent, "Signature": hashlib.sha1(plain.encode()).hexdigest()}


def _post(url: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with urlopen(Request(url, body, headers), timeout=_TIMEOUT_S) as answer:
        content: bytes = answer.read()
        return content


def addresses(asked: Query, send: Send = _post) -> list[str]:
    """The addresses of the running hosts, sorted, each once. Raises Failed."""
    found: set[IPv4Address] = set()
    seen = 0
    while True:
        answer = _ask(asked, seen, send)
        rows = answer.get("UHostSet") or []
        seen += len(rows)
        try:
            mine = [row for row in rows if _counts(asked, row)]
            found |= {IPv4Address(each) for row in mine for each in _address(asked, row)}
            total = int(answer.get("TotalCount") or 0)
        except (AttributeError, TypeError, ValueError) as error:
            raise Failed(f"DescribeUHostInstance's answer is malformed: {type(error).__name__}") from None
        if not rows or seen >= total:
            return [str(address) for address in sorted(found)]


def _ask(asked: Query, offset: int, send: Send) -> dict[str, Any]:
    url = asked.base_url or ENDPOINT
    try:
        answer = json.loads(send(url, urlencode(form(asked, offset)).encode()))
        code = int(answer["RetCode"])
    except (OSError, HTTPException) as error:
        raise Failed(f"{url} did not answer DescribeUHostInstance: {error}") from None
    except (ValueError, KeyError, TypeError):
        raise Failed(f"{url} is no UCloud API: its answer has no RetCode") from None
    if code:
        raise Failed(f"DescribeUHostInstance was refused with RetCode {code}: {answer.get('Message', '')}")
    return dict(answer)


def _counts(asked: Query, row: Mapping[str, Any]) -> bool:
    """The API's filters are asked for too, but how exactly it compares is not documented."""
    return (
        row.get("State") == "Running"
        and row.get("Tag") == asked.tag
        and row.get("Zone") == (asked.zone or row.get("Zone"))
        and str(row.get("Name")).startswith(asked.name_prefix)
    )


def _address(asked: Query, row: Mapping[str, Any]) -> list[str]:
    """The host's address of the wanted kind, in the wanted VPC and subnet; none if it has none."""
    private = asked.addr_type == "private_v4"
    fitting = [
        ip
        for ip in row.get("IPSet") or []
        if (ip.get("Type") == "Private") == private
        and ip.get("IPMode", "IPv4") == "IPv4"
        and ip.get("VPCId") == (asked.vpc_id or ip.get("VPCId"))
        and ip.get("SubnetId") == (asked.subnet_id or ip.get("SubnetId"))
    ]
    fitting.sort(key=lambda ip: ip.get("Default") != "true")
    return [fitting[0]["IP"]] if fitting else []


def with_role(asked: Query, url: str = ROLE_CREDENTIALS) -> Query:
    """The same, with the temporary keys of the host's role where it has no keys. Raises Failed."""
    if asked.public_key:
        return asked
    try:
        text = _get(url)
        if not text.lstrip().startswith("{"):
            text = _get(f"{url}/{text.split()[0]}")
        data = json.loads(text)["Data"]
        return replace(
            asked,
            public_key=data["PublicKey"],
            private_key=data["PrivateKey"],
            security_token=data["SecurityToken"],
            project_id=asked.project_id or data.get("ProjectID", ""),
        )
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        raise Failed(
            f"no public_key is given, and the metadata service has no role's: {type(error).__name__}"
        ) from None


def _get(url: str) -> str:
    with build_opener(ProxyHandler({})).open(url, timeout=_TIMEOUT_S) as answer:
        return str(answer.read().decode())


def await_servers(
    look: Callable[[], list[str]],
    *,
    enough: int,
    patience_s: float,
    kept: bool,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """What `look` gives once that is enough; after `patience_s`, what it gives at all.

    After that time an empty list if an earlier answer is `kept`; without one it goes on asking.
    """
    until, pause, last = clock() + patience_s, _PAUSE_FIRST_S, ""
    while True:
        found: list[str] = []
        try:
            found = look()
            told = f"{len(found)} of {enough} servers run"
        except Failed as failure:
            told = str(failure)
        if len(found) >= enough or (clock() >= until and (found or kept)):
            return found
        if told != last:
            say(told)
        last = told
        sleep(pause * random.uniform(0.5, 1.0))
        pause = min(2 * pause, _PAUSE_MOST_S)


def write_answer(found: list[str], file: Path, group: str | None = "consul") -> None:
    """Consul's `retry_join` in that file: whole or not at all, for root and the group. Raises OSError."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps({"retry_join": found}, indent=1) + "\n", encoding="utf-8")
    part.chmod(0o640)
    if group:
        shutil.chown(part, group=group)
    part.replace(file)


def main(arguments: list[str] | None = None) -> int:
    """`steppe-discover`: exit 0 with an answer, new or kept; 1 when it can't be had; 2 for wrong use."""
    parser = argparse.ArgumentParser(
        prog="steppe-discover", description="Writes the Consul servers that run now as Consul's retry_join."
    )
    option = parser.add_argument
    option("--config", type=Path, default=CONFIGURATION, help="root-only file (%(default)s)")
    option("--answer", type=Path, default=ANSWER, help="file for Consul (%(default)s)")
    option("--group", default="consul", help="group that reads the answer; empty: the caller's")
    option("--enough", type=int, default=3, help="servers to wait for (%(default)s)")
    option("--patience", type=float, default=60, help="seconds, then fewer do (%(default)s)")
    told = parser.parse_args(arguments)
    try:
        if told.config.stat().st_mode & 0o077:
            raise WrongConfiguration(f"others than its owner may read {told.config}; chmod 600 it")
        asked = query(parse(told.config.read_text(encoding="utf-8")))
    except (WrongConfiguration, OSError, UnicodeDecodeError) as error:
        _say(f"{told.config}: {error}")
        return 2
    found = await_servers(
        lambda: addresses(with_role(asked)),
        enough=told.enough,
        patience_s=told.patience,
        kept=told.answer.exists(),
        say=_say,
    )
    if not found:
        _say(f"nothing was found; Consul goes on with the earlier answer in {told.answer}")
        return 0
    try:
        write_answer(found, told.answer, told.group or None)
    except (OSError, LookupError) as error:
        _say(f"{told.answer} can't be written: {error}")
        return 1
    _say(f"retry_join: {' '.join(found)}")
    return 0


def _say(text: str) -> None:
    print(f"steppe-discover: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
