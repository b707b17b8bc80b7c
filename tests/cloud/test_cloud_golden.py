"""Whole plans as files: what they say, in which order. Written anew with UPDATE_GOLDEN=1, then read."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from steppe import cloud, engine, spec, topology
from steppe.cloud import KINDS
from tests.cloud.cluster_in_box import ClusterInBox, cluster_in_box, raises_nothing, secrets_of

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]


def compare(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text(), f"{file} differs; look at it, and write it anew with UPDATE_GOLDEN=1"


def neutral(cluster: ClusterInBox, plan: engine.Plan) -> str:
    """The plan with names for the region's random ids, and without what follows from them."""
    text = plan.to_json()
    facts = [fact for facts in cluster.observe().facts.values() for fact in facts]
    for fact in sorted(facts, key=lambda fact: -len(fact.id)):
        text = text.replace(fact.id, f"<{fact.name}>")
    return re.sub(r'"facts": "\w{16}"', '"facts": "…"', text)


def test_the_first_plan_of_the_example() -> None:
    built = topology.build(spec.load(ROOT / "examples" / "orders.yaml"))
    with cluster_in_box(built) as cluster:
        owned = cluster.with_(secrets=replace(cluster.secrets, owner="owner"))
        compare("orders-first.json", owned.plan().to_json())


def test_the_plan_that_takes_the_example_down(small: topology.Topology) -> None:
    with cluster_in_box(small) as cluster:
        raises_nothing(cluster.up())
        compare("down.json", neutral(cluster, engine.plan_down(cluster.observe(), KINDS)))


def test_the_order_of_a_first_plan_is_the_same_each_time(small: topology.Topology) -> None:
    desired = cloud.desired(small, secrets_of(small))
    with cluster_in_box(small) as cluster:
        observed = cluster.observe()
    plans = {engine.plan(desired, observed, KINDS).to_json() for _ in range(3)}
    assert len(plans) == 1


@pytest.mark.parametrize("golden", sorted(file.name for file in GOLDEN.glob("*.json")))
def test_a_golden_plan_reads_back(golden: str) -> None:
    text = (GOLDEN / golden).read_text()
    plan = engine.Plan.from_json(text)
    assert json.loads(plan.to_json()) == json.loads(text)
