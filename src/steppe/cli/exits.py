"""The one table of exit codes, and how an error is shown. Nothing here prints a traceback or a secret.

0 done or no change · 1 failed · 2 wrong use or spec · 3 changes pending (`plan --exit-code`) · 4 unhealthy ·
5 locked or claimed by another · 6 something left behind · 130 interrupted
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

import click
from rich.markup import escape

from steppe.cli import output
from steppe.cli.render import console, tell_of_warnings
from steppe.errors import SteppeError, UsageError

INTERNAL_ERROR = 1
INTERRUPTED = 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def run(command: click.Command) -> int:
    """Runs the command line and gives its exit code. `STEPPE_DEBUG=1` shows the tracebacks of faults."""
    tell_of_warnings()
    output.begin()
    try:
        return _run(command)
    except BrokenPipeError:
        # The reader of our output went away.
        _give_stdout_up()
        return 0
    except Exception as error:
        if (why := _stdout_refuses(error)) is None:
            return _fault(error)
        _give_stdout_up()
        return _show(
            SteppeError(
                f"The output can't be written to stdout: {why}.",
                code="cli.output",
                hint="send stdout to a place that has room, and run the same command again",
            )
        )


def _run(command: click.Command) -> int:
    try:
        # Outside standalone mode click hands back the code of an explicit exit, such as that of `--help`.
        result = command.main(standalone_mode=False, prog_name="steppe")
        return result if isinstance(result, int) else 0
    except SteppeError as error:
        return _show(error)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _interrupted()
    except click.ClickException as error:
        error.show(file=sys.stderr)
        wrong = UsageError(error.format_message(), code="cli.usage", hint="see --help")
        output.print_error(wrong, wrong.exit_code)
        return wrong.exit_code


def _stdout_refuses(fault: Exception) -> str | None:
    """Why stdout doesn't take what is written there; None when it does: the fault has another cause."""
    try:
        sys.stdout.flush()
        if isinstance(fault, OSError) and fault.errno in _NO_ROOM:
            # Without a buffer nothing is left to flush: only a write can tell.
            os.write(sys.stdout.fileno(), b"\n")
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def _give_stdout_up() -> None:
    """Writing again at shutdown would only repeat the error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(error: SteppeError) -> int:
    screen = console()
    screen.print(f"[bold red]✗[/] {escape(error.message)}")
    if error.hint:
        screen.print(f"  [bold]Next:[/] {escape(error.hint)}")
    screen.print(f"  [dim]code {error.code}, exit {error.exit_code}[/]")
    output.print_error(error, error.exit_code)
    return error.exit_code


def _interrupted() -> int:
    said = SteppeError(
        "Interrupted.",
        code="cli.interrupted",
        hint="What was begun is kept; run the same command again to go on, or `steppe down`.",
    )
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        console().print(f"[bold]{said.message}[/] {said.hint}")
        output.print_error(said, INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, heard)
    return INTERRUPTED


def end(code: int) -> NoReturn:
    """Ends the process. After Ctrl-C without waiting for threads that still ask something: they only read,
    since a run that changes has ended its calls before, and a second Ctrl-C would break into the wait.
    """
    if code == INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _fault(error: Exception) -> int:
    if os.environ.get("STEPPE_DEBUG") == "1":
        traceback.print_exc()
        return INTERNAL_ERROR
    with tempfile.NamedTemporaryFile("w", prefix="steppe-fault-", suffix=".txt", delete=False) as report:
        traceback.print_exc(file=report)
    fault = SteppeError(
        f"A fault in steppe itself: {type(error).__name__}.",
        code="cli.fault",
        hint=f"report it with the details in {Path(report.name)}; the cluster is as the last step left it, "
        "and the same command can be run again",
    )
    return _show(fault)
