"""The words in which the API's contract is written: actions, parameters, answers, refusals, promises.

Everything here is data. The wire reads requests and checks answers by it, `docs/fidelity.md` is printed from
it, and the tests compare it with the official SDK's schemas.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias


class Mark(enum.StrEnum):
    """How a behaviour is known; each has exactly one."""

    DOCUMENTED = "documented"
    """The public API documentation says so."""
    OBSERVED = "observed"
    """Seen in official tools' sources or recordings, or in the SDK's own schemas."""
    ASSUMED = "assumed"
    """Nobody says; ubox chose."""


class Kind(enum.Enum):
    """A JSON value of exactly one type."""

    TEXT = "string"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"


TEXT, INT, FLOAT, BOOL = Kind.TEXT, Kind.INT, Kind.FLOAT, Kind.BOOL

Shape: TypeAlias = "Kind | Sequence[Shape] | Mapping[str, Shape]"
"""The shape of an answer: a kind, a list of one shape (`[TEXT]`), or an object with all its fields."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way in which the API says no."""

    name: str
    code: int
    text: str
    """The message; `{…}` places are filled by the behaviour."""
    mark: Mark
    why: str = ""
    """Where the code and the rule come from, or why this code was chosen."""

    def __call__(self, **facts: object) -> Refused:
        return Refused(self, self.text.format(**facts))


class Refused(Exception):
    """The API's answer is a RetCode other than 0; nothing was changed."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message


MISSING_PARAM = Refusal("missing-param", 220, "Missing params [{name}]", Mark.OBSERVED)
BAD_PARAM = Refusal(
    "bad-param",
    230,
    "Params [{name}] not available: {why}",
    Mark.OBSERVED,
    "code and first words observed; the real message stops after 'not available'",
)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that one parameter's value must keep."""

    says: str
    holds: Callable[[object], bool]
    refusal: Refusal = BAD_PARAM


class Form(enum.Enum):
    """How a parameter's value is put together."""

    ONE = "one"
    LIST = "list"
    GROUP = "group"
    GROUPS = "groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One request parameter; a group (`A.B`) or list of groups (`A.N.B`) has `parts`."""

    name: str
    kind: Kind = TEXT
    form: Form = Form.ONE
    parts: tuple[Param, ...] = ()
    required: bool = False
    default: object = None
    checks: tuple[Check, ...] = ()
    secret: bool = False


def need(name: str, kind: Kind = TEXT, *checks: Check, secret: bool = False) -> Param:
    return Param(name=name, kind=kind, required=True, checks=checks, secret=secret)


def may(name: str, kind: Kind = TEXT, *checks: Check, default: object = None, secret: bool = False) -> Param:
    return Param(name=name, kind=kind, default=default, checks=checks, secret=secret)


def some(name: str, *checks: Check, required: bool = False) -> Param:
    """A list of texts, `Name.0`, `Name.1`, …"""
    return Param(name=name, form=Form.LIST, required=required, checks=checks, default=())


def group(name: str, *parts: Param) -> Param:
    return Param(name=name, form=Form.GROUP, parts=parts)


def groups(name: str, *parts: Param, required: bool = False) -> Param:
    return Param(name=name, form=Form.GROUPS, parts=parts, required=required, default=())


@dataclass(frozen=True, slots=True)
class Promise:
    """What an action does, beyond its parameters and answer."""

    says: str
    mark: Mark


def documented(says: str) -> Promise:
    return Promise(says, Mark.DOCUMENTED)


def observed(says: str) -> Promise:
    return Promise(says, Mark.OBSERVED)


def assumed(says: str) -> Promise:
    return Promise(says, Mark.ASSUMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of the API."""

    name: str
    params: tuple[Param, ...] = ()
    answer: Mapping[str, Shape] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    """Those of its behaviour; the gateway's and the parameters' own can meet any action."""
    promises: tuple[Promise, ...] = ()
    region: bool = True
    zone: bool | None = None
    """True: must be given; False: may be given; None: not a parameter."""
    mark: Mark = Mark.DOCUMENTED
    """How its parameters and answer are known."""

    @property
    def every_refusal(self) -> tuple[Refusal, ...]:
        """Those of its behaviour, and those of its parameters' own rules."""
        own = (check.refusal for param in self.params for check in param.checks if check.refusal != BAD_PARAM)
        return tuple(dict.fromkeys((*self.refusals, *own)))


@dataclass(frozen=True, slots=True)
class Family:
    """Actions that belong together, in the order in which one uses them."""

    name: str
    actions: tuple[Action, ...]
