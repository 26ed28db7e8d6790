"""What boardd tells of what a driver sees: alarms believed in time, what never worked, events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linebox.daemons._board_memory import Memory
from linebox.daemons._board_picture import Change, Picture
from linebox.hw.compiled import Compiled, Unit
from linebox.hw.protocols import Card, LineAlarm, Port, PortState
from linebox.hw.sim.scenario import Do, Scenario, ScenarioCard
from linebox.hw.sim.telephony import SimTelephony

LOOK_S = 0.5
BEGAN = datetime(2026, 11, 22, 8, tzinfo=UTC)
SCENARIO = Scenario(
    card=(
        ScenarioCard(key="T", kind="te131", spans=("e1",)),
        ScenarioCard(key="L", kind="a8b", spans=("fxo:4+fxs:4",)),
    )
)
COMPILED = Compiled(
    channels={**dict.fromkeys(range(1, 32), "bchan"), **dict.fromkeys(range(32, 40), "fxsks")}
)


class House:
    """A driver, its picture, and time that passes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "memory.json"
        self.sim = SimTelephony(SCENARIO)
        self.sim.assign(Compiled())
        self.configure()
        self.at_s = 1000.0
        self.picture = Picture(Memory(self.path))

    def configure(self) -> None:
        for card in self.sim.look():
            for span in card.spans:
                assert span.number is not None
                unit = Unit(
                    span=span.key, number=span.number, first=1, last=39, dahdi="", asterisk=None
                )
                self.sim.configure(unit, COMPILED)

    def passes(self, seconds: float) -> list[Change]:
        changes: list[Change] = []
        for _ in range(round(seconds / LOOK_S)):
            self.at_s += LOOK_S
            at = BEGAN + timedelta(seconds=self.at_s)
            changes += self.picture.see(self.sim.look(), at, self.at_s)
        return changes

    def card(self, key: str) -> Card:
        return next(card for card in self.picture.cards if card.key == key)

    def port(self, key: str) -> Port:
        found = self.picture.port(key)
        assert found is not None
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.passes(8)
    yield made


def said(changes: list[Change]) -> list[tuple[str, str, str, str]]:
    return [(one.what, one.key, one.was, one.is_) for one in changes]


@pytest.mark.req("TEL-2")
def test_an_alarm_is_an_event_within_two_seconds(house: House) -> None:
    house.sim.do(Do.ALARM, "T/1", LineAlarm.LOS)
    began_s = house.at_s
    changes: list[Change] = []
    while not changes:
        changes = house.passes(LOOK_S)
    assert house.at_s - began_s <= 1.5
    assert said(changes) == [("span", "T/1", "ok", "los")]
    assert {(port.state, port.alarm) for port in house.card("T").spans[0].ports} == {
        (PortState.ALARM, LineAlarm.LOS)
    }


@pytest.mark.req("TEL-2")
def test_a_flicker_is_no_alarm(house: House) -> None:
    for _ in range(5):
        house.sim.do(Do.ALARM, "T/1")
        house.sim.do(Do.BATTERY_LOST, "L/1/2")
        assert not house.passes(LOOK_S)
        house.sim.do(Do.CLEAR, "T/1")
        house.sim.do(Do.BATTERY_BACK, "L/1/2")
        assert not house.passes(LOOK_S)
    assert house.port("L/1/2").state is PortState.IDLE


def test_a_clearing_is_believed_as_late_as_the_alarm(house: House) -> None:
    house.sim.do(Do.ALARM, "T/1")
    house.passes(3)
    house.sim.do(Do.CLEAR, "T/1")
    assert not house.passes(LOOK_S)
    assert said(house.passes(1)) == [("span", "T/1", "red", "ok")]


