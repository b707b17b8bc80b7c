"""A gossip key spreads, is used and stays alone: each step again and again, with a member that lags."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from steppe.control import keyring
from steppe.control.conditions import NotMet
from steppe.control.keyring import Ring

OLD, NEW = "old", "new"


class Members:
    """Three members as serf keeps their keys: one in use can't be removed, an unknown one not used."""

    title = "Consul"

    def __init__(self) -> None:
        self.keys: list[set[str]] = [{OLD}, {OLD}, {OLD}]
        self.primary = [OLD, OLD, OLD]
        self.deaf: set[int] = set()

    def _hearing(self) -> list[int]:
        return [number for number in range(3) if number not in self.deaf]

    def rings(self) -> Sequence[Ring]:
        every = {key for keys in self.keys for key in keys}
        return [
            Ring(
                members=3,
                keys={key: sum(key in keys for keys in self.keys) for key in every},
                primary={key: self.primary.count(key) for key in self.primary},
            )
        ]

    def install(self, key: str) -> None:
        for number in self._hearing():
            self.keys[number].add(key)

    def use(self, key: str) -> None:
        for number in self._hearing():
            assert key in self.keys[number]
            self.primary[number] = key

    def remove(self, key: str) -> None:
        for number in self._hearing():
            assert self.primary[number] != key
            self.keys[number].discard(key)


@pytest.mark.parametrize("times", [1, 2])
def test_the_whole_way_ends_with_the_new_key_alone(times: int) -> None:
    members = Members()
    for act in (keyring.spread, keyring.switch, keyring.drop_others):
        for _ in range(times):
            act(members, NEW)
    assert members.keys == [{NEW}] * 3
    assert members.primary == [NEW] * 3


def test_no_step_counts_as_done_while_a_member_lags() -> None:
    members = Members()
    members.deaf = {1}
    with pytest.raises(NotMet, match="2 of 3 members have the new key"):
        keyring.spread(members, NEW)
    members.deaf = set()
    keyring.spread(members, NEW)
    members.deaf = {2}
    with pytest.raises(NotMet, match="2 of 3 members use the new key"):
        keyring.switch(members, NEW)
    members.deaf = set()
    keyring.switch(members, NEW)
    members.deaf = {0}
    with pytest.raises(NotMet, match="older key"):
        keyring.drop_others(members, NEW)


def test_no_key_is_shown() -> None:
    members = Members()
    members.install("a-secret-key")
    assert "a-secret-key" not in repr(members.rings())
