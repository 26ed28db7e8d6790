"""Calls told from the records of a real Asterisk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.asterisk.journals import CelRecord, QueueRecord, read_cel, read_queue_log
from linebox.features.calls.assemble import assemble, is_over
from linebox.features.calls.model import Direction, Result, Story

RECORDED = Path(__file__).parents[3] / "fixtures/journal"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def recorded(start: str, number: str) -> tuple[list[CelRecord], list[QueueRecord]]:
    """The records of the call whose caller's number ends so."""
    cel = read_cel((RECORDED / start / "cel-custom/cel.csv").read_bytes(), 0, finished=True).records
    lines = read_queue_log((RECORDED / start / "queue_log").read_bytes(), 0, finished=True).records
    linkedid = next(r.linkedid for r in cel if r.cid_num.endswith(number))
    mine = [r for r in cel if r.linkedid == linkedid]
    return mine, [r for r in lines if r.callid == linkedid]


def told(start: str, number: str, cut_at: datetime | None = None) -> Story:
    return assemble(start, *recorded(start, number), cut_at=cut_at)


class Call:
    """Builds CEL: each method is a record, a second apart."""

    def __init__(self, start: str = "s00000009", channel: str = "PJSIP/trunk-exchange-00000001"):
        self.records: list[CelRecord] = []
        self.id = f"{start}-1.1"
        self._channel = channel
        self._at = NOON

    def add(self, event: str, extra: str = "", *, uniqueid: str = "", channel: str = "") -> Call:
        self._at += timedelta(seconds=1)
        self.records.append(
            CelRecord(
                len(self.records), event, self._at, "名", "139", "", "", "400", "from-trunk",
                channel or self._channel, uniqueid or self.id, self.id, "", extra,
            )
        )  # fmt: skip
        return self

    def note(self, name: str, text: str) -> Call:
        return self.add(name, f'{{"extra":"{text}"}}')

    def end(self) -> Call:
        return self.add("HANGUP", '{"hangupcause":16}').add("LINKEDID_END")

    def told(self, *queue: QueueRecord, cut_at: datetime | None = None) -> Story:
        return assemble("s00000009", self.records, queue, cut_at=cut_at)


def incoming() -> Call:
    return Call().add("CHAN_START").note("LB_ENTRY", "gen=7;did=400;trunk=exchange;from=139;vip=2")


@pytest.mark.req("RPT-5", "ACD-1")
def test_answered_call_has_agent_times_keys_and_rating() -> None:
    story = told("s00000001", "13900001111")
    call = story.call
    assert (call.result, call.direction) == (Result.ANSWERED, Direction.IN)
    assert (call.agent, call.extension, call.group_id) == ("1001", "8001", 1)
    assert (call.keys, call.rating, call.generation) == ("1", 5, 7)
    assert (call.from_number, call.did, call.trunk) == ("13900001111", "4008001234", "exchange")
    assert call.wait_s == pytest.approx(1.51, abs=0.01)
    assert call.ring_s == pytest.approx(1.51, abs=0.01)
    assert call.talk_s == pytest.approx(2.50, abs=0.01)
    assert call.from_name == "林 x y"
    assert [leg.number for leg in story.legs] == ["13900001111", "8001"]
    assert not call.needs_follow_up and not call.cut
    (recording,) = story.recordings
    assert recording.file == f"20261122/{call.id}"
    assert recording.stopped_at and call.ended_at and recording.stopped_at < call.ended_at


@pytest.mark.req("ACD-7")
def test_caller_who_gives_up_waiting_is_to_be_called_back() -> None:
    call = told("s00000001", "13900002222").call
    assert (call.result, call.needs_follow_up) == (Result.ABANDONED, True)
    assert call.wait_s == pytest.approx(2.4, abs=0.1)


def test_message_left_after_the_queue_is_a_voicemail() -> None:
    story = told("s00000001", "13900003333")
    assert (story.call.result, story.call.needs_follow_up) == (Result.VOICEMAIL, True)
    assert story.messages[0].duration_s == 1.0


@pytest.mark.parametrize(
    ("number", "result"), [("13900004444", Result.BLOCKED), ("13900005555", Result.MENU)]
)
def test_call_that_reached_nobody_says_why(number: str, result: Result) -> None:
    assert told("s00000001", number).call.result is result


def test_lost_leg_is_marked_and_the_call_goes_on() -> None:
    story = told("s00000001", "13900007777")
    assert [(leg.agent, leg.lost) for leg in story.legs] == [
        ("", False), ("1001", True), ("1001", False),
    ]  # fmt: skip
    assert story.call.result is Result.ANSWERED
    assert story.call.talk_s == pytest.approx(4.4, abs=0.1)


def test_agent_is_known_when_the_caller_hung_up_before_it_was_noted() -> None:
    assert told("s00000001", "13900006666").call.agent == "1001"


@pytest.mark.req("ACD-7")
def test_call_in_progress_at_a_crash_is_cut_and_keeps_its_agent() -> None:
    cel, queue = recorded("s00000001", "13900008888")
    assert not is_over(cel)
    assert assemble("s00000001", cel, queue).call.result is Result.OPEN
    heard = cel[-1].at + timedelta(seconds=3)
    call = assemble("s00000001", cel, queue, cut_at=heard).call
    assert (call.result, call.cut, call.needs_follow_up) == (Result.CUT, True, True)
    assert (call.agent, call.ended_at) == ("1001", heard)
    assert call.talk_s == pytest.approx(3.0, abs=0.01)


