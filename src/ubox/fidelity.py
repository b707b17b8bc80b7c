"""`docs/fidelity.md`, printed from the contract: what the box does, and how each thing is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ubox.contract import FAMILIES
from ubox.contract import refusals as no
from ubox.contract.model import BAD_PARAM, MISSING_PARAM, Action, Family, Form, Mark, Param, Refusal

_GATEWAY = (
    no.MISSING_ACTION,
    no.UNKNOWN_ACTION,
    no.MISSING_SIGNATURE,
    no.UNKNOWN_KEY,
    no.WRONG_SIGNATURE,
    MISSING_PARAM,
    BAD_PARAM,
    no.UNKNOWN_PROJECT,
    no.THROTTLED,
)
_HEAD = """\
# How true ubox is to UCloud

Printed from the contract by `ubox fidelity`; a test keeps it current. Every action, refusal and promise has
one mark:

- **documented**: the public API documentation says so;
- **observed**: seen in official tools' sources or recordings, or in the SDK's schemas;
- **assumed**: nobody says; ubox chose.

Parameters in **bold** are required. A parameter that isn't listed is ignored, and named in the journal
(`GET /_box/calls`). An action that isn't listed is refused with 161 and its name.
"""


def document() -> str:
    return "\n".join(
        [_HEAD, *_summary(), *_gateway(), *(line for family in FAMILIES for line in _family(family))]
    )


def _summary() -> Iterator[str]:
    yield "| family | actions | documented | observed | assumed |"
    yield "|---|---|---|---|---|"
    for family in FAMILIES:
        counts = Counter(mark for action in family.actions for mark in _marks(action))
        yield (
            f"| [{family.name}](#{family.name.lower().replace(' ', '-')}) | {len(family.actions)} | "
            + " | ".join(str(counts[mark]) for mark in Mark)
            + " |"
        )
    yield ""


def _gateway() -> Iterator[str]:
    yield "## Every action\n"
    yield from _refusals(_GATEWAY)


def _family(family: Family) -> Iterator[str]:
    yield f"## {family.name}\n"
    for action in family.actions:
        yield f"### {action.name}\n"
        yield f"Parameters ({action.mark}): {_params(action)}.\n"
        for promise in action.promises:
            yield f"- {promise.says} *{promise.mark}*"
        if action.promises:
            yield ""
        if action.every_refusal:
            yield from _refusals(action.every_refusal)


def _refusals(refusals: tuple[Refusal, ...]) -> Iterator[str]:
    yield "| RetCode | refused with | known |"
    yield "|---|---|---|"
    for refusal in refusals:
        why = f": {refusal.why}" if refusal.why else ""
        yield f"| {refusal.code} | {refusal.text} | {refusal.mark}{why} |"
    yield ""


def _params(action: Action) -> str:
    common = [("Region", True)] if action.region else []
    if action.zone is not None:
        common.append(("Zone", action.zone))
    names = [f"**{name}**" if required else name for name, required in common]
    names += [_param(param) for param in action.params]
    return ", ".join(names) or "none"


def _param(param: Param, prefix: str = "") -> str:
    dots = ".N" if param.form in (Form.LIST, Form.GROUPS) else ""
    name = prefix + param.name + dots
    if param.parts:
        return ", ".join(_param(part, name + ".") for part in param.parts)
    limits = "; ".join(check.says for check in param.checks)
    default = (
        f" = {param.default}"
        if isinstance(param.default, str | int) and param.default not in ("", False)
        else ""
    )
    return (f"**{name}**" if param.required else name) + default + (f" ({limits})" if limits else "")


def _marks(action: Action) -> Iterator[Mark]:
    yield action.mark
    yield from (promise.mark for promise in action.promises)
    yield from (refusal.mark for refusal in action.every_refusal)
