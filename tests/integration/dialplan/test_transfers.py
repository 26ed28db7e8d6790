"""Transfers by the agent's phone, on a real Asterisk: nobody is lost, and it is told as it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from fixtures.dialplan_house import DID, SECRETS
from fixtures.dialplan_line import CARRIER_PORT, Line
from fixtures.handset import Handset, Leg
from fixtures.rig import BOX, CARRIER, PHONES
from fixtures.tones import Samples, Stereo, heard_seconds, read_stereo
from linebox.features.calls.assemble import assemble
from linebox.features.calls.model import Result, Story

CUSTOMER_HZ, AGENT_HZ, OTHER_HZ = 500, 700, 900


def answering(after_s: float = 0.2) -> Callable[[Leg], None]:
    """A phone that answers by itself."""
    return lambda leg: threading.Timer(after_s, leg.answer).start()


def refusing(leg: Leg) -> None:
    leg.refuse(486)


def ringing(leg: Leg) -> None:
    del leg


@dataclass
class House:
    """1001 sits at 8001 (group 1), 1002 at 8002 (group 2); the carrier is one phone more."""

    line: Line
    agent: Handset
    other: Handset
    carrier: Handset

    def talk(self) -> tuple[Leg, Leg]:
        """A customer's leg and the agent's, talking."""
        before = len(self.agent.legs)
        customer = self.carrier.dial(DID).reached("up")
        time.sleep(0.9)
        leg = self.rung(self.agent, before, lambda: customer.press("1"))
        time.sleep(1.2)
        return customer, leg

    def rung(self, phone: Handset, before: int, act: Callable[[], object]) -> Leg:
        """The leg that comes to ``phone`` by this, answered."""
        act()
        return phone.leg(before).reached("up")

    def over(self) -> Story:
        """The call as it is told, once nothing is left of it."""
        self.line.quiet()
        cel = self.line.cel()
        return assemble("s00000001", cel, ())

    def recording(self, story: Story) -> Stereo:
        """The call's one recording."""
        (only,) = story.recordings
        return read_stereo(self.line.rig.data / f"recordings/{only.file}.raw")

    def free(self) -> None:
        """The agent can have the next call."""
        self.line.rig.until("the agent is free", lambda: "Not in use" in self.queue())

    def queue(self) -> str:
        return self.line.rig.asterisk("queue show g1")


@pytest.fixture
def house(line: Line) -> Iterator[House]:
    pid = line.rig.holder
    agent, other = (
        Handset(pid, PHONES, BOX, ext, secret=SECRETS[ext], tone_hz=hz, on_invite=answering())
        for ext, hz in (("8001", AGENT_HZ), ("8002", OTHER_HZ))
    )
    line.rig.asterisk("database deltree registrar")
    carrier = Handset(
        pid,
        CARRIER,
        BOX,
        "13900001111",
        port=CARRIER_PORT,
        tone_hz=CUSTOMER_HZ,
        on_invite=answering(),
    )
    for phone in (agent, other):
        phone.register()
    line.rig.asterisk("pjsip qualify trunk-exchange")
    line.seat("8001", "1001", 1)
    line.seat("8002", "1002", 2)
    for name in ("8001", "8002", "trunk-exchange"):
        line.reachable(name)
    line.mark()
    yield House(line, agent, other, carrier)
    line.rig.asterisk("channel request hangup all")
    for phone in (agent, other, carrier):
        phone.end()


def legs(story: Story) -> list[tuple[str, str]]:
    return [(leg.number, leg.agent) for leg in story.legs]


def transfers(story: Story) -> list[dict[str, str]]:
    return [event.fields for event in story.events if event.kind == "transfer"]


def talked(story: Story) -> list[str]:
    return [event.fields["with"] for event in story.events if event.kind == "talk"]


def heard(side: Samples, *tones: float) -> bool:
    """Whether each tone is in some second of this side."""
    return all(any(heard_seconds(side, hz)) for hz in tones)


@pytest.mark.req("AGT-2", "REC-1")
def test_blind_transfer_to_a_colleague_by_staff_number_leads_to_the_rating(house: House) -> None:
    customer, leg = house.talk()
    taken = house.rung(house.other, 0, lambda: leg.refer("1002"))
    house.free()
    time.sleep(1.5)
    taken.hang_up()
    time.sleep(0.6)
    customer.press("5").reached("over")
    story = house.over()
    assert legs(story) == [("13900001111", ""), ("8001", "1001"), ("8002", "1002")]
    assert transfers(story) == [{"kind": "blind", "by": "1001", "to": "1002"}]
    call = story.call
    assert (call.result, call.agent, call.extension) == (Result.ANSWERED, "1002", "8002")
    assert (call.rating, call.group_id, call.needs_follow_up) == (5, 1, False)
    first, second = story.legs[1].talk_s, story.legs[2].talk_s
    assert first and second and call.talk_s == pytest.approx(first + second, abs=0.01)
    assert second == pytest.approx(1.5, abs=0.7)
    # One recording from the greeting to the last word, both agents on the right.
    sides = house.recording(story)
    assert heard(sides.right, AGENT_HZ, OTHER_HZ) and heard(sides.left, CUSTOMER_HZ)
    assert not any(heard(sides.left, hz) for hz in (AGENT_HZ, OTHER_HZ))
    assert not heard(sides.right, CUSTOMER_HZ)


