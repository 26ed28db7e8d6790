"""Calls by cards in journal and live picture: known by the account code (TEL-1, TEL-2, TEL-3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linebox.asterisk.ami import Message
from linebox.asterisk.journals import CelRecord
from linebox.features.calls import live
from linebox.features.calls.assemble import assemble
from linebox.features.calls.model import Direction, Result, Story

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
FIRST, OTHER = "s00000009-1.1", "s00000009-1.2"


class Journal:
    """A record a second, as chan_dahdi's channels write them."""

    def __init__(self) -> None:
        self.records: list[CelRecord] = []

    def add(self, event: str, uniqueid: str, channel: str, account: str, extra: str = "") -> None:
        at = NOON + timedelta(seconds=len(self.records))
        self.records.append(
            CelRecord(
                len(self.records), event, at, "", "", "", "", "s", "from-trunk", channel,
                uniqueid, FIRST, account, extra,
            )
        )  # fmt: skip

    def note(self, name: str, uniqueid: str, channel: str, text: str) -> None:
        self.add(name, uniqueid, channel, "", f'{{"extra":"{text}"}}')

    def bridge(self, *ends: tuple[str, str]) -> None:
        for event in ("BRIDGE_ENTER", "BRIDGE_EXIT"):
            for uniqueid, channel in ends:
                self.add(event, uniqueid, channel, "", '{"bridge_id":"b"}')

    def story(self, *ended: tuple[str, str], cause: int = 16) -> Story:
        for uniqueid, channel in ended:
            self.add("HANGUP", uniqueid, channel, "", f'{{"hangupcause":{cause}}}')
        return assemble("s00000009", self.records, [])


def message(name: str, **headers: str) -> Message:
    return Message(name, headers, "", is_event=True)


@pytest.mark.req("TEL-1", "TEL-2")
def test_call_by_a_line_to_a_telephone_on_a_card_has_both_their_names() -> None:
    line, phone = (FIRST, "DAHDI/63-1"), (OTHER, "DAHDI/69-1")
    journal = Journal()
    journal.add("CHAN_START", *line, "trunk-city")
    journal.note(
        "LB_ENTRY", *line, "gen=7;did=4008001234;trunk=city;from=13900001111;vip=0;to=group;id=1"
    )
    journal.note("LB_QUEUE", *line, "group=1;do=join;status=")
    journal.add("CHAN_START", *phone, "8005")
    journal.bridge(line, phone)
    journal.note(
        "LB_QUEUE", *line, "group=1;do=leave;status=answered;agent=1001;ext=DAHDI/69;file="
    )
    story = journal.story(phone, line)
    call = story.call
    assert (call.direction, call.result, call.trunk) == (Direction.IN, Result.ANSWERED, "city")
    assert (call.agent, call.extension) == ("1001", "8005")
    assert [(leg.number, leg.agent) for leg in story.legs] == [
        ("13900001111", ""),
        ("8005", "1001"),
    ]
    connected = next(one for one in story.events if one.kind == "connect")
    assert connected.fields["ext"] == "8005"


@pytest.mark.req("TEL-3", "TEL-9")
def test_call_out_by_an_e1_has_its_trunk() -> None:
    phone, line = (FIRST, "DAHDI/69-1"), (OTHER, "DAHDI/i1/13900001111-1f")
    journal = Journal()
    journal.add("CHAN_START", *phone, "8005")
    journal.note(
        "LB_ENTRY",
        *phone,
        "gen=7;did=13900001111;trunk=;from=8005;vip=0;ext=8005;agent=;goal=out;for=",
    )
    journal.add("CHAN_START", *line, "trunk-telecom")
    journal.bridge(phone, line)
    call = journal.story(line, phone).call
    assert (call.direction, call.result) == (Direction.OUT, Result.ANSWERED)
    assert (call.trunk, call.from_number, call.did) == ("telecom", "8005", "13900001111")


@pytest.mark.req("TEL-14")
def test_a_line_freed_because_nobody_was_heard_is_told_of_the_line_alone() -> None:
    """Asterisk may hand the cause on to who was with it."""
    line, phone = (FIRST, "DAHDI/63-1"), (OTHER, "DAHDI/69-1")
    journal = Journal()
    journal.add("CHAN_START", *line, "trunk-city")
    journal.add("CHAN_START", *phone, "8005")
    journal.bridge(line, phone)
    story = journal.story(line, phone, cause=9)
    assert [one.fields for one in story.events if one.kind == "freed"] == [{"trunk": "city"}]


@pytest.mark.req("TEL-2")
def test_telephone_that_was_only_lifted_called_nobody() -> None:
    journal = Journal()
    journal.add("CHAN_START", FIRST, "DAHDI/69-1", "8005")
    call = journal.story((FIRST, "DAHDI/69-1")).call
    assert (call.direction, call.from_number, call.did) == (Direction.INTERNAL, "8005", "")


@pytest.mark.req("TEL-1", "SUP-1")
def test_live_call_by_a_card_has_its_trunk_and_its_number_when_it_is_known() -> None:
    begun = message(
        "Newchannel",
        Channel="DAHDI/63-1",
        AccountCode="trunk-city",
        Uniqueid=FIRST,
        Linkedid=FIRST,
        CallerIDNum="<unknown>",
        Exten="s",
    )
    calls = live.after(live.Calls(), begun, NOON)
    (call,) = calls.by_id.values()
    assert (call.trunk, call.from_number, call.did) == ("city", "anonymous", "")
    joined = message(
        "QueueCallerJoin", Queue="g1", Uniqueid=FIRST, Linkedid=FIRST, CallerIDNum="13900001111"
    )
    (call,) = live.after(calls, joined, NOON).by_id.values()
    assert (call.from_number, call.group) == ("13900001111", 1)
