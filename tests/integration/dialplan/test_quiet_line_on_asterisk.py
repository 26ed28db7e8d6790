"""The guard of lines whose calls never end, on a real Asterisk by its real AMI user (TEL-14).

A container has no DAHDI, so the trunk's SIP channel is the line here: the dialplan, the listening and the hanging up are the
same. On DAHDI's channels: hwtests/test_guard.py.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fixtures.dialplan_house import DID, SECRETS
from fixtures.dialplan_line import CARRIER_PORT, Line
from fixtures.handset import Handset, Leg
from fixtures.rig import BOX, CARRIER, PHONES
from linebox.asterisk import names
from linebox.asterisk.ami import Ami, connected
from linebox.daemons import _line_guard
from linebox.daemons._line_guard import LineGuard
from linebox.daemons._runtime import Heart
from linebox.desks.board import Board
from linebox.features.calls.assemble import assemble
from linebox.features.lines import quiet
from linebox.features.lines.quiet import Guarded

CUSTOMER_HZ, AGENT_HZ = 500, 700
QUIET_S, WAIT_S = 8.0, 24.0


@dataclass
class House:
    """1001 sits at 8001 (group 1), who answers at once; the carrier's customer calls."""

    line: Line
    agent: Handset
    customer: Handset
    freed: list[str] = field(default_factory=list)

    def talk(self) -> Leg:
        """The customer's leg, with the agent."""
        leg = self.waits()
        self.agent.leg(0).reached("up")
        return leg

    def waits(self) -> Leg:
        leg = self.customer.dial(DID).reached("up")
        time.sleep(0.9)
        return leg.press("1")

    def customers_channel(self) -> str:
        shown = "\n".join(self.line.channels())
        (channel,) = re.findall(r"^(PJSIP/trunk-exchange-[0-9a-f]+)!", shown, re.M)
        return str(channel)

    def left_s(self, channel: str) -> float:
        """Asterisk's own limit."""
        shown = self.line.rig.asterisk(f"core show channel {channel}")
        (end,) = re.findall(r"Time ?to ?Hangup: *(\d+)", shown, re.I) or [shown]
        return float(end) - time.time()

    def stays(self, leg: Leg, seconds: float) -> None:
        time.sleep(seconds)
        assert leg.state == "up"

    def told(self) -> list[dict[str, str]]:
        """What the call's record says of a line that was freed."""
        self.line.quiet()
        story = assemble("s00000001", self.line.cel(), ())
        return [one.fields for one in story.events if one.kind == "freed"]


