"""Network namespaces: which exist, and how one thread works inside one."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ubox.errors import BoxError

FOLDER = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def existing(prefix: str) -> set[str]:
    """Names of the namespaces that begin with `prefix`."""
    if not FOLDER.is_dir():
        return set()
    return {each.name for each in FOLDER.iterdir() if each.name.startswith(prefix)}


def enter(namespace: str) -> None:
    """Moves the calling thread into the namespace for good. Raises BoxError where there is none."""
    try:
        descriptor = os.open(FOLDER / namespace, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise BoxError(f"the network namespace {namespace} is gone; restart ubox to make it again") from error
    try:
        _set(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """The calling thread works in the namespace: its sockets and `/proc/sys/net` are that one's."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter(namespace)
        try:
            yield
        finally:
            _set(home)
    finally:
        os.close(home)


def _set(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"setns: {os.strerror(ctypes.get_errno())}")
