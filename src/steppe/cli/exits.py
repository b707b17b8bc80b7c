"""The one table of exit codes, and how an error is shown. Nothing here prints a traceback or a secret.

0 done or no change · 1 failed · 2 wrong use or spec · 3 changes pending (`plan --exit-code`) · 4 unhealthy ·
5 locked or claimed by another · 6 something left behind · 130 interrupted
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

import click
from rich.markup import escape

from steppe.cli.render import console, tell_of_warnings
from steppe.errors import SteppeError

INTERNAL_ERROR = 1
USAGE = 2
INTERRUPTED = 130


def run(command: click.Command) -> int:
    """Runs the command line and gives its exit code. `STEPPE_DEBUG=1` shows the tracebacks of faults."""
    tell_of_warnings()
    try:
        # Outside standalone mode click hands back the code of an explicit exit, such as that of `--help`.
        result = command.main(standalone_mode=False, prog_name="steppe")
        return result if isinstance(result, int) else 0
    except SteppeError as error:
        _show(error)
        return error.exit_code
    except click.exceptions.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        # The reader of our output went away; writing again at shutdown would only repeat the error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _fault(error)


def _show(error: SteppeError) -> None:
    screen = console()
    screen.print(f"[bold red]✗[/] {escape(error.message)}")
    if error.hint:
        screen.print(f"  [bold]Next:[/] {escape(error.hint)}")
    screen.print(f"  [dim]code {error.code}, exit {error.exit_code}[/]")


def _interrupted() -> int:
    console().print(
        "[bold]Interrupted.[/] What was begun is kept; run the same command again to go on, or `steppe down`."
    )
    return INTERRUPTED


def _fault(error: Exception) -> int:
    if os.environ.get("STEPPE_DEBUG") == "1":
        traceback.print_exc()
        return INTERNAL_ERROR
    with tempfile.NamedTemporaryFile("w", prefix="steppe-fault-", suffix=".txt", delete=False) as report:
        traceback.print_exc(file=report)
    console().print(
        f"[bold red]✗[/] A fault in steppe itself: {escape(type(error).__name__)}.\n"
        f"  [bold]Next:[/] report it with the details in {escape(str(Path(report.name)))}; "
        "the cluster is as the last step left it, and the same command can be run again."
    )
    return INTERNAL_ERROR