@pytest.fixture
def guarded(line: Line, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """calld's guard runs, quicker than on a box."""
    monkeypatch.setattr(names, "analog", lambda name: 1 if "trunk-exchange" in name else None)
    monkeypatch.setattr(_line_guard, "CARDS", "PJSIP/trunk-exchange")
    monkeypatch.setattr(quiet, "_COMPANY_S", 3.0)
    monkeypatch.setattr(quiet, "_RENEW_S", 4.0)
    board = Board()
    limits = Guarded(line=1, quiet_s=QUIET_S, wait_s=WAIT_S)
    board.names = replace(board.names, guarded={1: limits})
    stop = threading.Event()

    async def guard() -> None:
        here: list[Ami] = []
        one = LineGuard(lambda: here[0], board)
        async with connected("calld", "practice", on_event=one.heard) as ami:
            here.append(ami)
            worker = asyncio.create_task(one.run(Heart("line-guard", 60), every_s=1.0))
            while not stop.is_set():  # noqa: ASYNC110  # another thread tells
                await asyncio.sleep(0.2)
            assert not worker.done()
            worker.cancel()

    def run() -> None:
        with Path(f"/proc/{line.rig.holder}/ns/net").open() as place:
            os.setns(place.fileno(), os.CLONE_NEWNET)
        asyncio.run(guard())

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def house(line: Line, guarded: None) -> Iterator[House]:
    del guarded
    pid = line.rig.holder

    def answers(leg: Leg) -> None:
        threading.Timer(0.2, leg.answer).start()

    agent = Handset(
        pid, PHONES, BOX, "8001", secret=SECRETS["8001"], tone_hz=AGENT_HZ, on_invite=answers
    )
    line.rig.asterisk("database deltree registrar")
    customer = Handset(
        pid, CARRIER, BOX, "13900001111", port=CARRIER_PORT, tone_hz=CUSTOMER_HZ, on_invite=answers
    )
    agent.register()
    line.rig.asterisk("pjsip qualify trunk-exchange")
    for name in ("8001", "trunk-exchange"):
        line.reachable(name)
    line.seat("8001", "1001", 1)
    line.mark()
    yield House(line, agent, customer)
    line.rig.asterisk("channel request hangup all")
    for phone in (agent, customer):
        phone.end()


@pytest.mark.req("TEL-14")
def test_a_call_in_which_nobody_is_heard_is_freed_and_told(house: House) -> None:
    leg = house.talk()
    house.stays(leg, QUIET_S + 6)  # both speak
    house.customer.says(None)
    house.stays(leg, QUIET_S + 6)  # the agent speaks on
    house.agent.says(None)
    house.customer.says(CUSTOMER_HZ)
    house.stays(leg, QUIET_S + 6)  # and now the customer
    house.customer.says(None)
    began = time.monotonic()
    leg.reached("over", within_s=QUIET_S + 15)
    assert time.monotonic() - began > QUIET_S
    assert house.told() == [{"trunk": "exchange"}]


@pytest.mark.req("TEL-14")
@pytest.mark.parametrize(("hz", "of_a_second"), [(450, 0.7), (456, 1.0)], ids=["busy", "dial"])
def test_a_tone_of_the_exchange_that_never_ends_is_no_voice(
    house: House, hz: float, of_a_second: float
) -> None:
    """Of a pattern that no setting knows; another sound without a pause keeps the call."""
    leg = house.talk()
    house.agent.says(None)
    house.customer.says(600, of_a_second)
    house.stays(leg, QUIET_S + 10)
    house.customer.says(hz, of_a_second)
    began = time.monotonic()
    leg.reached("over", within_s=QUIET_S + 15)
    assert time.monotonic() - began > QUIET_S
    assert house.told() == [{"trunk": "exchange"}]


@pytest.mark.req("TEL-14")
def test_on_hold_a_quiet_customer_has_the_longer_limit(house: House) -> None:
    leg = house.talk()
    house.customer.says(None)
    house.agent.says(None)
    house.agent.leg(0).hold()
    house.stays(leg, QUIET_S + 8)
    house.agent.leg(0).hold(on=False)
    house.stays(leg, QUIET_S - 2)
    leg.reached("over", within_s=20)
    assert house.told() == [{"trunk": "exchange"}]


@pytest.mark.req("TEL-14")
def test_who_waits_quietly_in_a_queue_has_the_longer_limit(house: House) -> None:
    house.agent.on_invite = lambda leg: None
    house.customer.says(None)
    leg = house.waits()
    house.stays(leg, QUIET_S + 8)
    leg.reached("over", within_s=WAIT_S)
    assert house.told() == [{"trunk": "exchange"}]


@pytest.mark.req("TEL-14")
def test_one_who_is_taken_out_of_the_queue_is_heard_on_and_has_a_limit(house: House) -> None:
    """Moved to another bridge, a channel loses its limit."""
    answers, house.agent.on_invite = house.agent.on_invite, lambda leg: None
    leg = house.waits()
    house.stays(leg, 4)
    house.agent.on_invite = answers
    house.agent.says(None)
    house.line.rig.asterisk("module load res_clioriginate.so")
    house.line.rig.asterisk(
        f"channel originate PJSIP/8001 application Bridge {house.customers_channel()}"
    )
    house.agent.leg(1).reached("up")
    house.stays(leg, QUIET_S + 10)
    assert house.left_s(house.customers_channel()) > 14000
    house.customer.says(None)
    leg.reached("over", within_s=QUIET_S + 15)


@pytest.mark.req("TEL-14")
def test_a_call_in_that_is_heard_gets_its_time_again(house: House) -> None:
    leg = house.talk()
    channel = house.customers_channel()
    house.line.rig.asterisk(f"dialplan set chanvar {channel} TIMEOUT(absolute) 60")
    house.stays(leg, 8)
    assert house.left_s(channel) > 14000
    leg.hang_up()
    assert house.told() == []
