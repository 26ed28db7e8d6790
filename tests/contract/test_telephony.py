"""What every driver of telephone cards does, real or simulated (TEL-1, TEL-2): one suite for all.

On a bench it runs against real cards by another ``Stage``. What a simulated card can't play isn't
here but in the driver's own tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from fixtures.dahdi_files import compiled, unit
from fixtures.sysfs import CardShape, Machine, analog, e1, pci
from linebox.base.errors import DeviceError
from linebox.hw.board import Driver, Phones
from linebox.hw.compiled import Compiled
from linebox.hw.protocols import (
    Card,
    LineAlarm,
    Loop,
    Port,
    PortState,
    PortType,
    Span,
    SpanType,
    Telephony,
)
from linebox.hw.real.control import Hook
from linebox.hw.real.dahdi import DahdiTelephony
from linebox.hw.sim.scenario import Do, Scenario, ScenarioCard
from linebox.hw.sim.telephony import SimTelephony

#: Two cards: two E1, and four lines with four telephones.
TRUNKS, LINES = "TRUNKS", "LINES"
ANALOG = """fxsks=63-66
fxoks=67-70
"""
DIGITAL = """span=1,1,0,ccs,hdb3
bchan=1-15,17-31
dchan=16
span=2,2,0,ccs,hdb3
bchan=32-46,48-62
dchan=47
"""
UNITS = (
    unit(f"{TRUNKS}/1", 1, 1, 31),
    unit(f"{TRUNKS}/2", 2, 32, 62),
    *(unit(f"{LINES}/1", 3, channel, channel) for channel in range(63, 71)),
)


class Stage(Protocol):
    """Makes things happen outside the box."""

    telephony: Telephony

    def unplug(self, card: str) -> None: ...

    def plug(self, card: str) -> None: ...

    def alarm(self, span: str, on: bool) -> None: ...

    def ring(self, port: Port) -> None: ...

    def answer(self, port: Port) -> None: ...

    def hang_up(self, port: Port) -> None: ...

    def battery(self, port: Port, on: bool) -> None: ...

    def impedance(self, port: Port) -> int: ...


class RealStage:
    """The kernel's trees and master device, as files and words."""

    def __init__(self, root: Path) -> None:
        self._machine = Machine(root)
        self._shapes = {
            TRUNKS: CardShape(
                ids=("d161", "0220", "0004", "0003"), class_="0x028000", driver="wct4xxp",
                place=pci(3)[0], hardware_id=TRUNKS, location=pci(3)[1], type="Wildcard TE220",
                manufacturer="Digium", spans=(e1("TE2/0/1"), e1("TE2/0/2")),
            ),
            LINES: CardShape(
                ids=("d161", "800d", "d161", "800d"), class_="0x028000", driver="wcaxx",
                place=pci(4)[0], hardware_id=LINES, location=pci(4)[1], type="Wildcard A8B",
                manufacturer="Digium", spans=(analog("WCTDM/0", "OOOOSSSS"),),
            ),
        }  # fmt: skip
        self._machine.plug(*self._shapes.values())
        self._machine.tunes = dict.fromkeys(range(63, 67), 15)
        phones = Phones(driver=Driver.DAHDI)
        self.telephony: Telephony = DahdiTelephony(root, self._machine, phones)

    def unplug(self, card: str) -> None:
        self._machine.unplug(self._shapes[card])
        self.telephony.woken()

    def plug(self, card: str) -> None:
        self._machine.plug(self._shapes[card])
        self.telephony.woken()

    def alarm(self, span: str, on: bool) -> None:
        number = span_of(self.telephony, span).number
        assert number is not None
        self._machine.span_alarms[number] = 1 << 3 if on else 0

    def ring(self, port: Port) -> None:
        one = self._machine.channels[port.channel or 0]
        if port.kind is PortType.FXO:
            one.receives = Hook.RING
        else:
            one.tells = Hook.START

    def answer(self, port: Port) -> None:
        one = self._machine.channels[port.channel or 0]
        if port.kind is PortType.FXO:
            one.receives, one.tells = Hook.OFFHOOK, Hook.OFFHOOK
        else:
            one.receives, one.tells = Hook.OFFHOOK, Hook.OFFHOOK

    def hang_up(self, port: Port) -> None:
        one = self._machine.channels[port.channel or 0]
        one.tells = Hook.ONHOOK
        one.receives = Hook.OFFHOOK if port.kind is PortType.FXO else Hook.ONHOOK

    def battery(self, port: Port, on: bool) -> None:
        one = self._machine.channels[port.channel or 0]
        one.alarms = 0 if on else 1 << 3
        one.battery_mv = 48_000 if on else 0
        self.telephony.woken()
        self.telephony._slow_s = -100.0  # type: ignore[attr-defined]  # voltages are asked every 5 s

    def impedance(self, port: Port) -> int:
        return self._machine.tunes[port.channel or 0]


