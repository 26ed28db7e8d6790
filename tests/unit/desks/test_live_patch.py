"""Lists told by what changed: laid over the old list they give the new one, exactly."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.desks import patch
from linebox.desks.board import Json, moment
from linebox.desks.feed import Feed

T0 = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
entries = st.dictionaries(st.integers(1, 30), st.integers(0, 3), max_size=30).map(
    lambda some: [{"id": str(key), "state": value} for key, value in some.items()]
)


@pytest.mark.req("SUP-1")
@given(entries, entries)
def test_patch_laid_over_the_old_list_gives_the_new_one(
    before: list[dict[str, object]], after: list[dict[str, object]]
) -> None:
    found = patch.difference("calls", before, after)
    if found is not None:
        assert patch.lay("calls", before, json.loads(json.dumps(found))) == after


def calls(count: int, **states: int) -> list[Json]:
    return [{"id": f"c{n}", "state": states.get(f"c{n}", 0)} for n in range(count)]


@pytest.mark.req("SUP-1")
def test_one_changed_call_of_many_travels_alone() -> None:
    found = patch.difference("calls", calls(100), calls(101, c7=1))
    assert found == {"put": [{"id": "c7", "state": 1}, {"id": "c100", "state": 0}], "drop": []}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (calls(3), calls(3, c1=1)),  # short
        (calls(20), list(reversed(calls(20)))),  # moved
        (calls(20), [{"id": "new", "state": 0}, *calls(20)]),  # not at the end
        (calls(20), calls(20, **{f"c{n}": 1 for n in range(15)})),  # nearly all
        (None, calls(20)),  # nothing told before
        (calls(20), [*calls(20), {"id": "c1", "state": 0}]),  # a key twice
    ],
)
def test_what_a_patch_cannot_say_is_told_whole(before: object, after: object) -> None:
    assert patch.difference("calls", before, after) is None


@pytest.mark.parametrize("wrong", [None, {}, {"put": [1], "drop": []}, {"put": [], "drop": None}])
def test_what_is_no_patch_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="no patch of calls"):
        patch.lay("calls", calls(3), wrong)


async def test_feed_tells_a_long_list_by_its_changes() -> None:
    feed = Feed()
    feed.tell({"calls": [], "generation": 1}, T0)
    feed.tell({"calls": calls(50), "generation": 1}, T0)
    with feed.reading(T0) as reader:
        await reader.line()
        feed.tell({"calls": calls(50, c3=1), "generation": 2}, T0)
        told = json.loads(await reader.line() or b"{}")
    assert told == {
        "seq": 3,
        "at": moment(T0),
        "set": {"generation": 2},
        "patch": {"calls": {"put": [{"id": "c3", "state": 1}], "drop": []}},
    }
