"""Runs the few system commands that the fabric is made with."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence

from ubox.errors import BoxError, called


def run(argv: Sequence[str], given: str = "") -> str:
    """What the command wrote. Raises BoxError with its complaint."""
    return run_all([(argv, given)])[0]


def run_all(commands: Iterable[tuple[Sequence[str], str]]) -> list[str]:
    """Runs commands side by side, each with its input; their outputs in order.

    All are waited for. Raises BoxError for the first that failed.
    """
    started = [(argv, given, _start(argv)) for argv, given in commands]
    results = [(argv, process.communicate(given), process.returncode) for argv, given, process in started]
    for argv, (_, complaint), code in results:
        if code:
            raise BoxError(f"`{' '.join(argv)}` failed with code {code}: {complaint.strip()[:500]}")
    return [output for _, (output, _), _ in results]


def ip_batch(namespace: str, lines: Iterable[str], *, lenient: bool = False) -> tuple[list[str], str]:
    """An `ip` that runs many lines in a namespace (empty: this machine's own).

    `lenient` goes on after a line that fails, as a removal of what is gone already does.
    """
    where = ["-n", namespace] if namespace else []
    how = ["-force"] if lenient else []
    return ["ip", *where, *how, "-batch", "-"], "".join(f"{line}\n" for line in lines)


def nft(namespace: str, rules: str) -> tuple[list[str], str]:
    """An `nft` that loads rules into a namespace, all or nothing."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "nft", "-f", "-"], rules


def run_leniently(commands: Iterable[tuple[Sequence[str], str]]) -> None:
    """Runs commands side by side for what they do, not for how they end: what is gone can't be removed."""
    started = [(given, _start(argv)) for argv, given in commands]
    for given, process in started:
        process.communicate(given)


def _start(argv: Sequence[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    except FileNotFoundError as error:
        raise BoxError(
            f"`{argv[0]}` is not installed; `{called('start')}` lists what this machine lacks"
        ) from error
