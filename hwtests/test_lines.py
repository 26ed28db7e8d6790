"""Calls over the box's cards: two E1 and four analog lines, the exchange on their far side."""

from __future__ import annotations

import pytest

from box_api import BoxApi
from machine import Machine, until

#: The factory's main number (its menu answers).
MAIN = "4008001234"
#: A number of the exchange that rings 2 s and talks 20 s (exchange/README.md).
TALKS = "13800001160"


@pytest.fixture(scope="module")
def lines(machine: Machine) -> Machine:
    """The first E1 is a trunk, the four outside lines are another; what the box found is in service."""
    machine.running()
    api = BoxApi(machine)
    until("the cards are filed", lambda: len(api.items("ports")) == 8, within_s=300, every_s=5)
    if not any(trunk["kind"] == "e1" for trunk in api.items("trunks")):
        spans, ports = api.items("spans"), api.items("ports")
        outside = [port for port in ports if port["kind"] == "fxo"]
        api.apply(
            [
                {"what": "trunk", "after": {"name": "telecom", "kind": "e1"}, "ref": "new:1"},
                {"what": "trunk", "after": {"name": "lines", "kind": "analog"}, "ref": "new:2"},
                *(
                    api.change("span", span, trunk_id="new:1")
                    for span in spans
                    if span["kind"] == "e1"
                ),
                *(api.change("port", port, trunk_id="new:2", number=MAIN) for port in outside),
            ]
        )
    until(
        "both D-channels are up",
        lambda: machine.asterisk("pri show spans").count("Up, Active") == 2,
        within_s=300,
        every_s=5,
    )
    return machine


@pytest.mark.req("TEL-1", "TEL-3")
def test_the_cards_are_found_and_without_alarm(lines: Machine) -> None:
    alarms = lines.sh("grep -H . /sys/bus/dahdi_spans/devices/span-[1-4]/alarms", check=False)
    assert alarms == "", alarms
    cards = lines.rows("SELECT key, present FROM cards ORDER BY number")
    assert [card["key"] for card in cards] == [f"DYN/loc/{n}:0" for n in (1, 2, 3, 4)]
    assert all(card["present"] for card in cards)


@pytest.mark.req("TEL-1")
@pytest.mark.parametrize("line", ["e1-1", "e1-2", "analog-1", "analog-4"])
def test_a_call_in_is_answered_by_the_menu_and_filed(
    lines: Machine, caller: str, line: str
) -> None:
    placed = lines.exchange.place(caller, MAIN, line=line, keys="1@4", talk_s=5, ring_s=120)
    record = lines.exchange.ended(placed, within_s=400)
    assert record["answered_at"] is not None, record
    row = lines.filed(record)
    assert row["direction"] == "in"
    assert row["did"] == MAIN
    assert row["trunk"] == ("telecom" if line.startswith("e1") else "lines")


@pytest.mark.req("TEL-9")
@pytest.mark.parametrize("trunk", ["telecom", "lines"])
def test_a_call_out_reaches_the_exchange(lines: Machine, trunk: str) -> None:
    group = {"telecom": "g1", "lines": "g2"}[trunk]
    since = max((call["invited_at"] or 0 for call in lines.exchange.calls()), default=0)
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
