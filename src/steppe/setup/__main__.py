"""`make setup` runs this: everything that is missing, in order; what is there is left as it is."""

from __future__ import annotations

import os
import sys

from steppe.errors import SteppeError
from steppe.setup import go_tools, image, packages, rocketmq
from steppe.setup.progress import say


def main() -> int:
    try:
        if os.geteuid() != 0:
            raise SteppeError(
                "Set-up makes a host image, which needs root.", code="setup.root", hint="run: sudo make setup"
            )
        packages.install()
        for tool in go_tools.TOOLS:
            go_tools.resolve(tool)
        rocketmq.resolve()
        root = image.resolve()
    except SteppeError as error:
        say(f" ✗ {error.message}\n   Next: {error.hint}")
        return error.exit_code
    say(
        f" ✓ set up: {', '.join(f'{t.name} {t.version}' for t in go_tools.TOOLS)}, "
        f"RocketMQ {rocketmq.VERSION}, host image {root.parent.name}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
