"""Lists in pages: read at the same time, and nothing is lost when the list changes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.cloud import Api
from steppe.cloud.paging import Page, Row, all_rows
from steppe.engine import Fault, FaultClass
from tests.cloud.cluster_in_box import ClusterInBox

COUNT, A_PAGE = 12, 4
GROUPS = ("DescribeIsolationGroup", "IsolationGroupSet")


class Paged(Api):
    """Calls `between` after each page, with its offset."""

    between: Callable[[int], None] = staticmethod(lambda _: None)

    def call(self, action: str, **params: Any) -> Row:
        answer = super().call(action, **params)
        if "Offset" in params:
            self.between(params["Offset"])
        return answer


@pytest.fixture
def many(empty: ClusterInBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paged]:
    """Isolation groups on four pages, at 0, 3, 6 and 9."""
    monkeypatch.setattr("steppe.cloud.api._PAGE", A_PAGE)
    api = Paged(empty.api.credentials)
    for number in range(COUNT):
        add(api, f"group-{number}")
    yield api
    api.close()


def add(api: Api, name: str) -> None:
    api.call("CreateIsolationGroup", GroupName=name, Remark="steppe cluster=orders")


def names(api: Api) -> list[str]:
    return [row["GroupName"] for row in api.rows(*GROUPS)]


def test_all_pages_are_read_once(many: Paged) -> None:
    before = many.calls.get("DescribeIsolationGroup", 0)
    assert names(many) == [f"group-{number}" for number in range(COUNT)]
    assert many.calls["DescribeIsolationGroup"] - before == 4


def test_a_row_that_goes_between_two_pages_takes_no_other_along(many: Paged) -> None:
    """Without a look at the seam, group-4 would move up into the first page, and be in none."""
    first = many.rows(*GROUPS)[0]["GroupId"]
    left = [first]

    def go(_: int) -> None:
        if left:
            many.call("DeleteIsolationGroup", GroupId=left.pop())
            add(many, "as-many-as-before")

    many.between = go
    assert names(many) == [*(f"group-{number}" for number in range(1, COUNT)), "as-many-as-before"]


def test_a_row_that_is_added_moves_nothing(many: Paged) -> None:
    more = iter(["later"])

    def come(_: int) -> None:
        for name in more:
            add(many, name)

    many.between = come
    before = many.calls.get("DescribeIsolationGroup", 0)
    assert names(many)[:COUNT] == [f"group-{number}" for number in range(COUNT)]
    assert many.calls["DescribeIsolationGroup"] - before == 4


def test_a_list_that_never_rests_is_told_and_not_taken_as_read(many: Paged) -> None:
    def go(offset: int) -> None:
        if offset == 0:
            row = Api.call(many, GROUPS[0], Limit=1)[GROUPS[1]][0]
            many.call("DeleteIsolationGroup", GroupId=row["GroupId"])

    many.between = go
    with pytest.raises(Fault, match="DescribeIsolationGroup: the list changed each of") as told:
        many.rows(*GROUPS)
    assert (told.value.code, told.value.fault_class) == ("ucloud.list-moved", FaultClass.RETRYABLE)


def test_the_pages_after_the_first_are_read_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=20)

    def page(offset: int) -> Page:
        if offset:
            together.wait()
        return pages_of(list(range(40)), 9)(offset)

    found = all_rows(page, at_once=4)
    assert found is not None and [row["Id"] for row in found] == [str(number) for number in range(40)]


def pages_of(ids: list[int], size: int) -> Callable[[int], Page]:
    def page(offset: int) -> Page:
        return Page(rows=[{"Id": str(each)} for each in ids[offset : offset + size]], total=len(ids))

    return page


@given(st.integers(0, 60), st.integers(1, 12))
def test_a_list_that_rests_is_read_whole_whatever_a_page_holds(count: int, size: int) -> None:
    assert all_rows(pages_of(list(range(count)), size), at_once=2) == [
        {"Id": str(number)} for number in range(count)
    ]


Moves = list[tuple[list[int], int]]
_moves = st.lists(st.tuples(st.lists(st.integers(0, 30), max_size=2), st.integers(0, 2)), max_size=12)


@given(st.integers(1, 30), st.integers(2, 6), _moves)
def test_whatever_goes_or_comes_no_row_that_stays_is_lost(count: int, size: int, moves: Moves) -> None:
    """After each page some rows go, and some are added at the end, as in the region."""
    ids, stays, left = list(range(count)), set(range(count)), iter(moves)

    def page(offset: int) -> Page:
        answer = pages_of(ids, size)(offset)
        going, coming = next(left, ([], 0))
        gone = {ids[place] for place in going if place < len(ids)}
        ids[:] = [each for each in ids if each not in gone]
        stays.difference_update(gone)
        ids.extend(1000 + 10 * offset + number for number in range(coming))
        return answer

    found = all_rows(page, at_once=1)
    assert found is None or stays <= {int(row["Id"]) for row in found}
