"""How much memory RocketMQ's processes get on a host, from the host alone."""

from __future__ import annotations

from dataclasses import dataclass

from steppe.topology.model import Host, Role

_SMALL_HEAP_MIB = 1024
_SMALL_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Starts in about half the CPU time; a heap this small gains nothing from the collectors for big ones."""
_ALWAYS = "-XX:+ExitOnOutOfMemoryError"
"""A JVM that is out of memory ends, and Nomad starts it again, instead of limping on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """All in MiB."""

    memory: int
    """What the task may use in all."""
    heap: int
    direct: int
    """Network buffers outside the heap; only brokers set it."""
    java_opts: str


def sizes(host: Host, *, groups: int = 1) -> Sizes:
    """Of one NameServer or one broker on that host, which carries that many groups.

    A NameServer gets not quite half of its host: the endpoint and checks run beside it. Brokers share five
    eighths, and of that a broker's heap takes two fifths: what is left caches the store's files.
    """
    if host.role is Role.NAMESERVER:
        memory = host.memory_mib * 7 // 16 // groups
        heap = max(192, memory * 3 // 8)
        return Sizes(memory=memory, heap=heap, direct=0, java_opts=_java_opts(heap))
    memory = host.memory_mib * 5 // 8 // groups
    heap = max(256, memory * 2 // 5)
    return Sizes(memory=memory, heap=heap, direct=max(192, memory // 5), java_opts=_java_opts(heap))


def _java_opts(heap: int) -> str:
    return f"{_SMALL_JVM} {_ALWAYS}" if heap < _SMALL_HEAP_MIB else _ALWAYS
