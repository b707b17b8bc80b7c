"""`steppe init`: what it writes is what was asked for, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.operations.typed import steppe

from steppe import spec


def test_operators_networks_are_asked_for_before_the_file_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "my cluster.yaml"
    written = steppe("init", file, "--region", "cn-bj2")
    assert written.returncode == 0 and f"steppe validate '{file}'" in written.stderr
    assert "203.0.113" not in file.read_text()
    refused = steppe("validate", file)
    assert refused.returncode == 2
    assert "access.from: is missing (expected the networks you come from" in refused.stderr


def test_networks_zones_and_id_are_written_as_given(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    given = ("--cluster", "pay", "--region", "cn-new", "--zones", "cn-new-01,cn-new-02,cn-new-07")
    sources = ("--from", "198.51.100.0/28", "--from", "192.0.2.4/32")
    assert steppe("init", file, *given, *sources).returncode == 0
    made = spec.load(file)
    assert (made.cluster, made.zones) == ("pay", ("cn-new-01", "cn-new-02", "cn-new-07"))
    assert list(map(str, made.access.sources)) == ["198.51.100.0/28", "192.0.2.4/32"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--region", "nosuch"), "The zones of the region nosuch are not known here"),
        (("--cluster", "Bad_ID"), "--cluster: "),
        (("--region", "cn-bj2", "--from", "here"), "--from: "),
        (("--region", "cn-bj2", "--zones", "cn-bj2-02,cn-bj2-02"), "--zones: "),
    ],
)
def test_what_is_wrong_is_named_by_its_option_and_nothing_is_written(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    file = tmp_path / "y.yaml"
    done = steppe("init", file, *words)
    assert done.returncode == 2 and says in done.stderr
    assert "y.yaml:" not in done.stderr and not file.exists()
