"""Who may use RocketMQ, and for what. One list, kept in Nomad; every broker follows its own copy of it.

1. Users of applications are in the Nomad variable `steppe/rocketmq/users`, one item each. A user who was
   deleted stays there without secret, so that a member that was away then forgets him too.
2. Each Broker group's job has a variable of its own with the administrator, the user of the brokers, and the
   list of users as the group's members are to have it: those of 1, and the one of `steppe verify`.
3. Nomad renders it into files that only the broker may read, and the broker takes changes from there. So a
   member that was down, or comes back empty, knows every user before its first client.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from steppe.control.secrets import RocketmqUsers
from steppe.errors import SteppeError, UsageError
from steppe.rocketmq import nomad_variables
from steppe.rocketmq.interfaces import HttpApi
from steppe.rocketmq.jobs import broker_job
from steppe.rocketmq.nomad_variables import Moved, job_path
from steppe.rocketmq.verify import TOPIC

PATH = "steppe/rocketmq/users"
_TRIES = 5
_RESERVED = "steppe"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_PATTERN = re.compile(r"\*|[A-Za-z0-9_%|-]{1,127}\*?")
_MOST_BYTES = 60_000
"""A variable of Nomad holds 64 KiB, and a Broker group's one has the cluster's own users beside the list."""

Grants = Mapping[str, tuple[str, ...]]
"""Actions by resource: `Topic:orders*` to (`Get`, `Pub`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppUser:
    name: str
    secret: str = field(repr=False)
    """Empty once the user is deleted."""
    grants: Grants = field(default_factory=dict)
    deleted: bool = False


Users = Mapping[str, AppUser]
"""By name, with those that were deleted."""


def grants(publish: Iterable[str], subscribe: Iterable[str], groups: Iterable[str]) -> Grants:
    """What lets a user send to topics, and receive from topics as consumer groups; `*` ends a prefix.

    Raises UsageError for a name that RocketMQ wouldn't have.
    """
    wanted: dict[str, set[str]] = {}
    for kind, names, action in (
        ("Topic", publish, "Pub"),
        ("Topic", subscribe, "Sub"),
        ("Group", groups, "Sub"),
    ):
        for name in names:
            if not _PATTERN.fullmatch(name):
                raise UsageError(
                    f"{name!r} names no {kind.lower()}.",
                    code="mq.user",
                    hint="letters, digits, -, _, % and |; a * at the end stands for any further ones",
                )
            # Clients ask for offsets, too.
            wanted.setdefault(f"{kind}:{name}", {"Get"}).add(action)
    return {resource: tuple(sorted(actions)) for resource, actions in sorted(wanted.items())}


def merged(first: Grants, second: Grants) -> Grants:
    """Both together."""
    return {
        resource: tuple(sorted({*first.get(resource, ()), *second.get(resource, ())}))
        for resource in sorted({*first, *second})
    }


def created(users: Users, name: str, secret: str, given: Grants) -> Users:
    """Raises UsageError for a name that can't be taken, or is."""
    if not _NAME.fullmatch(name) or name.startswith(_RESERVED):
        raise UsageError(
            f"{name!r} can't be a user's name.",
            code="mq.user",
            hint="a letter, then letters, digits, - and _, at most 64; names with `steppe` are the cluster's",
        )
    if name in users and not users[name].deleted:
        raise UsageError(
            f"There is a user {name}.", code="mq.user", hint="`grant` changes what it may do; delete it first"
        )
    return {**users, name: AppUser(name=name, secret=secret, grants=given)}


def granted(users: Users, name: str, given: Grants, *, only: bool) -> Users:
    """With these grants added, or, with `only`, in place of others. Raises UsageError for an unknown user."""
    user = _known(users, name)
    return {**users, name: replace(user, grants=given if only else merged(user.grants, given))}


def deleted(users: Users, name: str) -> Users:
    """Raises UsageError for an unknown one."""
    _known(users, name)
    return {**users, name: AppUser(name=name, secret="", deleted=True)}


def _known(users: Users, name: str) -> AppUser:
    user = users.get(name)
    if user is None or user.deleted:
        raise UsageError(f"There is no user {name}.", code="mq.user", hint="`list` shows who there is")
    return user


def load(nomad: HttpApi) -> Users:
    """The users of applications. Raises SteppeError when Nomad doesn't answer."""
    return _parsed(nomad_variables.read(nomad, PATH).items)


def change(nomad: HttpApi, changed: Callable[[Users], Users]) -> Users:
    """Keeps what `changed` makes of the users, and gives it. Nobody's change at the same time is lost."""
    for _ in range(_TRIES):
        found = nomad_variables.read(nomad, PATH)
        wanted = changed(_parsed(found.items))
        items = {name: _item(user) for name, user in sorted(wanted.items())}
        _refuse_too_long(items)
        try:
            nomad_variables.write(nomad, PATH, items, index=found.index)
        except Moved:
            continue
        return wanted
    raise SteppeError(
        "The users are being changed by others all the time.", code="mq.user", hint="run the command again"
    )


def publish(nomad: HttpApi, groups: Iterable[str], own: RocketmqUsers, users: Users) -> tuple[str, ...]:
    """Gives each Broker group's job its copy, before the job runs, and tells which were different."""
    items = broker_items(own, users)
    _refuse_too_long(items)
    paths = {group: job_path(broker_job(group)) for group in groups}
    return tuple(group for group, path in paths.items() if nomad_variables.put(nomad, path, items))


def broker_items(own: RocketmqUsers, users: Users) -> Mapping[str, str]:
    """What `broker.nomad.hcl` reads: two settings as RocketMQ's configuration has them, and the list."""
    administrator, brokers = own.administrator, own.brokers
    return {
        "administrator": _json({"username": administrator.name, "password": administrator.secret}),
        "brokers": _json({"accessKey": brokers.name, "secretKey": brokers.secret}),
        "users": _json([_listed(user) for user in (check_user(own), *users.values())]),
    }


def check_user(own: RocketmqUsers) -> AppUser:
    """The one of `steppe verify`, as brokers are to have it."""
    may = grants([TOPIC], [TOPIC], [f"{TOPIC}*"])
    return AppUser(name=own.check.name, secret=own.check.secret, grants=may)


def _listed(user: AppUser) -> object:
    if user.deleted:
        return {"name": user.name, "deleted": True}
    listed = [{"resource": resource, "actions": actions} for resource, actions in user.grants.items()]
    return {"name": user.name, "secret": user.secret, "grants": listed}


def _item(user: AppUser) -> str:
    return _json({"deleted": True} if user.deleted else {"secret": user.secret, "grants": dict(user.grants)})


def _parsed(items: Mapping[str, str]) -> Users:
    return {name: _user(name, json.loads(text)) for name, text in sorted(items.items())}


def _user(name: str, value: Mapping[str, object]) -> AppUser:
    if value.get("deleted"):
        return AppUser(name=name, secret="", deleted=True)
    kept = value["grants"]
    assert isinstance(kept, dict)
    given = {resource: tuple(actions) for resource, actions in kept.items()}
    return AppUser(name=name, secret=str(value["secret"]), grants=given)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _refuse_too_long(items: Mapping[str, str]) -> None:
    if sum(len(name) + len(text) for name, text in items.items()) > _MOST_BYTES:
        raise UsageError(
            "There would be more users, or more grants, than one variable of Nomad can hold.",
            code="mq.users-full",
            hint="grant by prefix, `orders-*`, instead of name by name",
        )
