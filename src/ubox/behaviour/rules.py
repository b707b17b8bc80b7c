"""Firewall rules as the API writes them: `TCP|22|192.0.2.0/24|ACCEPT|HIGH|remark`."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from ubox.contract import refusals as no
from ubox.world import Rule

PRIORITIES = ("HIGH", "MEDIUM", "LOW")
"""The first is looked at first."""
_WITH_PORT, _WITHOUT_PORT = ("TCP", "UDP"), ("ICMP", "GRE")
_MOST_RULES, _MOST_SOURCES, _LONGEST_REMARK = 1000, 10, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    protocol: str
    port: str
    source: str
    action: str
    priority: str
    remark: str


def parts(rule: str) -> Parts:
    """The six fields of a rule; a remark that was left out is empty."""
    protocol, port, source, action, priority, *remark = rule.split("|", 5)
    return Parts(
        protocol=protocol, port=port, source=source, action=action, priority=priority, remark="".join(remark)
    )


def check(rules: Sequence[str]) -> None:
    """Raises Refused for the first rule that isn't right."""
    if len(rules) > _MOST_RULES:
        raise no.RULE_COUNT()
    seen = set()
    for rule in rules:
        if rule.count("|") not in (4, 5):
            raise no.RULE_INVALID(
                rule=rule, why="hasn't the fields protocol|port|source|action|priority|remark"
            )
        found = parts(rule)
        if found.priority not in PRIORITIES:
            raise no.RULE_PRIORITY(rule=rule)
        if why := _wrong(found):
            raise no.RULE_INVALID(rule=rule, why=why)
        what = (found.protocol, found.port, found.source, found.action, found.priority)
        if what in seen:
            raise no.RULE_INVALID(rule=rule, why="is there twice")
        seen.add(what)


def to_world(rule: str) -> Rule:
    """What the fabric is to make of a rule that was checked."""
    found = parts(rule)
    return Rule(
        protocol=found.protocol.lower(),
        ports=_ports(found.port) if found.protocol in _WITH_PORT else None,
        sources=tuple(found.source.split(",")),
        accept=found.action == "ACCEPT",
        priority=PRIORITIES.index(found.priority),
    )


def _wrong(rule: Parts) -> str:
    """Why the rule isn't right; empty when it is."""
    if rule.protocol in _WITHOUT_PORT:
        if rule.port:
            return f"{rule.protocol} has no port"
    elif rule.protocol not in _WITH_PORT:
        return "the protocol is TCP, UDP, ICMP or GRE"
    elif _ports(rule.port) is None:
        return "the port is 1 to 65535, or two with a dash"
    if rule.action not in ("ACCEPT", "DROP"):
        return "the action is ACCEPT or DROP"
    if len(rule.remark) > _LONGEST_REMARK:
        return f"the remark has more than {_LONGEST_REMARK} characters"
    sources = rule.source.split(",")
    if len(sources) > _MOST_SOURCES or not all(map(_is_source, sources)):
        return f"the source is at most {_MOST_SOURCES} addresses or networks"
    return ""


def _ports(text: str) -> tuple[int, int] | None:
    first, _, last = text.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal():
        return None
    low, high = int(first), int(last or first)
    return (low, high) if 1 <= low <= high <= 65535 else None


def _is_source(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return False
    return True
