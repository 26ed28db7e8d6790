"""Transfers told from the records of a real Asterisk: one call, everybody's part in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linebox.asterisk.journals import CelRecord, read_cel, read_queue_log
from linebox.features.calls.assemble import assemble
from linebox.features.calls.book import Book
from linebox.features.calls.model import Direction, Result, Story

RECORDED = Path(__file__).parents[3] / "fixtures/transfers/s00000004"


@cache
def calls() -> tuple[tuple[CelRecord, ...], ...]:
    """The journal's calls, put together as the filer does it."""
    data = (RECORDED / "cel-custom/cel.csv").read_bytes()
    book, pages = Book(), []
    for record in read_cel(data, 0, finished=True).records:
        page = book.add("s00000004", record.position, record)
        pages.append(page)
    kept = {id(page): page for page in pages if book.find(next(iter(page.linkedids))) is page}
    return tuple(tuple(page.records()) for page in kept.values())


def told() -> list[Story]:
    lines = read_queue_log((RECORDED / "queue_log").read_bytes(), 0, finished=True).records
    stories = []
    for cel in calls():
        channels = {record.uniqueid for record in cel}
        mine = [line for line in lines if line.callid in channels]
        stories.append(assemble("s00000004", cel, mine))
    return stories


def transfers(story: Story) -> list[tuple[str, str, str]]:
    return [
        (event.fields["kind"], event.fields["by"], event.fields["to"])
        for event in story.events
        if event.kind == "transfer"
    ]


def agents(story: Story) -> list[tuple[str, str]]:
    return [(leg.number, leg.agent) for leg in story.legs]


@pytest.mark.req("RPT-5", "AGT-2")
def test_each_call_is_one_whatever_was_transferred() -> None:
    assert [(one.call.direction, one.call.result) for one in told()] == [
        *[(Direction.IN, Result.ANSWERED)] * 8,
        (Direction.OUT, Result.ANSWERED),
    ]
    assert all(one.call.ended_at for one in told())


@pytest.mark.req("AGT-2", "RPT-5")
def test_each_transfer_says_by_whom_and_to_whom() -> None:
    assert [transfers(story) for story in told()] == [
        [("blind", "1001", "1002")],
        [("blind", "1001", "8002"), ("back", "1001", "8002")],
        [("blind", "1001", "7777"), ("back", "1001", "7777")],
        [("blind", "1001", "8002"), ("back", "1001", "8002")],
        [("blind", "1001", "*22")],
        [("blind", "1001", "13700002222")],
        [("attended", "1001", "1002")],
        [("attended", "1001", "8002"), ("back", "1001", "8002")],
        [("blind", "1001", "8002")],
    ]


@pytest.mark.req("RPT-5")
def test_the_agent_is_who_had_the_call_last_and_each_leg_has_its_own_talk() -> None:
    stories = told()
    assert [story.call.agent for story in stories] == [
        "1002", "1001", "1001", "1001", "1002", "1001", "1002", "1001", "1002",
    ]  # fmt: skip
    for story in stories:
        parts = [leg.talk_s for leg in story.legs[1:] if leg.talk_s]
        if story.call.direction is Direction.IN:
            assert story.call.talk_s == pytest.approx(sum(parts), abs=0.01)
    blind, attended = stories[0], stories[6]
    assert agents(blind) == [("13900001111", ""), ("8001", "1001"), ("8002", "1002")]
    assert agents(attended) == [
        ("13900001111", ""), ("8001", "1001"), ("8001", "1001"), ("8002", "1002"),
    ]  # fmt: skip
    asking = attended.legs[2]
    assert asking.talk_s is None, "the agent asked the colleague, not the customer"


@pytest.mark.req("RPT-5", "AGT-2")
def test_caller_taken_into_the_bridge_of_the_asking_back_is_with_the_colleague_at_once() -> None:
    """The colleague's channel tells its new linkedid no sooner than at the end of the talk."""
    data = (RECORDED.parent / "into_the_asking.csv").read_bytes()
    records = read_cel(data, 0, finished=True).records
    at = next(n for n, record in enumerate(records) if record.event == "ATTENDEDTRANSFER")
    book = Book()
    pages = [book.add("s00000002", one.position, one) for one in records[: at + 1]]
    assert all(book.find(one.linkedid) is pages[-1] for one in records)
    story = assemble("s00000002", pages[-1].records(), (), cut_at=records[at].at)
    assert (story.call.result, story.call.agent) == (Result.CUT, "1002"), "they talk"
    whole = assemble("s00000002", records, ())
    assert transfers(whole) == [("blind", "1002", "1001"), ("attended", "1001", "1002")]
    assert (whole.call.result, whole.call.agent) == (Result.ANSWERED, "1002")


@pytest.mark.req("RPT-5")
def test_the_outside_leg_bears_the_number_that_was_called() -> None:
    outside, out = told()[5], told()[8]
    assert outside.legs[-1].number == "13700002222"
    assert (out.call.did, out.call.from_number) == ("13700003333", "1001")
    assert [leg.number for leg in out.legs] == ["8001", "13700003333", "8002"]


@pytest.mark.req("ACD-7")
def test_caller_who_gives_up_while_the_transfer_rings_is_to_be_called_back() -> None:
    cel = calls()[0]
    rung = next(n for n, r in enumerate(cel) if r.channel.startswith("PJSIP/8002"))
    ends = [record for record in cel[rung:] if record.event == "HANGUP"]
    told_so = assemble("s00000004", [*cel[: rung + 1], *ends], ())
    assert told_so.call.result is Result.ANSWERED and told_so.call.needs_follow_up
    assert not told()[0].call.needs_follow_up


@settings(deadline=None)  # the journal is read in the first example
@given(st.data())
def test_any_part_of_a_transfer_can_be_told(data: st.DataObject) -> None:
    """Records may be missing anywhere: what is left is told, and twice the same."""
    cel = data.draw(st.sampled_from(calls()))
    some = [record for record in cel if data.draw(st.booleans())] or list(cel[:1])
    cut_at = data.draw(st.sampled_from([None, cel[-1].at]))
    story = assemble("s00000004", some, (), cut_at=cut_at)
    assert story == assemble("s00000004", some, (), cut_at=cut_at)
    assert story.call.id == some[0].uniqueid
    assert story.call.talk_s is None or story.call.talk_s >= 0
