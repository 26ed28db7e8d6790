"""From what a driver sees to what is told: alarms stand a moment before they are believed, what
never worked is unplugged and no alarm, and each change is an event with its moment (TEL-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from linebox.daemons._board_memory import Memory
from linebox.hw.protocols import CUTS, Card, LineAlarm, Port, PortState, PortType, Span

#: An alarm must stand so long, and be gone so long, to be told: drivers debounce too.
BELIEVED_AFTER_S: Final = 0.3
#: What was well so long has worked: drivers take a second or two to notice an empty socket.
_ALIVE_AFTER_S: Final = 5.0
_AWAY: Final = frozenset({PortState.ALARM, PortState.UNPLUGGED})
_ANALOG: Final = frozenset({PortType.FXO, PortType.FXS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``was`` and ``is_``: of a card ``present`` or ``absent``, of a span its alarms (``red+los``,
    else ``ok``), of a port its state with the alarm's word (``alarm battery``)."""

    at: datetime
    what: str
    key: str
    was: str
    is_: str


class Picture:
    """Fed at each look; ``cards`` is what is told. ``words``: what a boardd before this one told
    last; what is otherwise at the first look changed meanwhile."""

    def __init__(self, memory: Memory, words: Mapping[str, str] | None = None) -> None:
        self._memory = memory
        self._before = dict(words or {})
        self.cards: tuple[Card, ...] = ()
        self._cards: dict[str, bool] = {}
        self._spans: dict[str, Span] = {}
        self._ports: dict[str, Port] = {}
        #: Key → the other truth, since when it is seen.
        self._pending: dict[str, tuple[object, float]] = {}
        self._well_since: dict[str, float] = {}

    def see(self, seen: Iterable[Card], at: datetime, at_s: float) -> list[Change]:
        """What changed. ``at_s``: the same moment by a clock that never jumps."""
        there = {card.key: card for card in seen}
        self._memory.saw(there.values())
        changes: list[Change] = []
        told: list[Card] = []
        for key, kept in self._memory.cards.items():
            card = there.get(key, kept)
            known = key in self._cards
            was = _presence(self._cards[key]) if known else self._before.pop(key, "")
            if was != _presence(card.present) and (was or card.present):
                changes.append(_change(at, "card", key, was, _presence(card.present)))
            self._cards[key] = card.present
            spans = tuple(self._span(span, card.present, at, at_s, changes) for span in card.spans)
            told.append(replace(card, spans=spans))
        self._drop(told)
        self.cards = tuple(told)
        return changes

    @property
    def doubts(self) -> bool:
        """Something is otherwise than it is told, and not believed yet."""
        return bool(self._pending)

    def words(self) -> dict[str, str]:
        """What each card, span and analog port is told to be."""
        said = {card.key: _presence(card.present) for card in self.cards}
        for span in (span for card in self.cards for span in card.spans):
            said[span.key] = _alarms(span)
            said |= {port.key: _word(port) for port in span.ports if port.kind in _ANALOG}
        return said

    def span(self, key: str) -> Span | None:
        return self._spans.get(key)

    def port(self, key: str) -> Port | None:
        return self._ports.get(key)

    def _drop(self, told: list[Card]) -> None:
        """What no card has any more: it was forgotten, or a module was taken out."""
        keys = {card.key for card in told}
        if self._cards.keys() - keys:
            self._cards = {key: here for key, here in self._cards.items() if key in keys}
            spans = {span.key for card in told for span in card.spans}
            self._spans = {key: one for key, one in self._spans.items() if key in spans}
            ports = {port.key for card in told for span in card.spans for port in span.ports}
            self._ports = {key: one for key, one in self._ports.items() if key in ports}

    # -- spans --------------------------------------------------------------------------------

    def _span(
        self, seen: Span, present: bool, at: datetime, at_s: float, changes: list[Change]
    ) -> Span:
        before = self._spans.get(seen.key)
        alarms = seen.alarms
        if before is None:
            if (told := self._before.pop(seen.key, _alarms(seen))) != _alarms(seen):
                changes.append(_change(at, "span", seen.key, told, _alarms(seen)))
        elif alarms != before.alarms:
            if present and not self._believed(seen.key, alarms, at_s):
                alarms = before.alarms
            else:
                was, is_ = _alarms(before), _alarms(seen)
                changes.append(_change(at, "span", seen.key, was, is_))
        else:
            self._pending.pop(seen.key, None)
        digital = seen.counters is not None or not _ANALOG.issuperset(p.kind for p in seen.ports)
        if digital and present:
            self._lives(seen.key, not CUTS.intersection(seen.alarms), at_s)
        ports = tuple(self._port(port, seen.key, present, at, at_s, changes) for port in seen.ports)
        span = replace(seen, alarms=alarms, ports=ports)
        self._spans[seen.key] = span
        return span

    # -- ports --------------------------------------------------------------------------------

    def _port(
        self, seen: Port, span: str, present: bool, at: datetime, at_s: float, out: list[Change]
    ) -> Port:
        analog = seen.kind in _ANALOG
        life = seen.key if analog else span
        if analog and present:
            self._lives(life, seen.state is not PortState.ALARM, at_s)
        state, alarm = self._state(seen, life, present)
        before = self._ports.get(seen.key)
        if before is None:
            told = replace(seen, state=state, alarm=alarm, since=at)
            was = self._before.pop(seen.key, _word(told))
            if analog and was != _word(told):
                out.append(_change(at, "port", seen.key, was, _word(told)))
        elif (state, alarm) == (before.state, before.alarm):
            self._pending.pop(seen.key, None)
            if before.battery_mv == seen.battery_mv and before.channel == seen.channel:
                return before
            told = replace(before, battery_mv=seen.battery_mv, channel=seen.channel)
        elif (
            present
            and (state in _AWAY) is not (before.state in _AWAY)
            and not self._believed(seen.key, (state, alarm), at_s)
        ):
            told = replace(before, battery_mv=seen.battery_mv, channel=seen.channel)
        else:
            told = replace(seen, state=state, alarm=alarm, since=at)
            if analog or PortState.BLOCKED in (state, before.state):
                out.append(_change(at, "port", seen.key, _word(before), _word(told)))
        self._ports[seen.key] = told
        return told

    def _state(self, seen: Port, life: str, present: bool) -> tuple[PortState, LineAlarm | None]:
        if seen.key in self._memory.blocked and present:
            return PortState.BLOCKED, seen.alarm
        if seen.state is PortState.ALARM and present and life not in self._memory.alive:
            return PortState.UNPLUGGED, seen.alarm
        return seen.state, seen.alarm

    def _lives(self, key: str, well: bool, at_s: float) -> None:
        if key in self._memory.alive:
            return
        if not well:
            self._well_since.pop(key, None)
        elif at_s - self._well_since.setdefault(key, at_s) >= _ALIVE_AFTER_S:
            del self._well_since[key]
            self._memory.lives(key)

    def _believed(self, key: str, truth: object, at_s: float) -> bool:
        """Has it stood long enough? Another truth meanwhile begins anew."""
        known, since_s = self._pending.get(key, (None, at_s))
        if known != truth:
            self._pending[key] = (truth, at_s)
            return False
        if at_s - since_s < BELIEVED_AFTER_S:
            return False
        del self._pending[key]
        return True


def _change(at: datetime, what: str, key: str, was: str, is_: str) -> Change:
    return Change(at=at, what=what, key=key, was=was, is_=is_)


def _presence(here: bool) -> str:
    return "present" if here else "absent"


def _alarms(span: Span) -> str:
    return "+".join(span.alarms) or "ok"


def _word(port: Port) -> str:
    away = port.state in _AWAY and port.alarm
    return f"{port.state} {port.alarm}" if away else str(port.state)
