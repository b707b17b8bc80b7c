"""Makes a plan of networks true, with as few commands as can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ubox.errors import BoxError
from ubox.fabric.commands import ip_batch, nft, run, run_all, run_leniently
from ubox.fabric.names import Names
from ubox.fabric.namespaces import inside
from ubox.fabric.observed import State, observe
from ubox.fabric.plan import MACHINE, VOID, Cable, Plan

_ROUTER = {
    "ipv4/ip_forward": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
}
_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "host": {},
    "internet": _ROUTER,
    # ping_group_range: health checks of UDP backends are pings.
    "vpc": {**_ROUTER, "ipv4/conf/default/proxy_arp": "1", "ipv4/ping_group_range": "0 0"},
}
_FIRST_PROCESS = 1
"""Stands for this machine's own namespace where `ip` works in another."""

_Work = defaultdict[str, list[str]]


class Kernel:
    """The networks of one box. Used by one thread at a time."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._state: State | None = None
        self._rules: dict[str, str] = {}

    def apply(self, plan: Plan) -> None:
        """Adds what is missing and removes what is too much.

        Raises BoxError when the kernel refuses, even after a fresh look at what is there.
        """
        state, self._state = self._state or observe(self._names, plan), None
        try:
            self._add(self._remove(state, plan), plan)
        except BoxError:
            self._rules.clear()
            self._add(self._remove(observe(self._names, plan), plan), plan)
        self._state = State(
            namespaces=frozenset(plan.namespaces), interfaces=plan.interfaces, lines=plan.lines
        )

    def ensure(self, plan: Plan) -> None:
        """Adds what is missing and removes nothing."""
        self._add(observe(self._names, plan), plan)
        self._state = None

    def forget_hosts(self, namespaces: Iterable[str]) -> None:
        """Removes hosts' namespaces with their cables, whatever VPC they lead to."""
        remove_hosts(sorted(namespaces))
        self._state = None

    def _remove(self, state: State, plan: Plan) -> State:
        gone = state.namespaces - plan.namespaces.keys()
        lines, interfaces = state.lines - plan.lines, state.interfaces - plan.interfaces
        work: _Work = defaultdict(list)
        for namespace, line in sorted(lines):
            if namespace not in gone:
                work[namespace].append(_command(line, "del"))
        for namespace, interface in sorted(interfaces):
            if not self._names.is_host_namespace(namespace):
                work[namespace].append(f"link del {interface}")
        run_leniently(ip_batch(namespace, commands, lenient=True) for namespace, commands in work.items())
        run_leniently([_delete(gone)] if gone else [])
        for namespace in gone:
            self._rules.pop(namespace, None)
        return replace(
            state,
            namespaces=state.namespaces - gone,
            interfaces=state.interfaces - interfaces,
            lines=frozenset(line for line in state.lines - lines if line[0] not in gone),
        )

    def _add(self, state: State, plan: Plan) -> None:
        new = sorted(plan.namespaces.keys() - state.namespaces)
        cables = [cable for cable in plan.cables if cable.here not in state.interfaces]
        if new:
            run(*ip_batch(MACHINE, [f"netns add {each}" for each in new]))
        work: _Work = defaultdict(list)
        for namespace in new:
            _set_up(namespace, plan.namespaces[namespace])
            work[namespace] += _first_links(plan.namespaces[namespace])
        # Rules before cables: nothing passes unfiltered, not even for a moment.
        changed = {where: text for where, text in plan.rules.items() if self._rules.get(where) != text}
        run_all(nft(where, text) for where, text in changed.items())
        self._rules |= changed
        for cable in cables:
            work[cable.here[0]] += _lay(cable)
        run_all(ip_batch(where, commands) for where, commands in work.items())
        work.clear()
        for cable in cables:
            work[cable.there[0]] += _rouse(*cable.there)
        for namespace, line in sorted(plan.lines - state.lines):
            work[namespace].append(_command(line, "add"))
        run_all(ip_batch(where, commands) for where, commands in work.items())


def remove_hosts(namespaces: list[str]) -> None:
    # The cable first: a namespace goes when it likes, and its cable would linger under its name.
    run_leniently(ip_batch(each, ["link del eth0"], lenient=True) for each in namespaces)
    run_leniently([_delete(namespaces)] if namespaces else [])


def _delete(namespaces: Iterable[str]) -> tuple[list[str], str]:
    return ip_batch(MACHINE, [f"netns del {each}" for each in sorted(namespaces)], lenient=True)


def _set_up(namespace: str, kind: str) -> None:
    with inside(namespace):
        for setting, value in _SETTINGS[kind].items():
            Path("/proc/sys/net", setting).write_text(value)


def _first_links(kind: str) -> list[str]:
    void = [f"link add {VOID} type bridge", f"link set {VOID} up"] if kind != "host" else []
    return ["link set lo up", *void]


def _lay(cable: Cable) -> list[str]:
    (_, interface), (namespace, other) = cable.here, cable.there
    mac = f" address {cable.mac}" if cable.mac else ""
    peer = f"{other}{mac} netns {namespace or _FIRST_PROCESS}"
    return [f"link add {interface} type veth peer name {peer}", *_rouse(*cable.here)]


def _rouse(namespace: str, interface: str) -> list[str]:
    # ARP for others is answered at once; Linux would wait up to 0.8 s.
    prompt = [f"ntable change name arp_cache dev {interface} proxy_delay 0"] if namespace else []
    return [f"link set {interface} up", *prompt]


def _command(line: str, verb: str) -> str:
    what, _, rest = line.partition(" ")
    return f"{what} {verb} {rest}"