@pytest.mark.req("AGT-2")
@pytest.mark.parametrize("to", ["8002", "7777"])
def test_who_can_t_be_reached_gives_the_caller_back(house: House, to: str) -> None:
    house.other.on_invite = refusing
    customer, leg = house.talk()
    again = house.rung(house.agent, 1, lambda: leg.refer(to))
    time.sleep(1)
    assert customer.state == "up"
    again.hang_up()
    customer.reached("over", within_s=20)
    story = house.over()
    assert transfers(story) == [
        {"kind": "blind", "by": "1001", "to": to},
        {"kind": "back", "by": "1001", "ext": "8001", "to": to},
    ]
    assert story.call.agent == "1001" and len(talked(story)) == 2


@pytest.mark.req("AGT-2", "ACD-7")
def test_nobody_there_to_give_back_to_waits_at_the_head_of_the_group(house: House) -> None:
    house.other.on_invite = refusing
    customer, leg = house.talk()
    house.agent.on_invite = refusing
    leg.refer("8002")
    house.line.rig.until("the caller waits first", lambda: "prio: 100" in house.queue())
    house.agent.on_invite = answering()
    again = next(n for n, one in enumerate(house.agent.legs) if one.state == "ringing" or n > 0)
    house.agent.until("the agent has the call", lambda: house.agent.legs[-1].state == "up", 20)
    assert again and customer.state == "up"
    customer.hang_up()
    story = house.over()
    assert story.call.result is Result.ANSWERED and story.call.agent == "1001"
    assert [e.fields["do"] for e in story.events if e.kind == "queue"][:3] == [
        "join",
        "leave",
        "back",
    ]


@pytest.mark.req("AGT-2")
def test_blind_transfer_to_a_group_goes_before_who_waits(house: House) -> None:
    customer, leg = house.talk()
    taken = house.rung(house.other, 0, lambda: leg.refer("*22"))
    time.sleep(1)
    taken.hang_up()
    customer.reached("over")
    story = house.over()
    assert (story.call.group_id, story.call.agent) == (2, "1002")
    assert transfers(story) == [{"kind": "blind", "by": "1001", "to": "*22"}]


@pytest.mark.req("AGT-2", "TEL-9")
def test_blind_transfer_outside_shows_the_company_and_ends_without_a_rating(house: House) -> None:
    customer, leg = house.talk()
    outside = house.rung(house.carrier, 1, lambda: leg.refer("13700002222"))
    assert f"<sip:{DID}@" in outside.head["from"]
    time.sleep(1)
    outside.hang_up()
    customer.reached("over")
    story = house.over()
    assert legs(story)[-1] == ("13700002222", "")
    assert talked(story) == ["8001", "13700002222"]
    assert story.call.direction == "in" and story.call.rating is None
    assert heard(house.recording(story).right, AGENT_HZ, CUSTOMER_HZ), "the carrier's tone is one"


@pytest.mark.req("AGT-2", "REC-1")
def test_attended_transfer_joins_caller_and_colleague_and_frees_the_agent(house: House) -> None:
    customer, leg = house.talk()
    leg.hold()
    asked = house.agent.dial("8002", "X-LB-For: s00000001-1.1").reached("up")
    time.sleep(1)
    leg.refer_to_leg(asked)
    asked.reached("over")
    house.free()
    time.sleep(1.5)
    house.other.leg().hang_up()
    time.sleep(0.6)
    customer.press("3").reached("over")
    story = house.over()
    assert transfers(story) == [{"kind": "attended", "by": "1001", "to": "1002"}]
    call = story.call
    assert (call.id, call.direction, call.agent) == (story.legs[0].uniqueid, "in", "1002")
    assert call.rating == 3 and call.from_number == "13900001111"
    assert [e.fields["agent"] for e in story.events if e.kind == "rating"] == ["1002"]
    consulted = [event.fields for event in story.events if event.kind == "consult"]
    assert [(one["did"], one["agent"], one["for"]) for one in consulted] == [
        ("8002", "1001", "s00000001-1.1")
    ]
    by_leg = {(one.number, one.agent): one.talk_s for one in story.legs}
    assert by_leg[("8002", "1002")] == pytest.approx(1.5, abs=0.9), "not the asking back"
    assert heard(house.recording(story).right, AGENT_HZ, OTHER_HZ)


@pytest.mark.req("AGT-2")
def test_attended_transfer_before_the_answer_comes_back_when_there_is_none(house: House) -> None:
    house.other.on_invite = ringing
    customer, leg = house.talk()
    asked = house.agent.dial("8002").reached("ringing")
    leg.refer_to_leg(asked)
    time.sleep(0.5)
    again = house.rung(house.agent, 2, house.other.leg().hang_up)
    time.sleep(1)
    assert customer.state == "up"
    again.hang_up()
    customer.reached("over", within_s=20)
    house.line.quiet()


@pytest.mark.req("TEL-9", "REC-1")
def test_customer_who_was_called_can_be_transferred(house: House) -> None:
    leg = house.agent.dial("13700003333")
    customer = house.carrier.leg().reached("up")
    time.sleep(1)
    taken = house.rung(house.other, 0, lambda: leg.refer("8002"))
    time.sleep(1)
    taken.hang_up()
    customer.reached("over")
    story = house.over()
    call = story.call
    assert (call.direction, call.result, call.did) == ("out", Result.ANSWERED, "13700003333")
    assert (call.from_number, call.agent, call.trunk) == ("1001", "1002", "exchange")
    assert talked(story) == ["8001", "8002"]
    sides = house.recording(story)
    assert heard(sides.left, CUSTOMER_HZ) and heard(sides.right, AGENT_HZ, OTHER_HZ)
