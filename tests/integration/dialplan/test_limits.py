"""Toll fraud's limits on Asterisk alone: no daemon, no database (SEC-2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fixtures.dialplan_house import SECRETS
from fixtures.dialplan_line import CARRIER_PORT, Line
from fixtures.handset import Handset, Leg
from fixtures.rig import BOX, CARRIER, PHONES
from linebox.features.limits.model import CallLimits

OPEN, SHUT = 1, 3  # calendars of the house
HONG_KONG, JAMAICA, NEW_YORK = "0085221234567", "0018765551234", "0012125551234"
EMERGENCY = ("110", "119", "120", "122")


def answering(leg: Leg) -> None:
    threading.Timer(0.2, leg.answer).start()


@dataclass
class House:
    line: Line
    phone: Handset
    other: Handset
    carrier: Handset

    def limited(self, limits: CallLimits) -> None:
        self.line.write(replace(self.line.snapshot, limits=limits))
        self.line.reload()
        number = self.line.generation.number
        self.line.rig.until(
            "the generation",
            lambda: f"NoOp({number} " in self.line.rig.asterisk("dialplan show s@lb-generation"),
        )
        self.line.mark()

    def refused(self, number: str) -> str:
        """Why the phone was refused ``number``; told by a word and a cause."""
        legs = len(self.carrier.legs)
        leg = self.phone.dial(number).reached("over")
        assert leg.codes[-1] == 403 and leg.heard > 0, leg.codes
        assert len(self.carrier.legs) == legs, "it was dialled all the same"
        self.line.quiet()
        name, said = self.line.notes()[-1]
        assert (name, said["what"], said["ext"]) == ("LB_DENY", "toll", "8001")
        return said["why"]

    def goes(self, number: str) -> Leg:
        """The call, answered."""
        legs = len(self.carrier.legs)
        leg = self.phone.dial(number).reached("up")
        self.carrier.leg(legs)
        return leg

    def spent(self, phone: str = "8001") -> tuple[str, int]:
        shown = self.line.rig.asterisk(f"database get lb-min {phone}")
        day, _, seconds = shown.partition("Value: ")[2].strip().partition("-")
        return day, int(seconds or 0)

    def spend(self, seconds: int, day: str = "") -> None:
        day = day or today()
        self.line.rig.asterisk(f"database put lb-min 8001 {day}-{seconds}")


def today() -> str:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y%m%d")


@pytest.fixture
def house(line: Line) -> Iterator[House]:
    for family in ("registrar", "lb-out", "lb-min"):
        line.rig.asterisk(f"database deltree {family}")
    pid = line.rig.holder
    phone, other = (
        Handset(pid, PHONES, BOX, ext, secret=SECRETS[ext], on_invite=answering)
        for ext in ("8001", "8002")
    )
    carrier = Handset(pid, CARRIER, BOX, "carrier", port=CARRIER_PORT, on_invite=answering)
    for one in (phone, other):
        one.register()
    line.rig.asterisk("pjsip qualify trunk-exchange")
    for name in ("8001", "8002", "trunk-exchange"):
        line.reachable(name)
    made = House(line, phone, other, carrier)
    yield made
    line.rig.asterisk("channel request hangup all")
    line.rig.asterisk("database deltree lb-out")
    for one in (phone, other, carrier):
        one.end()


@pytest.mark.req("SEC-2")
def test_only_allowed_countries_are_called(house: House) -> None:
    house.limited(CallLimits(countries=("HK", "US")))
    for number in (HONG_KONG, "+85221234567", NEW_YORK, "17951" + HONG_KONG):
        house.goes(number).hang_up()
    for number in (JAMAICA, "+18765551234", "00447911123456", "17951" + JAMAICA, "00881612345678"):
        assert house.refused(number) == "country", number
    for number in ("13700003333", "02112345678", "+8613700003333"):
        house.goes(number).hang_up()


@pytest.mark.req("SEC-2")
def test_abroad_only_in_its_hours(house: House) -> None:
    house.limited(CallLimits(countries=("HK",), abroad_hours=SHUT))
    assert house.refused(HONG_KONG) == "hours"
    house.goes("13700003333").hang_up()
    house.limited(CallLimits(countries=("HK",), abroad_hours=OPEN))
    house.goes(HONG_KONG).hang_up()


@pytest.mark.req("SEC-2")
def test_the_switch_stops_the_very_next_call_and_no_emergency(house: House) -> None:
    house.limited(CallLimits(countries=("HK",)))
    running = house.goes("13700003333")
    house.line.rig.asterisk("database put lb-out stop 1")
    legs = len(house.carrier.legs)
    refused = house.other.dial("13700003344").reached("over")
    assert refused.codes[-1] == 403 and len(house.carrier.legs) == legs
    running.hang_up()
    for number in EMERGENCY:
        house.goes(number).hang_up()
    house.line.rig.asterisk("database del lb-out stop")
    house.goes("13700003333").hang_up()


@pytest.mark.req("SEC-2")
def test_minutes_are_counted_and_come_back_the_next_day(house: House) -> None:
    house.limited(CallLimits(minutes_day=1))
    leg = house.goes("13700003333")
    time.sleep(2.2)
    leg.hang_up()
    house.line.quiet()
    day, seconds = house.spent()
    assert day == today() and 2 <= seconds <= 4
    house.spend(60)
    assert house.refused("13700003333") == "minutes"
    for number in EMERGENCY:
        house.goes(number).hang_up()
    house.spend(60, day="20200101")
    house.goes("13700003333").hang_up()
    house.line.quiet()
    assert house.spent()[1] <= 2, "yesterday's don't count"


@pytest.mark.req("SEC-2")
def test_a_call_is_cut_when_its_minutes_end_after_a_tone(house: House) -> None:
    house.limited(CallLimits(minutes_day=1))
    house.spend(54)
    leg = house.goes("13700003333")
    began = time.monotonic()
    leg.reached("over", within_s=15)
    assert time.monotonic() - began == pytest.approx(6, abs=1.5)
    house.line.quiet()
    assert house.spent()[1] >= 60
    assert any(
        said.get("why") == "minutes" for name, said in house.line.notes() if name == "LB_DENY"
    )
    assert house.refused("13700003333") == "minutes"


@pytest.mark.req("SEC-2")
def test_a_transfer_goes_on_spending_its_phone_s_minutes(house: House) -> None:
    """8001 hands the outside call to 8002: it still ends when 8001's minutes do."""
    house.limited(CallLimits(minutes_day=1))
    house.spend(52)
    leg = house.goes("13700003333")
    began = time.monotonic()
    time.sleep(1)
    leg.refer("8002")
    taken = house.other.leg().reached("up")
    taken.reached("over", within_s=15)
    assert time.monotonic() - began == pytest.approx(8, abs=2)
    house.line.quiet()
    assert house.spent()[1] >= 60 and house.spent("8002") == ("", 0)


@pytest.mark.req("SEC-2")
def test_one_phone_has_only_so_many_calls_out(house: House) -> None:
    house.limited(CallLimits(calls_at_once=1))
    first = house.goes("13700003333")
    legs = len(house.carrier.legs)
    refused = house.phone.dial("13700003344").reached("over")
    assert refused.codes[-1] == 403 and len(house.carrier.legs) == legs
    colleague = house.other.dial("13700003344").reached("up")
    house.phone.dial("110").reached("up").hang_up()
    colleague.hang_up()
    first.hang_up()
    house.line.quiet()
    house.goes("13700003333").hang_up()


@pytest.mark.req("SEC-2")
def test_a_caller_is_handed_outside_only_where_the_phone_may_call(house: House) -> None:
    """A blind transfer abroad is refused as a call is, and gives the caller back."""
    house.limited(CallLimits())
    leg = house.phone.dial("8002").reached("up")
    taken = house.other.leg().reached("up")
    legs = len(house.carrier.legs)
    leg.refer(HONG_KONG)
    house.line.rig.until(
        "it was refused",
        lambda: any(said.get("why") == "country" for name, said in house.line.notes()),
    )
    assert len(house.carrier.legs) == legs and taken.state == "up"
