"""The syntax of nftables, as far as the fabric writes it. Sorted: the same facts give the same text."""

from __future__ import annotations

from collections.abc import Iterable

NEW_TABLE = "table inet box\ndelete table inet box\ntable inet box {\n"
"""Loaded in one transaction: the old table goes as the new one comes."""


def table(parts: Iterable[str]) -> str:
    """A whole ruleset that replaces the one before."""
    return f"{NEW_TABLE}{''.join(parts)}}}\n"


def chain(name: str, rules: Iterable[str], hook: str | None = None) -> str:
    """A chain; `hook` makes it a base chain, for example `filter forward filter drop`:
    its type, hook, priority and policy.
    """
    lines = list(rules)
    if hook:
        kind, where, priority, policy = hook.split()
        lines.insert(0, f"type {kind} hook {where} priority {priority}; policy {policy};")
    return f"\tchain {name} {{\n" + "".join(f"\t\t{line}\n" for line in lines) + "\t}\n"


def named_set(name: str, kind: str, elements: Iterable[str]) -> str:
    return _container("set", name, kind, elements)


def named_map(name: str, kind: str, elements: Iterable[str]) -> str:
    return _container("map", name, kind, elements)


def elements(items: Iterable[str]) -> str:
    """A set without a name."""
    return f"{{ {', '.join(sorted(set(items)))} }}"


def _container(what: str, name: str, kind: str, held: Iterable[str]) -> str:
    inside = sorted(set(held))
    filled = f"\t\telements = {elements(inside)}\n" if inside else ""
    return f"\t{what} {name} {{\n\t\ttype {kind}\n{filled}\t}}\n"
