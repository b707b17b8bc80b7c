"""What the example files come to, whole.

After a wanted change: STEPPE_WRITE_GOLDEN=1 pytest tests/topology
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from steppe import spec, topology

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "examples").glob("*.yaml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_topology_of(example: Path) -> None:
    built = topology.build(spec.load(example))
    text = json.dumps(dataclasses.asdict(built), indent=1, default=str) + "\n"
    golden = HERE / "golden" / f"{example.stem}.json"
    if os.environ.get("STEPPE_WRITE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()
