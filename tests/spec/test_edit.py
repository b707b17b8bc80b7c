"""Edits of a cluster file's lists: what is wanted changes, and every other letter stays."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from steppe.spec.edit import with_item, without_item

PATH = ("network", "client_peers")
NEW = "{vpc_id: uvnet-new}"

FILES = {
    "nothing of it is there": "cluster: orders\nregion: box\n",
    "no last newline": "cluster: orders\nregion: box",
    "a block with comments": "cluster: orders\nnetwork:\n  nat: []  # none\n\n# Who may enter.\naccess: {}\n",
    "a wide block": "network:\n    nat: []\n\ncluster: orders\n",
    "a flow": "cluster: orders\nnetwork: {nat: []}  # here\nregion: box\n",
    "an empty flow": "cluster: orders\nnetwork: {}\nregion: box\n",
    "an empty field": "cluster: orders\nnetwork:  # mine\n# more\nregion: box\n",
    "an empty list": "network:\n  client_peers:\n  # none yet\n  nat: []\ncluster: orders\n",
    "a list at its key's column": "network:\n  client_peers:\n  - vpc_id: uvnet-a # one\n  # two\n"
    "  - {vpc_id: uvnet-b}\n\n# Next.\ncluster: orders\n",
    "a flow list": "network:\n  client_peers: [{vpc_id: uvnet-a}, {vpc_id: uvnet-b},]  # 2\n"
    "cluster: orders\n",
    "all in one": "{cluster: orders, network: {client_peers: [ ], nat: [client]}}\n",
    "quotes and long lines": 'cluster: "orders"\nnetwork:\n  nat: [\n    client,  # why\n  ]\n',
}


def peers(text: str) -> list[Any]:
    return (yaml.safe_load(text).get("network") or {}).get("client_peers") or []


def rest(text: str) -> dict[str, Any]:
    """All but the peers; a network that holds nothing counts as none."""
    value = yaml.safe_load(text)
    network = {name: inner for name, inner in (value.pop("network") or {}).items() if name != PATH[1]}
    return {**value, **({"network": network} if network else {})}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_an_item_comes_last_and_goes_again(text: str) -> None:
    added = with_item(text, PATH, NEW)
    assert peers(added) == [*peers(text), {"vpc_id": "uvnet-new"}]
    without = {"network": {}, **yaml.safe_load(text)}
    assert rest(added) == rest(yaml.safe_dump(without))
    assert _comments(added) == _comments(text)
    for index in range(len(peers(added))):
        fewer = without_item(added, PATH, index)
        assert peers(fewer) == [each for place, each in enumerate(peers(added)) if place != index]
        assert rest(yaml.safe_dump({"network": {}, **yaml.safe_load(fewer)})) == rest(added)


def _comments(text: str) -> list[str]:
    return sorted(line.partition("#")[2] for line in text.splitlines() if "#" in line)


@pytest.mark.parametrize("name", ["a block with comments", "a wide block", "a flow", "a flow list"])
def test_what_was_put_in_leaves_no_trace_when_it_is_taken_out(name: str) -> None:
    text = FILES[name]
    assert without_item(with_item(text, PATH, NEW), PATH, len(peers(text))) == text


def test_only_new_lines_are_new() -> None:
    text = FILES["a block with comments"]
    old, new = text.splitlines(), with_item(text, PATH, NEW).splitlines()
    assert [line for line in new if line not in old] == ["  client_peers:", f"    - {NEW}"]
    assert [line for line in new if line in old] == old


def test_a_text_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a list nor a map"):
        with_item("network: many\n", PATH, NEW)
    with pytest.raises(ValueError, match="there is no client_peers"):
        without_item("network: {nat: []}\n", PATH, 0)
    with pytest.raises(ValueError, match="the file is empty"):
        with_item("", PATH, NEW)
