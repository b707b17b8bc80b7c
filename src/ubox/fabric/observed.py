"""Reads from the kernel what networks a box has, in the words of the plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ubox.fabric.commands import run_all
from ubox.fabric.names import GUEST_PORT, Names
from ubox.fabric.namespaces import existing
from ubox.fabric.plan import MACHINE, VOID, Line, Plan

_Objects = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    namespaces: frozenset[str]
    interfaces: frozenset[tuple[str, str]]
    lines: frozenset[Line]


def observe(names: Names, plan: Plan) -> State:
    """What is there, but for guests, who come and go by themselves.

    A host's own namespace isn't looked into, for the host may do there as it likes: where its cable lies, its
    part is taken to be as planned.
    """
    namespaces = {each for each in existing(f"{names.prefix}-") if not names.is_guest_namespace(each)}
    routing = sorted(each for each in namespaces if not names.is_host_namespace(each))
    interfaces: set[tuple[str, str]] = set()
    lines: set[Line] = set()
    for namespace, found in zip(routing, _look(routing), strict=True):
        links, addresses, routes, rules, neighbours = found
        ports = {link["ifname"] for link in links} - {"lo", VOID}
        interfaces |= {(namespace, port) for port in ports if not port.startswith(GUEST_PORT)}
        routes = [route for route in routes if not route.get("dev", "").startswith(GUEST_PORT)]
        lines |= {(namespace, line) for line in (*_addresses(addresses), *_routes(routes))}
        lines |= {(namespace, line) for line in (*_rules(rules), *_neighbours(neighbours))}
    if Path("/sys/class/net", names.uplink).exists():
        interfaces.add((MACHINE, names.uplink))
        lines |= {(MACHINE, line) for line in _uplink(names.uplink)}
    for cable in plan.cables:
        if cable.here in interfaces and names.is_host_namespace(cable.there[0]):
            interfaces.add(cable.there)
            lines |= {line for line in plan.lines if line[0] == cable.there[0]}
    return State(namespaces=frozenset(namespaces), interfaces=frozenset(interfaces), lines=frozenset(lines))


def _look(namespaces: list[str]) -> list[list[_Objects]]:
    looks = ("link show", "-4 addr show", "-4 route show table all", "-4 rule show", "-4 neigh show")
    commands = [(f"ip -n {namespace} -j {look}".split(), "") for namespace in namespaces for look in looks]
    answers: list[_Objects] = [json.loads(answer or "[]") for answer in run_all(commands)]
    return [answers[start : start + len(looks)] for start in range(0, len(answers), len(looks))]


def _uplink(interface: str) -> Iterator[str]:
    addresses, routes = run_all(
        (f"ip -4 -j {what} show dev {interface}".split(), "") for what in ("addr", "route")
    )
    yield from _addresses(json.loads(addresses or "[]"))
    yield from _routes([{**route, "dev": interface} for route in json.loads(routes or "[]")])


def _addresses(found: _Objects) -> Iterator[str]:
    for link in found:
        for each in link.get("addr_info", ()):
            if each["scope"] != "host":
                yield f"addr {each['local']}/{each['prefixlen']} dev {link['ifname']}"


def _routes(found: _Objects) -> Iterator[str]:
    for route in found:
        if route.get("protocol") == "kernel":
            continue
        via = f" via {route['gateway']}" if "gateway" in route else ""
        onlink = " onlink" if "onlink" in route["flags"] else ""
        metric = f" metric {route['metric']}" if "metric" in route else ""
        table = f" table {route['table']}" if "table" in route else ""
        source = f" src {route['prefsrc']}" if "prefsrc" in route else ""
        yield f"route {route['dst']}{via} dev {route['dev']}{onlink}{metric}{table}{source}"


def _rules(found: _Objects) -> Iterator[str]:
    for rule in found:
        if "fwmark" in rule:
            yield f"rule pref {rule['priority']} fwmark {rule['fwmark']} lookup {rule['table']}"


def _neighbours(found: _Objects) -> Iterator[str]:
    for each in found:
        if "PERMANENT" in each["state"]:
            yield f"neigh {each['dst']} lladdr {each['lladdr']} dev {each['dev']} nud permanent"
