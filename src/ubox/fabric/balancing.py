"""How a balancer picks a backend, as nftables rules: one chain for each VServer. Pure.

PacketsTransmit: the connection is marked with the backend's address, and the mark decides the route, so the
packet arrives as the client sent it, for the balancer's address. RequestProxy: both addresses are rewritten.
A VServer without a good backend drops what it gets (assumed: the real ULB's answer is not documented).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import gcd

from ubox.fabric.addresses import mark
from ubox.fabric.nftables import elements
from ubox.world import Backend, Balancer, Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chain of one VServer, and what leads into it."""

    chain: str
    key: str
    """Address, protocol and port of the VServer, as an nftables key."""
    rules: tuple[str, ...]
    rewrites: bool
    """Whether it is a proxy, whose chain belongs into address translation."""


def choices(balancer: Balancer, healthy: Collection[str]) -> Iterator[Choice]:
    """A chain for each VServer of the balancer, over its backends that are enabled and healthy."""
    rewrites = balancer.mode == "RequestProxy"
    for listener in balancer.listeners:
        able = [each for each in listener.backends if each.enabled and each.id in healthy]
        rules = _rewriting(listener, able) if rewrites else _marking(listener, able)
        yield Choice(
            chain=f"serve-{listener.id}",
            key=f"{balancer.address} . {listener.protocol} . {listener.port}",
            rules=tuple(rules) if able else ("drop",),
            rewrites=rewrites,
        )


def turns(backends: list[Backend]) -> list[Backend]:
    """Each backend as often as its weight says, well mixed (nginx's smooth weighted round-robin)."""
    common = gcd(*(each.weight for each in backends))
    weights = {each.id: each.weight // common for each in backends}
    total = sum(weights.values())
    credit = dict.fromkeys(weights, 0)
    order = []
    for _ in range(total):
        for id_, weight in weights.items():
            credit[id_] += weight
        best = max(backends, key=lambda each: credit[each.id])
        credit[best.id] -= total
        order.append(best)
    return order


def _marking(listener: Listener, able: list[Backend]) -> Iterator[str]:
    marks = {each.id: f"{mark(each.address):#010x}" for each in able}
    # A connection that nobody has answered may be given another backend once its first has turned bad.
    yield f"ct mark {elements(marks.values())} return"
    yield f"ct mark set {_pick(listener, [marks[each.id] for each in _order(listener, able)])}"


def _rewriting(listener: Listener, able: list[Backend]) -> Iterator[str]:
    targets = [f"{each.address} . {each.port}" for each in _order(listener, able)]
    yield f"meta l4proto {listener.protocol} dnat ip addr . port to {_pick(listener, targets)}"


def _order(listener: Listener, able: list[Backend]) -> list[Backend]:
    return turns(able) if listener.method == "WeightRoundrobin" else able


def _pick(listener: Listener, targets: list[str]) -> str:
    """By the client's address for `Source`, in turn for every other method."""
    how = "jhash ip saddr" if listener.method == "Source" else "numgen inc"
    slots = ", ".join(f"{number} : {target}" for number, target in enumerate(targets))
    return f"{how} mod {len(targets)} map {{ {slots} }}"