class SimStage:
    def __init__(self) -> None:
        scenario = Scenario(
            card=(
                ScenarioCard(key=TRUNKS, kind="te220", spans=("e1", "e1")),
                ScenarioCard(key=LINES, kind="a8b", spans=("fxo:4+fxs:4",)),
            )
        )
        self._sim = SimTelephony(scenario)
        self.telephony: Telephony = self._sim

    def unplug(self, card: str) -> None:
        self._sim.do(Do.UNPLUG, card)

    def plug(self, card: str) -> None:
        self._sim.do(Do.PLUG, card)

    def alarm(self, span: str, on: bool) -> None:
        self._sim.do(Do.ALARM if on else Do.CLEAR, span)

    def ring(self, port: Port) -> None:
        self._sim.do(Do.RING, port.key)

    def answer(self, port: Port) -> None:
        self._sim.do(Do.TALK, port.key)

    def hang_up(self, port: Port) -> None:
        self._sim.do(Do.HANGUP, port.key)

    def battery(self, port: Port, on: bool) -> None:
        self._sim.do(Do.BATTERY_BACK if on else Do.BATTERY_LOST, port.key)

    def impedance(self, port: Port) -> int:
        return self._sim._lines[port.key].acim


@pytest.fixture(params=["real", "sim"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    yield RealStage(tmp_path / "root") if request.param == "real" else SimStage()


def assigned(folder: Path) -> Compiled:
    said = f"{TRUNKS} 1:1:1 2:2:32\n{LINES} 1:3:63\n"
    return compiled(folder, assigned=said, system=DIGITAL + ANALOG, units=UNITS)


@pytest.fixture
def ready(stage: Stage, tmp_path: Path) -> Stage:
    """Every span has its number and its configuration."""
    files = assigned(tmp_path / "gen")
    assert not stage.telephony.assign(files)
    stage.telephony.look()
    for one in files.units:
        stage.telephony.configure(one, files)
    return stage


def card_of(telephony: Telephony, key: str) -> Card:
    return next(card for card in telephony.look() if card.key == key)


def spans(telephony: Telephony) -> list[Span]:
    return [span for card in telephony.look() for span in card.spans]


def span_of(telephony: Telephony, key: str) -> Span:
    return next(span for span in spans(telephony) if span.key == key)


def port_of(telephony: Telephony, key: str) -> Port:
    return next(port for span in spans(telephony) for port in span.ports if port.key == key)


@pytest.mark.req("TEL-1")
def test_cards_are_told_before_anything_is_configured(stage: Stage) -> None:
    assert {card.key for card in stage.telephony.look()} == {TRUNKS, LINES}
    trunks, lines = card_of(stage.telephony, TRUNKS), card_of(stage.telephony, LINES)
    assert (trunks.kind, trunks.known, lines.kind) == ("te220", True, "a8b")
    assert [(span.key, span.kind, span.number) for span in trunks.spans] == [
        (f"{TRUNKS}/1", SpanType.E1, None),
        (f"{TRUNKS}/2", SpanType.E1, None),
    ]


@pytest.mark.req("TEL-1")
def test_spans_get_the_numbers_that_they_shall_have(stage: Stage, tmp_path: Path) -> None:
    files = compiled(tmp_path / "gen", assigned=f"{TRUNKS} 1:5:101 2:2:32\n{LINES} 1:3:63\n")
    assert not stage.telephony.assign(files)
    numbers = {span.key: span.number for span in spans(stage.telephony)}
    assert numbers == {f"{TRUNKS}/1": 5, f"{TRUNKS}/2": 2, f"{LINES}/1": 3}
    assert port_of(stage.telephony, f"{TRUNKS}/1/1").channel == 101
    assert port_of(stage.telephony, f"{LINES}/1/8").channel == 70


@pytest.mark.req("TEL-1")
def test_what_the_settings_dont_know_gets_numbers_above_all_others(
    stage: Stage, tmp_path: Path
) -> None:
    files = compiled(tmp_path / "gen", assigned=f"{TRUNKS} 1:1:1 2:7:200\nGONE 1:9:300\n")
    assert not stage.telephony.assign(files)
    lines = span_of(stage.telephony, f"{LINES}/1")
    assert lines.number == 10
    assert lines.ports[0].channel is not None
    assert lines.ports[0].channel > 330
    again = stage.telephony.assign(files)
    assert not again
    assert span_of(stage.telephony, f"{LINES}/1").number == 10


def test_what_isnt_configured_is_unused(stage: Stage, tmp_path: Path) -> None:
    stage.telephony.assign(assigned(tmp_path / "gen"))
    states = {port.state for span in spans(stage.telephony) for port in span.ports}
    assert states == {PortState.UNUSED}


def test_a_configured_span_no_longer_differs(stage: Stage, tmp_path: Path) -> None:
    files = assigned(tmp_path / "gen")
    stage.telephony.assign(files)
    stage.telephony.look()
    for one in files.units:
        assert stage.telephony.differs(one, files)
        stage.telephony.configure(one, files)
    stage.telephony.look()
    assert not [one for one in files.units if stage.telephony.differs(one, files)]
    system = DIGITAL + ANALOG.replace("fxsks=63-66", "fxsks=63,65-66\nfxsls=64")
    other = compiled(tmp_path / "other", system=system, units=UNITS)
    differing = [one.first for one in other.units if stage.telephony.differs(one, other)]
    assert differing == [64]


def test_only_the_channels_asked_for_are_configured(stage: Stage, tmp_path: Path) -> None:
    files = assigned(tmp_path / "gen")
    stage.telephony.assign(files)
    stage.telephony.look()
    stage.telephony.configure(files.units[3], files)
    used = [
        port.channel
        for span in spans(stage.telephony)
        for port in span.ports
        if port.state is not PortState.UNUSED
    ]
    assert used == [64]


def test_a_span_that_is_numbered_otherwise_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    files = compiled(tmp_path / "gen", system="fxsks=1-4\n", units=[unit(f"{LINES}/1", 9, 1, 4)])
    stage.telephony.assign(files)
    stage.telephony.look()
    assert not stage.telephony.differs(files.units[0], files)
    stage.telephony.configure(files.units[0], files)
    assert {p.state for p in span_of(stage.telephony, f"{LINES}/1").ports} == {PortState.UNUSED}


def test_ports_are_told_with_kind_and_channel(ready: Stage) -> None:
    span = span_of(ready.telephony, f"{TRUNKS}/2")
    kinds = {port.key.rpartition("/")[2]: port.kind for port in span.ports}
    assert [n for n, kind in kinds.items() if kind is PortType.SIGNALLING] == ["16"]
    assert [port.channel for port in span.ports] == list(range(32, 63))
    assert span.counters is not None
    lines = span_of(ready.telephony, f"{LINES}/1")
    assert [port.kind for port in lines.ports] == [PortType.FXO] * 4 + [PortType.FXS] * 4
    assert {port.state for port in (*span.ports, *lines.ports)} == {PortState.IDLE}


@pytest.mark.req("TEL-2")
@pytest.mark.parametrize("place", [2, 6], ids=["line", "telephone"])
def test_a_call_is_seen_ringing_talking_and_over(ready: Stage, place: int) -> None:
    key = f"{LINES}/1/{place}"
    port = port_of(ready.telephony, key)
    seen = []
    for act in (ready.ring, ready.answer, ready.hang_up):
        act(port)
        seen.append(port_of(ready.telephony, key).state)
    assert seen == [PortState.RINGING, PortState.TALKING, PortState.IDLE]


@pytest.mark.req("TEL-2")
def test_a_spans_alarm_is_its_ports(ready: Stage) -> None:
    ready.alarm(f"{TRUNKS}/1", on=True)
    one, other = span_of(ready.telephony, f"{TRUNKS}/1"), span_of(ready.telephony, f"{TRUNKS}/2")
    assert (one.alarms, other.alarms) == ((LineAlarm.RED,), ())
    assert {(port.state, port.alarm) for port in one.ports} == {(PortState.ALARM, LineAlarm.RED)}
    ready.alarm(f"{TRUNKS}/1", on=False)
    assert span_of(ready.telephony, f"{TRUNKS}/1").alarms == ()


@pytest.mark.req("TEL-2")
def test_a_line_without_battery_is_in_alarm(ready: Stage) -> None:
    key = f"{LINES}/1/3"
    port = port_of(ready.telephony, key)
    assert port.battery_mv == 48_000
    ready.battery(port, on=False)
    flat = port_of(ready.telephony, key)
    assert (flat.state, flat.alarm, flat.battery_mv) == (PortState.ALARM, LineAlarm.BATTERY, 0)
    assert port_of(ready.telephony, f"{LINES}/1/2").state is PortState.IDLE
    ready.battery(port, on=True)
    assert port_of(ready.telephony, key).state is PortState.IDLE


@pytest.mark.req("TEL-12")
def test_a_line_s_impedance_is_chosen_and_nothing_else_has_one(ready: Stage) -> None:
    line, beside, phone, e1 = (
        port_of(ready.telephony, key)
        for key in (f"{LINES}/1/2", f"{LINES}/1/3", f"{LINES}/1/6", f"{TRUNKS}/1/1")
    )
    assert ready.telephony.tune(line.channel or 0, 3)
    assert (ready.impedance(line), ready.impedance(beside)) == (3, 15)
    for other in (phone, e1):
        assert not ready.telephony.tune(other.channel or 0, 3)


@pytest.mark.req("TEL-1")
def test_a_card_pulled_and_put_back_is_itself_again(ready: Stage, tmp_path: Path) -> None:
    before = card_of(ready.telephony, LINES)
    ready.unplug(LINES)
    assert [card.key for card in ready.telephony.look()] == [TRUNKS]
    ready.plug(LINES)
    files = assigned(tmp_path / "gen")
    assert not ready.telephony.assign(files)
    ready.telephony.look()
    for one in [one for one in files.units if one.span == f"{LINES}/1"]:
        assert ready.telephony.differs(one, files)  # the kernel forgot it
        ready.telephony.configure(one, files)
    assert card_of(ready.telephony, LINES) == before


def test_a_loop_is_told_and_taken_away(ready: Stage) -> None:
    span = span_of(ready.telephony, f"{TRUNKS}/1")
    ready.telephony.loop(span, Loop.LOCAL)
    assert LineAlarm.LOOPBACK in span_of(ready.telephony, span.key).alarms
    ready.telephony.loop(span, Loop.OFF)
    assert span_of(ready.telephony, span.key).alarms == ()


def test_a_card_that_cant_loop_says_so(ready: Stage) -> None:
    with pytest.raises(DeviceError, match="no-loopback"):
        ready.telephony.loop(span_of(ready.telephony, f"{LINES}/1"), Loop.LOCAL)
