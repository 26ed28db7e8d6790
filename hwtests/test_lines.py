"""Calls over the box's cards: two E1 and four analog lines, the exchange on their far side."""

from __future__ import annotations

import pytest

from box_api import BoxApi
from machine import MAIN, Machine, until

#: A number of the exchange that rings 2 s and talks 20 s (exchange/README.md).
TALKS = "13800001160"


@pytest.mark.req("TEL-1", "TEL-3")
def test_the_cards_are_found_and_without_alarm(lines: Machine) -> None:
    alarms = lines.sh("cat /sys/bus/dahdi_spans/devices/span-[1-4]/alarms").split()
    assert alarms == ["0x0"] * 4
    # Those of dahdi_lbsim were plugged in by other tests; a card that nobody plugged in isn't right.
    known = "SELECT key, present FROM cards WHERE key NOT LIKE 'lbsim-%' ORDER BY number"
    cards = lines.rows(known)
    assert [card["key"] for card in cards] == [f"DYN/loc/{n}:0" for n in (1, 2, 3, 4)]
    assert all(card["present"] for card in cards)


@pytest.mark.req("TEL-1")
@pytest.mark.parametrize("line", ["e1-1", "e1-2", "analog-1", "analog-4"])
def test_a_call_in_is_answered_by_the_menu_and_filed(
    lines: Machine, caller: str, line: str
) -> None:
    placed = lines.exchange.place(caller, MAIN, line=line, keys="1@4", talk_s=5, ring_s=120)
    record = lines.exchange.ended(placed, within_s=400)
    assert record["answered_at"] is not None, str(record)
    row = lines.filed(record)
    assert row["direction"] == "in"
    assert row["did"] == MAIN
    assert row["trunk"] == ("telecom" if line.startswith("e1") else "lines")


@pytest.mark.req("TEL-2", "DIA-5")
@pytest.mark.parametrize("line", ["e1-1", "analog-3"])
def test_a_port_in_a_call_shows_whom_it_talks_with(lines: Machine, caller: str, line: str) -> None:
    placed = lines.exchange.place(caller, MAIN, line=line, talk_s=300, ring_s=120)
    lines.exchange.wait_for(placed, lambda call: call["answered_at"], within_s=200)
    api = BoxApi(lines)

    def of_call() -> list[tuple[str, str]]:
        ports = [p for card in api.hardware() for span in card["spans"] for p in span["ports"]]
        return [
            (p["key"], p["state"]) for p in ports if p["call"] and p["call"]["number"] == caller
        ]

    (found,) = until("its port shows the caller", of_call, within_s=30)
    place = "DYN/loc/1:0/1/" if line == "e1-1" else "DYN/loc/3:0/1/3"
    assert found[0].startswith(place) and found[1] == "talking", found
    lines.exchange.hang_up(placed)
    lines.filed(lines.exchange.ended(placed, within_s=60))
    until("the port is free", lambda: not of_call(), within_s=30)


@pytest.mark.req("TEL-9")
@pytest.mark.parametrize("trunk", ["telecom", "lines"])
def test_a_call_out_reaches_the_exchange(lines: Machine, trunk: str) -> None:
    group = {"telecom": "g1", "lines": "g2"}[trunk]
    since = max((call["invited_at"] or 0 for call in lines.exchange.calls()), default=0)
    lines.asterisk("module load res_clioriginate.so")  # which has the next command
    lines.asterisk(f"channel originate DAHDI/{group}/{TALKS} application Wait 8")
    called = until(
        "the exchange sees the call",
        lambda: [
            call
            for call in lines.exchange.calls()
            if call["to"] == TALKS and (call["invited_at"] or 0) > since and call["answered_at"]
        ],
        within_s=120,
    )
    assert len(called) == 1
