"""Calls that a phone of the house dials: to colleagues, groups and outside (TEL-9, AGT-2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.dialplan_house import DID, SECRETS
from fixtures.dialplan_line import CARRIER_PORT, Line
from fixtures.handset import Handset, Leg
from fixtures.rig import BOX, CARRIER, PHONES
from fixtures.tones import heard_seconds, read_stereo
from linebox.features.calls.assemble import assemble
from linebox.features.calls.model import Direction, Result, Story

PHONE_HZ, OUTSIDE_HZ = 700, 500
#: What the carrier makes of a number, by its last two digits.
_REFUSALS = {"17": 486, "01": 404, "34": 503, "21": 603}


def answering(leg: Leg) -> None:
    threading.Timer(0.2, leg.answer).start()


def network(leg: Leg) -> None:
    """The public network: refuses by number, lets ring what ends in 19, answers the rest."""
    assert leg.invite
    number = leg.invite.first.split("sip:")[1].split("@")[0]
    if number[-2:] in _REFUSALS:
        leg.refuse(_REFUSALS[number[-2:]])
    elif not number.endswith("19") or len(number) == 3:
        answering(leg)


@dataclass
class House:
    """1001 sits at 8001; 8002 is a phone without an agent; the carrier."""

    line: Line
    phone: Handset
    other: Handset
    carrier: Handset

    def story(self) -> Story:
        """The one call since the mark, once it is over."""
        self.line.quiet()
        return assemble("s00000001", self.line.cel(), ())


@pytest.fixture
def house(line: Line) -> Iterator[House]:
    line.rig.asterisk("database deltree registrar")
    pid = line.rig.holder
    phone, other = (
        Handset(pid, PHONES, BOX, ext, secret=SECRETS[ext], tone_hz=PHONE_HZ, on_invite=answering)
        for ext in ("8001", "8002")
    )
    carrier = Handset(
        pid, CARRIER, BOX, "carrier", port=CARRIER_PORT, tone_hz=OUTSIDE_HZ, on_invite=network
    )
    for one in (phone, other):
        one.register()
    line.rig.asterisk("pjsip qualify trunk-exchange")
    line.seat("8001", "1001", 1)
    for name in ("8001", "8002", "trunk-exchange"):
        line.reachable(name)
    line.mark()
    yield House(line, phone, other, carrier)
    line.rig.asterisk("channel request hangup all")
    for one in (phone, other, carrier):
        one.end()


@pytest.mark.req("TEL-9", "REC-1")
def test_call_out_shows_the_company_and_is_recorded_both_sides_apart(house: House) -> None:
    leg = house.phone.dial("13700003333").reached("up")
    outside = house.carrier.leg()
    assert f"<sip:{DID}@" in outside.head["from"] and 180 in leg.codes
    time.sleep(2.2)
    leg.hang_up()
    story = house.story()
    call = story.call
    assert (call.direction, call.result, call.trunk) == (Direction.OUT, Result.ANSWERED, "exchange")
    assert (call.from_number, call.did, call.agent, call.extension) == (
        "1001",
        "13700003333",
        "1001",
        "8001",
    )
    assert call.talk_s == pytest.approx(2.2, abs=0.4)
    assert not call.needs_follow_up
    (recording,) = story.recordings
    sides = read_stereo(house.line.rig.data / f"recordings/{recording.file}.raw")
    assert any(heard_seconds(sides.left, OUTSIDE_HZ)) and any(heard_seconds(sides.right, PHONE_HZ))
    assert not any(heard_seconds(sides.left, PHONE_HZ))


@pytest.mark.req("TEL-9")
@pytest.mark.parametrize(
    ("number", "code", "result"),
    [
        ("13700003317", 486, Result.BUSY),
        ("13700003321", 486, Result.BUSY),
        ("13700003301", 404, Result.FAILED),
        ("13700003334", 500, Result.FAILED),
    ],
)
def test_who_isn_t_reached_is_told_by_a_word_and_a_cause(
    house: House, number: str, code: int, result: Result
) -> None:
    leg = house.phone.dial(number).reached("over")
    assert leg.codes[-1] == code and 200 not in leg.codes
    assert 183 in leg.codes and leg.heard > 0, "a word before the end, unanswered"
    story = house.story()
    assert (story.call.direction, story.call.result) == (Direction.OUT, result)
    assert story.call.talk_s is None and story.recordings == ()


@pytest.mark.req("TEL-9")
def test_who_gives_up_ringing_was_not_answered(house: House) -> None:
    leg = house.phone.dial("13700003319").reached("ringing")
    time.sleep(0.5)
    leg.hang_up()
    assert house.story().call.result is Result.NO_ANSWER


@pytest.mark.req("TEL-9")
@pytest.mark.parametrize("number", ["4711", "+12", "123456789012345678901", "*29", "*77"])
def test_a_number_that_is_none_is_told(house: House, number: str) -> None:
    leg = house.phone.dial(number).reached("over")
    assert leg.codes[-1] == 404 and leg.heard > 0
    assert house.carrier.legs == []


@pytest.mark.req("TEL-9")
def test_a_full_trunk_is_told_but_emergency_goes_out(house: House) -> None:
    held = [house.carrier.dial(DID).reached("up") for _ in range(3)]
    leg = house.phone.dial("13700003333").reached("over")
    assert leg.codes[-1] == 503 and leg.heard > 0
    for number in ("110", "119", "120", "122"):
        before = len(house.carrier.legs)
        urgent = house.phone.dial(number)
        house.carrier.leg(before)
        urgent.reached("up").hang_up()
    for one in held:
        one.hang_up()


@pytest.mark.req("AGT-2")
def test_staff_number_rings_where_the_agent_sits(house: House) -> None:
    leg = house.other.dial("1001").reached("up")
    assert "<sip:8002@" in house.phone.leg().head["from"]
    time.sleep(0.5)
    leg.hang_up()
    story = house.story()
    assert (story.call.direction, story.call.result) == (Direction.INTERNAL, Result.INTERNAL)
    assert (story.call.did, story.call.agent, story.call.extension) == ("1001", "1001", "8001")


@pytest.mark.req("TEL-5", "AGT-2")
@pytest.mark.parametrize("number", ["1002", "8002"])
def test_who_is_away_is_told(house: House, number: str) -> None:
    """1002 is logged in nowhere; 8002 has left the network."""
    house.other.register(for_s=0)
    house.line.rig.until(
        "its absence is known",
        lambda: "Unavailable" in house.line.rig.asterisk("pjsip show endpoint 8002"),
    )
    leg = house.phone.dial(number).reached("over")
    assert leg.codes[-1] == 480 and leg.heard > 0


@pytest.mark.req("AGT-2")
def test_phone_in_a_call_is_busy_for_its_colleagues(house: House) -> None:
    talking = house.phone.dial("13700003333").reached("up")
    refused = house.other.dial("8001").reached("over")
    assert refused.codes[-1] == 486 and house.phone.legs == [talking]
    talking.hang_up()


@pytest.mark.req("AGT-2", "REC-1")
def test_group_is_dialled_from_inside(house: House) -> None:
    leg = house.other.dial("*21").reached("up")
    taken = house.phone.leg(within_s=20).reached("up")
    time.sleep(1)
    taken.hang_up()
    leg.reached("over", within_s=20)
    story = house.story()
    assert (story.call.direction, story.call.group_id, story.call.agent) == ("internal", 1, "1001")
    assert len(story.recordings) == 1


_STRANGER = """
import socket, struct, sys, time
sys.path.insert(0, {tests!r})
from fixtures.handset import alaw_tone
tone = alaw_tone({hz})
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.21", 0))
for n in range(120):
    at = n * 160 % len(tone)
    sock.sendto(struct.pack(">BBHII", 0x80, 8, n, n * 160, 99) + tone[at : at + 160], ("127.0.0.1", {port}))
    time.sleep(0.01)
"""


@pytest.mark.req("SEC-2")
def test_a_stranger_s_voice_isn_t_let_into_a_call(house: House) -> None:
    """Voice sent to a call's port from elsewhere is dropped once the call's own has been heard."""
    stranger_hz = 1100
    leg = house.phone.dial("13700003333").reached("up")
    house.carrier.leg()
    # Asterisk trusts who has sent for 5 s without a break (res_rtp_asterisk: learning_min_duration).
    time.sleep(5.5)
    assert leg.media_to
    tests = str(Path(__file__).resolve().parents[2])
    path = house.line.rig.folder / "stranger.py"
    path.write_text(_STRANGER.format(tests=tests, hz=stranger_hz, port=leg.media_to[1]))
    house.line.rig.sh("python3", path)
    leg.hang_up()
    (recording,) = house.story().recordings
    sides = read_stereo(house.line.rig.data / f"recordings/{recording.file}.raw")
    assert any(heard_seconds(sides.right, PHONE_HZ))
    for side in (sides.left, sides.right):
        assert not any(heard_seconds(side, stranger_hz))
