"""The one list of users: names, grants, what is kept in Nomad, and what each broker is given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from steppe.control.client import ControlError
from steppe.control.secrets import RocketmqUsers, User
from steppe.errors import SteppeError, UsageError
from steppe.rocketmq.users import (
    PATH,
    AppUser,
    Users,
    broker_items,
    change,
    created,
    deleted,
    granted,
    grants,
    load,
    publish,
)

OWN = RocketmqUsers(
    administrator=User(name="steppe", secret="s-administrator"),
    brokers=User(name="steppe-brokers", secret="s-brokers"),
    check=User(name="steppe-verify", secret="s-check"),
)
SEND = grants(["orders"], [], [])


class Variables:
    """Nomad's variables, with its check-and-set. `meanwhile`: what others write before a write arrives."""

    def __init__(self, meanwhile: Mapping[str, str] | None = None) -> None:
        self.kept: dict[str, tuple[dict[str, str], int]] = {}
        self.writes = 0
        self._meanwhile = meanwhile

    def request(
        self, method: str, path: str, json: object = None, params: Mapping[str, str] | None = None
    ) -> Any:
        items, index = self.kept.get(path, ({}, 0))
        if method == "GET":
            if not index:
                raise ControlError("no such variable", code="control.refused", status=404)
            return {"Items": items, "ModifyIndex": index}
        if self._meanwhile is not None:
            self.kept[path] = (dict(self._meanwhile), index + 7)
            self._meanwhile = None
        if params and int(params["cas"]) != self.kept.get(path, ({}, 0))[1]:
            raise ControlError("conflict", code="control.refused", status=409)
        assert isinstance(json, dict)
        self.kept[path] = (json["Items"], self.kept.get(path, ({}, 0))[1] + 1)
        self.writes += 1
        return json


def one(name: str = "shop") -> Users:
    return created({}, name, "s-shop", SEND)


def test_grants_are_resources_with_actions_and_offsets_may_be_asked() -> None:
    assert grants(["orders", "re-*"], ["orders"], ["shop*"]) == {
        "Group:shop*": ("Get", "Sub"),
        "Topic:orders": ("Get", "Pub", "Sub"),
        "Topic:re-*": ("Get", "Pub"),
    }


@pytest.mark.parametrize("name", ["", "or*ders", "Topic:x", "a b", "x" * 128, "**"])
def test_a_name_that_no_topic_has_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="names no topic"):
        grants([name], [], [])


@pytest.mark.parametrize("name", ["steppe", "steppe-verify", "1shop", "a b", "", "x" * 65, 'a"b'])
def test_a_name_that_no_user_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="can't be a user's name"):
        created({}, name, "s", {})


def test_a_name_is_taken_until_it_is_deleted() -> None:
    with pytest.raises(UsageError, match="There is a user shop"):
        created(one(), "shop", "s-2", {})
    gone = deleted(one(), "shop")
    assert gone["shop"] == AppUser(name="shop", secret="", deleted=True)
    assert created(gone, "shop", "s-2", {})["shop"].secret == "s-2"
    for act in (partial(deleted, gone, "shop"), partial(granted, gone, "shop", {}, only=True)):
        with pytest.raises(UsageError, match="There is no user shop"):
            act()


def test_grants_are_added_or_put_in_place_of_others() -> None:
    more = grants([], ["orders"], ["shop"])
    added = granted(one(), "shop", more, only=False)["shop"]
    assert added.grants == {"Group:shop": ("Get", "Sub"), "Topic:orders": ("Get", "Pub", "Sub")}
    assert added.secret == "s-shop"
    assert granted(one(), "shop", more, only=True)["shop"].grants == more


def test_what_is_kept_comes_back_the_same() -> None:
    nomad = Variables()
    assert load(nomad) == {}
    wanted = deleted(created(one(), "old", "s-old", {}), "old")
    assert change(nomad, lambda known: wanted) == wanted
    assert load(nomad) == wanted
    assert "s-old" not in str(nomad.kept)


def test_a_change_by_somebody_else_at_the_same_time_is_not_lost() -> None:
    other = json.dumps({"secret": "s-other", "grants": {}})
    nomad = Variables(meanwhile={"other": other})
    after = change(nomad, lambda known: created(known, "shop", "s-shop", SEND))
    assert set(after) == set(load(nomad)) == {"other", "shop"}


def test_each_group_has_its_copy_and_an_equal_one_is_left_alone() -> None:
    nomad = Variables()
    assert publish(nomad, ["orders-0", "orders-1"], OWN, one()) == ("orders-0", "orders-1")
    writes = nomad.writes
    assert publish(nomad, ["orders-0", "orders-1"], OWN, one()) == ()
    assert nomad.writes == writes
    items, _ = nomad.kept["/v1/var/nomad/jobs/rocketmq-broker-orders-0"]
    assert items == broker_items(OWN, one())
    assert f"/v1/var/{PATH}" not in nomad.kept


def test_a_broker_gets_settings_of_one_line_and_the_list() -> None:
    items = broker_items(OWN, deleted(created(one(), "old", "s-old", {}), "old"))
    assert json.loads(items["administrator"]) == {"username": "steppe", "password": "s-administrator"}
    assert json.loads(items["brokers"]) == {"accessKey": "steppe-brokers", "secretKey": "s-brokers"}
    check, shop, old = json.loads(items["users"])
    assert check["name"] == "steppe-verify"
    assert {grant["resource"] for grant in check["grants"]} == {"Topic:steppe-verify", "Group:steppe-verify*"}
    granted_to_shop = [{"resource": "Topic:orders", "actions": ["Get", "Pub"]}]
    assert shop == {"name": "shop", "secret": "s-shop", "grants": granted_to_shop}
    assert old == {"name": "old", "deleted": True}
    assert all("\n" not in text for text in items.values())


def test_more_than_a_variable_holds_is_refused_before_anything_is_written() -> None:
    nomad = Variables()
    many = {f"u{n}": AppUser(name=f"u{n}", secret="s" * 64, grants=SEND) for n in range(1000)}
    with pytest.raises(SteppeError, match="more users"):
        change(nomad, lambda known: many)
    assert nomad.writes == 0


def test_no_secret_is_printed() -> None:
    assert "s-shop" not in repr(one())
    assert "s-administrator" not in repr(OWN)
