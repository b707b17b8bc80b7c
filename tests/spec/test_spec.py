"""Cluster files, right and wrong: each file of `cases/` says its findings in the JSON file beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe import spec
from steppe.errors import UsageError

CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("case", sorted(path.stem for path in CASES.glob("*.yaml")))
def test_case(case: str) -> None:
    expected = json.loads((CASES / f"{case}.json").read_text())
    try:
        spec.parse((CASES / f"{case}.yaml").read_text(), "cluster.yaml")
        found: list[str] = []
    except spec.SpecError as error:
        found = [str(problem) for problem in error.problems]
    assert found == expected


def test_a_problem_has_its_parts() -> None:
    with pytest.raises(spec.SpecError) as caught:
        spec.parse("cluster: orders\nregion: box\nhosts:\n  nomad: {count: 2}\n", "orders.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.field) == ("orders.yaml", 4, "hosts.nomad.count")
    assert problem.message == "is 2"
    assert problem.expected.startswith("an odd number from 3 to 9")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("region", spec.ZONES)
def test_what_init_writes_is_valid(region: str) -> None:
    zones = spec.ZONES[region]
    made = spec.parse(spec.template("orders", region, zones, ["198.51.100.7/32"]), "cluster.yaml")
    assert (made.cluster, made.region, made.zones) == ("orders", region, zones)


def test_a_file_of_the_cloud_is_not_valid_before_its_operators_are_named() -> None:
    with pytest.raises(spec.SpecError) as caught:
        spec.parse(spec.template("orders", "cn-bj2", spec.ZONES["cn-bj2"]), "cluster.yaml")
    (problem,) = caught.value.problems
    assert (problem.field, problem.message) == ("access.from", "is missing")


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_are_valid(path: Path) -> None:
    assert spec.load(path).cluster == "orders"


def test_the_demo_runs_what_init_writes() -> None:
    assert (ROOT / "examples" / "orders.yaml").read_text() == spec.template("orders", "box")


def test_a_file_that_is_not_there_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml can't be read: No such file") as caught:
        spec.load(tmp_path / "nowhere.yaml")
    assert "steppe init" in caught.value.hint


def test_the_table_of_the_documentation_is_the_models() -> None:
    page = (ROOT / "docs" / "spec.md").read_text()
    table = page.partition("-->\n")[2].partition("<!-- end -->")[0]
    assert table == spec.reference()


def test_the_schema_knows_the_fields_as_they_are_written() -> None:
    schema = spec.json_schema()
    assert schema["required"] == ["cluster", "region"]
    assert set(schema["$defs"]["AccessSpec"]["properties"]) == {"from", "mode"}
    one, each = schema["$defs"]["BrokerSpec"]["properties"]["memory"]["oneOf"]
    assert one["type"] == each["items"]["type"] == "string" and each["maxItems"] == 3
    assert all(part.get("additionalProperties") is False for part in schema["$defs"].values())


_words = [
    "cluster",
    "region",
    "zones",
    "network",
    "management",
    "access",
    "from",
    "mode",
    "hosts",
    "consul",
    "nomad",
    "broker",
    "count",
    "memory",
    "image",
    "data_disk",
    "size",
    "type",
    "rocketmq",
    "brokers",
    "nameserver",
    "client",
    "odd",
    "box",
    "10.80.0.0/20",
    "4GiB",
]
_scalars = st.sampled_from([None, True, 0, 3, -1, 2.5, *_words])
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_words), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(_words), _values, max_size=6))
def test_any_map_is_either_a_spec_or_a_list_of_problems(value: dict[str, object]) -> None:
    text = json.dumps(value)
    try:
        spec.parse(text, "cluster.yaml")
    except spec.SpecError as error:
        assert error.problems
        assert all(problem.line >= 1 and problem.message for problem in error.problems)
