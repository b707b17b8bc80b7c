"""The figures of `steppe up`, `plan` and `down` on this machine, beside the floor. Decides no test.

1. For each pair: the floor, then the real commands in a new box, so that both meet the same machine.
2. The figures against their goals, and where the time went.
3. Whatever happens, Ctrl-C too, everything is removed.

It needs root and what `make setup` leaves. Exit code 0 when it could measure, whatever the figures are.
Run: bench/run, or .venv/bin/python -m bench.up [FILE] [--pairs N] [--no-floor] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from subprocess import CalledProcessError

from bench import cluster, floor
from bench.clock import load, orderly_end
from bench.cluster import CommandFailed, Run
from bench.figures import figures, table
from bench.floor import Floor
from steppe.errors import SteppeError
from ubox.errors import BoxError

_EXAMPLE = Path(__file__).parents[1] / "examples" / "orders.yaml"


def main() -> None:
    given = _arguments()
    runs: list[Run] = []
    floors: list[Floor] = []
    try:
        with orderly_end():
            for number in range(given.pairs):
                if given.floor:
                    _tell(f"pair {number + 1} of {given.pairs}: the floor (load {load()})")
                    floors.append(floor.measure(given.file))
                _tell(f"pair {number + 1} of {given.pairs}: steppe (load {load()})")
                runs.append(cluster.measure(given.file))
    except KeyboardInterrupt:
        _tell("interrupted; everything is removed")
        sys.exit(130)
    except (CommandFailed, SteppeError, BoxError, RuntimeError, CalledProcessError) as error:
        _tell(f"nothing could be measured: {error}")
        sys.exit(1)
    found = figures(runs, floors)
    if given.json:
        print(
            json.dumps(
                {
                    "version": 1,
                    "figures": [{**asdict(each), "value": each.value, "met": each.met} for each in found],
                    "floors": [asdict(each) for each in floors],
                    "runs": [asdict(each) for each in runs],
                },
                indent=1,
            )
        )
    else:
        print("\n".join(table(found, runs, floors)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description="Measures steppe beside the floor.")
    parser.add_argument("file", nargs="?", type=Path, default=_EXAMPLE, help="the cluster's file")
    parser.add_argument("--pairs", type=int, default=1, help="how often both are measured (default: 1)")
    parser.add_argument("--no-floor", dest="floor", action="store_false", help="steppe alone")
    parser.add_argument("--json", action="store_true", help="everything as one JSON object")
    return parser.parse_args()


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