def test_a_line_that_worked_is_missed_one_that_never_did_is_unplugged(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.sim.do(Do.BATTERY_LOST, "L/1/3")
    house.sim.do(Do.ALARM, "T/1")
    house.passes(8)
    assert (house.port("L/1/3").state, house.port("L/1/3").alarm) == (
        PortState.UNPLUGGED,
        LineAlarm.BATTERY,
    )
    assert house.port("T/1/1").state is PortState.UNPLUGGED
    house.sim.do(Do.BATTERY_LOST, "L/1/2")
    assert said(house.passes(3)) == [("port", "L/1/2", "idle", "alarm battery")]
    house.sim.do(Do.BATTERY_BACK, "L/1/3")
    house.passes(8)
    house.sim.do(Do.BATTERY_LOST, "L/1/3")
    house.passes(3)
    assert house.port("L/1/3").state is PortState.ALARM


def test_what_changed_while_nobody_looked_is_told_and_the_rest_not_again(house: House) -> None:
    house.sim.do(Do.ALARM, "T/1", LineAlarm.LOS)
    house.passes(2)
    words = house.picture.words()
    house.sim.do(Do.BATTERY_LOST, "L/1/2")
    house.sim.do(Do.CLEAR, "T/1")
    house.picture = Picture(Memory(house.path), words)
    assert said(house.passes(LOOK_S)) == [
        ("span", "T/1", "los", "ok"),
        ("port", "L/1/2", "idle", "alarm battery"),
    ]
    assert not house.passes(2)


def test_what_worked_is_remembered_over_a_start(house: House) -> None:
    house.picture = Picture(Memory(house.path))
    house.sim.do(Do.BATTERY_LOST, "L/1/2")
    house.passes(1)
    assert house.port("L/1/2").state is PortState.ALARM


def test_a_damaged_memory_is_begun_anew(house: House) -> None:
    house.path.write_text('{"cards": [')
    memory = Memory(house.path)
    assert (memory.cards, memory.alive, memory.blocked) == ({}, frozenset(), frozenset())
    house.picture = Picture(memory)
    house.passes(8)
    assert "L/1/1" in Memory(house.path).alive


@pytest.mark.req("TEL-2")
def test_a_call_is_told_with_its_moments(house: House) -> None:
    changes = []
    for act in (Do.RING, Do.TALK, Do.HANGUP):
        house.sim.do(act, "L/1/1")
        changes += house.passes(LOOK_S)
    assert said(changes) == [
        ("port", "L/1/1", "idle", "ringing"),
        ("port", "L/1/1", "ringing", "talking"),
        ("port", "L/1/1", "talking", "idle"),
    ]
    assert house.port("L/1/1").since == changes[-1].at
    since = house.port("L/1/1").since
    house.passes(3)
    assert house.port("L/1/1").since == since


@pytest.mark.req("TEL-1")
def test_a_card_that_is_pulled_stays_in_the_list_as_gone(house: House) -> None:
    house.sim.do(Do.UNPLUG, "L")
    changes = house.passes(LOOK_S)
    assert ("card", "L", "present", "absent") in said(changes)
    card = house.card("L")
    assert (card.present, card.kind) == (False, "a8b")
    ports = card.spans[0].ports
    assert {(port.state, port.alarm, port.channel) for port in ports} == {
        (PortState.ALARM, LineAlarm.GONE, None)
    }
    assert len(ports) == 8
    house.sim.do(Do.PLUG, "L")
    changes = house.passes(LOOK_S)
    assert ("card", "L", "absent", "present") in said(changes)
    house.sim.assign(Compiled())
    house.configure()
    house.passes(3)
    assert {port.state for port in house.card("L").spans[0].ports} == {PortState.IDLE}


def test_a_gone_card_is_remembered_over_a_start_until_it_is_forgotten(house: House) -> None:
    house.sim.do(Do.UNPLUG, "L")
    memory = Memory(house.path)
    house.picture = Picture(memory)
    house.passes(1)
    assert not house.card("L").present
    memory.forget("L")
    house.passes(1)
    assert [card.key for card in house.picture.cards] == ["T"]
    assert house.picture.port("L/1/1") is None
    assert not [key for key in Memory(house.path).alive if key.startswith("L/")]


def test_a_blocked_port_is_told_so_whatever_its_line_does(house: House, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "other.json")
    house.picture = Picture(memory)
    house.passes(8)
    memory.block("L/1/1", blocked=True)
    house.sim.do(Do.RING, "L/1/1")
    assert said(house.passes(LOOK_S)) == [("port", "L/1/1", "idle", "blocked")]


def test_nothing_new_is_nothing_written(house: House) -> None:
    before = house.path.stat().st_mtime_ns
    house.passes(10)
    assert house.path.stat().st_mtime_ns == before


def test_a_picture_of_changed_sockets_has_no_old_ones(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.passes(1)
    (card,) = (card for card in house.sim.look() if card.key == "L")
    span = card.spans[0]
    fewer = replace(card, spans=(replace(span, ports=span.ports[:4]),))
    house.picture.see((fewer,), BEGAN, house.at_s)
    assert len(house.card("L").spans[0].ports) == 4
