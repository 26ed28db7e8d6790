"""What boardd remembers over its own starts: cards that were there, lines that once worked, ports
that are blocked. A file that can't be read is an empty memory: it is told, nothing waits for it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

from linebox.base.errors import InputError
from linebox.base.files import write_whole
from linebox.base.shapes import Count, parse, render
from linebox.hw.protocols import Card, Key, LineAlarm, Port, PortState, Span

log = logging.getLogger(__name__)

_MOST_CARDS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    cards: Annotated[tuple[Card, ...], Count(0, _MOST_CARDS)]
    alive: Annotated[tuple[Key, ...], Count(0, 10_000)]
    blocked: Annotated[tuple[Key, ...], Count(0, 10_000)]


class Memory:
    """Kept in ``path``, written at each change: they are rare. Any thread may call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        kept = self._read()
        #: As they are told while they aren't there. Replaced, never changed.
        self.cards: Mapping[str, Card] = {card.key: card for card in kept.cards}
        #: Spans and lines that have worked once: what is missing there is missed.
        self.alive = frozenset(kept.alive)
        self._shapes: dict[str, object] = {}
        self.blocked = frozenset(kept.blocked)

    def saw(self, cards: Iterable[Card]) -> None:
        """Their make-up is remembered, so that a card that is gone is told as gone."""
        new = [card for card in cards if self._shapes.get(card.key) != _shape(card)]
        if not new:
            return
        with self._lock:
            known = dict(self.cards)
            for card in new:
                self._shapes[card.key] = _shape(card)
                before = {s.key: s for s in known[card.key].spans} if card.key in known else {}
                spans = (before.get(s.key, s) if s.number is None else s for s in card.spans)
                known[card.key] = _absent(replace(card, spans=tuple(spans)))
            self.cards = dict(list(known.items())[-_MOST_CARDS:])
            self._save()

    def lives(self, key: str) -> None:
        """It has worked."""
        with self._lock:
            self.alive = self.alive | {key}
            self._save()

    def block(self, port: str, *, blocked: bool) -> None:
        with self._lock:
            self.blocked = self.blocked | {port} if blocked else self.blocked - {port}
            self._save()

    def forget(self, card: str) -> None:
        """A card that won't come back."""
        with self._lock:
            self.cards = {key: one for key, one in self.cards.items() if key != card}
            self._shapes.pop(card, None)
            below = f"{card}/"
            self.alive = frozenset(key for key in self.alive if not key.startswith(below))
            self.blocked = frozenset(key for key in self.blocked if not key.startswith(below))
            self._save()

    def _save(self) -> None:
        kept = _Kept(
            cards=tuple(self.cards.values()),
            alive=tuple(sorted(self.alive)),
            blocked=tuple(sorted(self.blocked)),
        )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._path, json.dumps(render(kept), ensure_ascii=False, indent=1))
        except OSError as error:
            log.error("what is remembered can't be written: %s", error)

    def _read(self) -> _Kept:
        try:
            return parse(_Kept, json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, InputError) as error:
            log.error("%s can't be understood, begun anew: %s", self._path, error)
        return _Kept(cards=(), alive=(), blocked=())


def _shape(card: Card) -> object:
    """Another one is another make-up. An unnumbered span's ports aren't known yet."""
    return card.kind, card.driver, tuple((span.key, len(span.ports)) for span in card.spans)


def _absent(card: Card) -> Card:
    """The card as it is told while it isn't there."""
    return replace(card, present=False, spans=tuple(_gone_span(span) for span in card.spans))


def _gone_span(span: Span) -> Span:
    ports = tuple(_gone_port(port) for port in span.ports)
    return replace(
        span, number=None, alarms=(), source=False, crc4=False, counters=None, ports=ports
    )


def _gone_port(port: Port) -> Port:
    return replace(
        port,
        channel=None,
        state=PortState.ALARM,
        alarm=LineAlarm.GONE,
        battery_mv=None,
        level_db=None,
        since=None,
    )