def test_crash_during_the_rating_leaves_an_answered_call() -> None:
    cel, queue = recorded("s00000001", "13900001111")
    until = next(n for n, r in enumerate(cel) if r.event == "LB_RATING")
    call = assemble("s00000001", cel[:until], queue, cut_at=cel[-1].at).call
    assert (call.result, call.cut, call.needs_follow_up) == (Result.ANSWERED, True, False)


@pytest.mark.req("SEC-1")
def test_forged_queue_log_line_names_no_agent() -> None:
    call = incoming().note("LB_QUEUE", "group=1;do=join")
    leg = {"uniqueid": "s00000009-1.2", "channel": "PJSIP/8001-00000002"}
    call.add("CHAN_START", **leg)
    forged = QueueRecord(
        0, NOON, call.id, "g1", "agent-6666", "CONNECT", ("1", "s00000009-1.2", "1")
    )
    assert call.told(forged).call.agent is None, "its leg is in no bridge"
    call.add("ANSWER", **leg).add("BRIDGE_ENTER", **leg).add("BRIDGE_ENTER")
    real = forged._replace(position=9, agent="agent-1001")
    assert call.told(forged, real).call.agent == "1001"
    call.add("BRIDGE_EXIT").note("LB_CONNECT", "group=1;agent=1002;ext=8001").end()
    assert call.told(real, forged).call.agent == "1002"


@pytest.mark.parametrize(
    ("notes", "result"),
    [
        ([("LB_ROUTE", "to=closed;id=0")], Result.CLOSED),
        ([("LB_ROUTE", "to=closed;id=0"), ("LB_VM", "box=0;file=a/b.raw;s=4")], Result.VOICEMAIL),
        ([("LB_ROUTE", "to=closed;id=0"), ("LB_VM", "box=0;file=a/b.raw;s=0")], Result.CLOSED),
        ([("LB_ROUTE", "to=menu;id=1"), ("LB_ROUTE", "to=selfservice;id=0")], Result.SELFSERVICE),
        ([("LB_ROUTE", "to=unknown-did;id=0")], Result.UNKNOWN_DID),
        ([("LB_ROUTE", "to=selfservice;id=0"), ("LB_ROUTE", "to=menu;id=1")], Result.MENU),
        ([], Result.MENU),
    ],
)
def test_result_follows_what_the_dialplan_noted(
    notes: list[tuple[str, str]], result: Result
) -> None:
    call = incoming()
    for name, text in notes:
        call.note(name, text)
    assert call.end().told().call.result is result


def test_keys_are_all_that_were_pressed_wrong_ones_too() -> None:
    call = incoming()
    for key in ("wrong:7", "none", "0", "1"):
        call.note("LB_MENU", f"menu=1;key={key}")
    assert call.end().told().call.keys == "701"


@pytest.mark.parametrize("value", ["0", "6", "-1", "5x", "", "９", "99999999999"])
def test_rating_outside_one_to_five_is_none(value: str) -> None:
    call = incoming().note("LB_RATING", f"value={value};agent=1001").end()
    assert call.told().call.rating is None


@pytest.mark.parametrize("file", ["../x.raw", "/etc/passwd", "a//b.raw", "", "a/../../b.raw"])
def test_recording_outside_its_folder_is_none(file: str) -> None:
    call = incoming().note("LB_REC", f"do=start;file={file};why=all").end()
    assert call.told().recordings == ()


def test_recording_that_was_never_stopped_ends_with_the_call() -> None:
    story = incoming().note("LB_REC", "do=start;file=20261122/x.raw;why=all").end().told()
    assert story.recordings[0].stopped_at == story.call.ended_at


def test_clock_set_back_gives_no_negative_times() -> None:
    cel, queue = recorded("s00000001", "13900001111")
    back = [r._replace(at=r.at - timedelta(hours=n)) for n, r in enumerate(cel)]
    call = assemble("s00000001", back, queue).call
    assert call.result is Result.ANSWERED
    assert (call.wait_s, call.ring_s, call.talk_s) == (0.0, 0.0, 0.0)


def test_phone_calling_a_phone_is_internal_and_to_a_trunk_is_out() -> None:
    phone = Call(channel="PJSIP/8001-00000001").add("CHAN_START")
    assert phone.end().told().call.result is Result.INTERNAL
    out = Call(channel="PJSIP/8001-00000001").add("CHAN_START")
    out.add("CHAN_START", uniqueid="s00000009-1.2", channel="PJSIP/trunk-exchange-00000002")
    out.add("HANGUP", uniqueid="s00000009-1.2").end()
    assert out.told().call.direction is Direction.OUT


def test_number_that_was_never_filtered_is_shown_as_invalid() -> None:
    call = Call()
    call.add("CHAN_START").end()
    call.records = [r._replace(cid_num="1\n2|x") for r in call.records]
    assert call.told().call.from_number == "invalid"


def test_internal_call_is_internal_though_it_has_an_entry() -> None:
    call = Call(channel="PJSIP/8001-00000001").add("CHAN_START")
    call.note("LB_ENTRY", "gen=7;did=8002;trunk=;from=8001;vip=0")
    assert call.end().told().call.result is Result.INTERNAL


@given(st.data())
def test_any_part_of_a_call_can_be_told(data: st.DataObject) -> None:
    """Records may be missing (rejects) anywhere: what is left is told, and twice the same."""
    start, number = data.draw(
        st.sampled_from([("s00000001", "13900007777"), ("s00000001", "13900003333")])
    )
    cel, queue = recorded(start, number)
    some = [r for r in cel if data.draw(st.booleans())] or cel[:1]
    cut_at = data.draw(st.sampled_from([None, cel[-1].at]))
    story = assemble(start, some, queue, cut_at=cut_at)
    assert story == assemble(start, some, queue, cut_at=cut_at)
    assert story.call.id == some[0].uniqueid
