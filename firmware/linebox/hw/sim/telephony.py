"""Cards that a scenario plays: the same protocol as real ones, for training and containers."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from linebox.base.clock import monotonic_s
from linebox.base.errors import DeviceError
from linebox.hw import cards
from linebox.hw.compiled import Assignment, Compiled, Unit
from linebox.hw.protocols import (
    CUTS,
    Bus,
    Card,
    Counters,
    DeviceFault,
    LineAlarm,
    Loop,
    PatternSeen,
    Port,
    PortState,
    PortType,
    Span,
    SpanType,
)
from linebox.hw.sim.line import ACIM, SimLine, SimTap
from linebox.hw.sim.scenario import Do, Scenario, ScenarioCard, ScenarioEvent, sockets
from linebox.hw.taps import Hook, Tap

_E1_CHANNELS: Final = 31
_E1_SIGNALLING: Final = 16
_BATTERY_MV: Final = 48_000


@dataclass(slots=True)
class _Span:
    key: str
    local: int
    sockets: tuple[PortType, ...]
    number: int | None = None
    base: int = 0
    alarms: set[LineAlarm] = field(default_factory=set)
    loop: Loop = Loop.OFF
    far_loops: bool = False
    tests: bool = False
    errors: int = 0
    states: dict[int, PortState] = field(default_factory=dict)
    flat: set[int] = field(default_factory=set)
    #: Each channel's signalling as configured.
    signalling: dict[int, str | None] = field(default_factory=dict)

    @property
    def digital(self) -> bool:
        return not self.sockets

    @property
    def channels(self) -> range:
        return range(self.base, self.base + (len(self.sockets) or _E1_CHANNELS))


@dataclass(slots=True)
class _Card:
    said: ScenarioCard
    present: bool
    spans: list[_Span]


class SimTelephony:
    """Plays ``scenario`` from its making on; ``clock`` tells seconds. Any thread may look."""

    def __init__(self, scenario: Scenario, clock: Callable[[], float] = monotonic_s) -> None:
        self._clock = clock
        self._playing = threading.Lock()
        #: Lines under test go as slowly as real ones.
        self.paced = True
        self.play(scenario)

    def play(self, scenario: Scenario) -> None:
        """Another scenario from now on; the one before is gone with its cards."""
        with self._playing:
            self._began_s = self._clock()
            self._cards = {
                one.key: _Card(one, one.present, _unassigned(one)) for one in scenario.card
            }
            self._lines = _lines(scenario)
            self._due = [(one.at_s, n, one) for n, one in enumerate(scenario.event)]
            heapq.heapify(self._due)

    # -- the protocol -------------------------------------------------------------------------

    def look(self) -> tuple[Card, ...]:
        with self._playing:
            self._advance()
            return tuple(self._card(one) for one in self._cards.values() if one.present)

    def wakes(self) -> int | None:
        return None

    def woken(self) -> None:
        return None

    def assign(self, compiled: Compiled) -> Sequence[DeviceFault]:
        spans = [span for card in self._cards.values() if card.present for span in card.spans]
        wanted = [one for _, one in compiled.assigned]
        number = max([*(s.number or 0 for s in spans), *(one.number for one in wanted)], default=0)
        channels = [s.channels[-1] for s in spans if s.number is not None]
        last = max([*channels, *compiled.channels, *(w.channel + 30 for w in wanted)], default=0)
        for card in self._cards.values():
            by_local = {one.local: one for one in compiled.assignments(card.said.key)}
            for span in card.spans:
                if not card.present or span.number is not None:
                    continue
                to = by_local.get(span.local)
                if to is None:
                    number += 1
                    to = Assignment(local=span.local, number=number, channel=last + 1)
                span.number, span.base = to.number, to.channel
                last = max(last, span.channels[-1])
        return ()

    def differs(self, unit: Unit, compiled: Compiled) -> bool:
        mine = self._there(unit)
        return mine is not None and any(
            (wanted := compiled.signalling(one)) is not None and wanted != mine.signalling.get(one)
            for one in unit.channels
        )

    def configure(self, unit: Unit, compiled: Compiled) -> None:
        if mine := self._there(unit):
            mine.signalling |= {one: compiled.signalling(one) for one in unit.channels}

    def _there(self, unit: Unit) -> _Span | None:
        return next(
            (
                span
                for card in self._cards.values()
                for span in card.spans
                if span.key == unit.span and span.number == unit.number and card.present
            ),
            None,
        )

    def loop(self, span: Span, kind: Loop) -> None:
        mine = self._span(span.key)
        if not mine.digital:
            raise DeviceError("no-loopback", span=span.key, reason="analog")
        mine.loop = kind

    def pattern(self, span: Span, *, on: bool) -> None:
        mine = self._span(span.key)
        if not mine.digital:
            raise DeviceError("no-bit-test", span=span.key, reason="analog")
        mine.tests, mine.errors = on, 0

    def pattern_seen(self, span: Span) -> PatternSeen:
        mine = self._span(span.key)
        whole = mine.far_loops or mine.loop is Loop.LOCAL
        locked = mine.tests and whole and not CUTS & (mine.alarms - {LineAlarm.LOOPBACK})
        return PatternSeen(locked=locked, errors=mine.errors)

    def tune(self, channel: int, acim: int) -> bool:
        found = [
            self._lines.get(f"{span.key}/{channel - span.base + 1}")
            for card in self._cards.values()
            for span in card.spans
            if card.present and span.number is not None and channel in span.channels
        ]
        return any(line is not None and line.tune(acim) for line in found)

    def tap(self, port: Port) -> Tap:
        span, position = self._port(port.key)
        line = self._lines.get(port.key)
        if line is None or position in span.flat:
            raise DeviceError("line-lost", channel=port.channel, reason="scenario")

        def told(hook: Hook) -> None:
            states = {Hook.OFF: PortState.TALKING, Hook.RING: PortState.RINGING}
            if hook is Hook.ON:
                span.states.pop(position, None)
            else:
                span.states[position] = states[hook]

        return SimTap(line, told, paced=self.paced)

    # -- the play -----------------------------------------------------------------------------

    def do(self, what: Do, key: str, alarm: LineAlarm = LineAlarm.RED) -> None:
        """One event, now."""
        match what:
            case Do.PLUG:
                self._cards[key].present = True
            case Do.UNPLUG:
                card = self._cards[key]
                card.present, card.spans = False, _unassigned(card.said)
                self._forget(card)
            case Do.ALARM:
                self._span(key).alarms.add(alarm)
            case Do.CLEAR:
                self._span(key).alarms.clear()
            case Do.BATTERY_LOST:
                span, position = self._port(key)
                span.flat.add(position)
                span.states.pop(position, None)
            case Do.BATTERY_BACK:
                span, position = self._port(key)
                span.flat.discard(position)
            case Do.RING | Do.TALK:
                span, position = self._port(key)
                ringing = what is Do.RING
                span.states[position] = PortState.RINGING if ringing else PortState.TALKING
            case Do.FAR_LOOPS | Do.FAR_OPENS:
                self._span(key).far_loops = what is Do.FAR_LOOPS
            case Do.BIT_ERROR:
                self._span(key).errors += 1
            case Do.HANGUP:
                span, position = self._port(key)
                span.states.pop(position, None)

    def _advance(self) -> None:
        now_s = self._clock() - self._began_s
        while self._due and self._due[0][0] <= now_s:
            at_s, n, event = heapq.heappop(self._due)
            self._play(event)
            if event.every_s > 0:
                next_s = at_s + event.every_s  # what was missed isn't made up for
                next_s = next_s if next_s > now_s else now_s + event.every_s
                heapq.heappush(self._due, (next_s, n, event))

    def _play(self, event: ScenarioEvent) -> None:
        card = self._cards[event.key.split("/")[0]]
        if card.present or event.do is Do.PLUG:
            self.do(event.do, event.key, event.alarm)

    def _forget(self, card: _Card) -> None:
        """What was told its chips goes with its power."""
        for key, line in self._lines.items():
            if key.startswith(f"{card.said.key}/"):
                line.tune(ACIM)

    def _span(self, key: str) -> _Span:
        for card in self._cards.values():
            for span in card.spans:
                if span.key == key:
                    return span
        raise DeviceError("span-refused", span=key, reason="gone")

    def _port(self, key: str) -> tuple[_Span, int]:
        span, _, position = key.rpartition("/")
        return self._span(span), int(position)

    # -- the picture --------------------------------------------------------------------------

    def _card(self, card: _Card) -> Card:
        kind = cards.named(card.said.kind)
        return Card(
            key=card.said.key,
            kind=kind.kind,
            zh=kind.zh,
            en=kind.en,
            bus=Bus.SIM,
            location="",
            ids="",
            driver="sim",
            known=kind is not cards.UNKNOWN,
            present=True,
            spans=tuple(self._seen(span) for span in card.spans),
        )

    def _seen(self, span: _Span) -> Span:
        alarms = set(span.alarms)
        if span.loop is not Loop.OFF:
            alarms.add(LineAlarm.LOOPBACK)
        told = tuple(word for word in LineAlarm if word in alarms)
        return Span(
            key=span.key,
            kind=_kind(span),
            local=span.local,
            number=span.number,
            alarms=told,
            crc4=False,
            source=False,
            counters=Counters(bpv=0, crc4=0, ebit=0, fas=0, slips=0) if span.digital else None,
            ports=tuple(_ports(span, told)) if span.number is not None else (),
        )


def _unassigned(card: ScenarioCard) -> list[_Span]:
    return [
        _Span(f"{card.key}/{local}", local, sockets(said))
        for local, said in enumerate(card.spans, 1)
    ]


def _lines(scenario: Scenario) -> dict[str, SimLine]:
    """By port; those of one scenario are one exchange's."""
    numbered: dict[str, SimLine] = {}
    found: dict[str, SimLine] = {}
    for card in scenario.card:
        numbers = iter(card.exchange.numbers)
        for span in _unassigned(card):
            for position, kind in enumerate(span.sockets, 1):
                phone = kind is PortType.FXS
                number = "" if phone else next(numbers, "")
                line = SimLine(card.exchange, number, numbered, phone=phone)
                found[f"{span.key}/{position}"] = line
                if number:
                    numbered[number] = line
    return found


def _kind(span: _Span) -> SpanType:
    kinds = set(span.sockets)
    if not kinds:
        return SpanType.E1
    if len(kinds) > 1:
        return SpanType.MIXED
    return SpanType.FXO if PortType.FXO in kinds else SpanType.FXS


def _ports(span: _Span, alarms: tuple[LineAlarm, ...]) -> Iterator[Port]:
    cut = next((word for word in alarms if word in CUTS), None)
    for position, channel in enumerate(span.channels, 1):
        if span.digital:
            signals = position == _E1_SIGNALLING
            kind = PortType.SIGNALLING if signals else PortType.BEARER
            alarm = cut
            battery_mv = None
        else:
            kind = span.sockets[position - 1]
            flat = position in span.flat
            alarm = LineAlarm.BATTERY if flat and kind is PortType.FXO else None
            battery_mv = 0 if flat else _BATTERY_MV
        if alarm:
            state = PortState.ALARM
        elif span.signalling.get(channel) is None:
            state = PortState.UNUSED
        else:
            state = span.states.get(position, PortState.IDLE)
        yield Port(
            key=f"{span.key}/{position}",
            channel=channel,
            kind=kind,
            state=state,
            alarm=alarm,
            battery_mv=battery_mv,
        )
