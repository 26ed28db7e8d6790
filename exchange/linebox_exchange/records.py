"""Events folded into one record a leg: what the tests compare with the box's own records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from linebox_exchange.events import Event, What

#: Records kept in memory; the log keeps all.
KEEP = 20_000
#: An analog line is taken within so many seconds of the wish, or it is in use.
TAKEN_S = 5.0


class Kind(StrEnum):
    """``customer`` called the box, ``agent``: the box rang a practice phone, ``feature``: a phone
    dialled a code, ``called``: the box called a number of the public network."""

    CUSTOMER = "customer"
    AGENT = "agent"
    FEATURE = "feature"
    CALLED = "called"
    UNKNOWN = "unknown"


class EndedBy(StrEnum):
    """Who ended a leg. ``party``: the one this exchange plays (customer, agent, called number);
    ``lost``: nobody said so: silence (cause 44), or the exchange itself was restarted."""

    BOX = "box"
    PARTY = "party"
    EXCHANGE = "exchange"
    PULLED = "pulled"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Digits pressed, and when the first of them began (epoch seconds)."""

    key: str
    at: float


@dataclass(slots=True, kw_only=True)
class Leg:
    """One leg, as known so far. Times are epoch seconds, None until they happen.

    ``dialled``: the line that was taken for it; ``channel_id``: what Asterisk calls its
    channel where that isn't ``id``.
    """

    id: str
    kind: Kind = Kind.UNKNOWN
    caller: str = ""
    called: str = ""
    asked: dict[str, object] = field(default_factory=dict)
    dialled: str = ""
    channel: str = ""
    channel_id: str = ""
    media: str = ""
    placed_at: float | None = None
    invited_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int = 0
    ended_by: EndedBy | None = None
    refused: str = ""
    leaving: bool = False
    pulled: bool = False
    keys: list[Key] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    customer: str = ""
    matched: str = ""

    @property
    def asterisk_id(self) -> str:
        """What Asterisk calls it."""
        return self.channel_id or self.id

    @property
    def began_at(self) -> float:
        """When it was placed or came."""
        return self.placed_at or self.invited_at or 0.0

    def as_json(self) -> dict[str, object]:
        """The record as ``GET /calls`` shows it, without its agents' legs."""
        shown: dict[str, object] = {
            "id": self.id,
            "kind": self.kind,
            "from": self.caller,
            "to": self.called,
            "placed_at": self.placed_at,
            "invited_at": self.invited_at,
            "ringing_at": self.ringing_at,
            "answered_at": self.answered_at,
            "ended_at": self.ended_at,
            "cause": self.cause if self.ended_at is not None else None,
            "ended_by": self.ended_by,
            "cut": self.ended_by in (EndedBy.LOST, EndedBy.PULLED),
            "refused": self.refused or None,
            "keys": [{"key": key.key, "at": key.at} for key in self.keys],
        }
        match self.kind:
            case Kind.CUSTOMER | Kind.FEATURE:
                shown["asked"] = self.asked
            case Kind.AGENT:
                shown |= {"ext": self.called, "customer": self.customer or None}
                shown |= {"matched": self.matched}
            case Kind.CALLED | Kind.UNKNOWN:
                pass
        return shown


class Book:
    """All legs of now and lately, by id, oldest first."""

    def __init__(self) -> None:
        self._legs: dict[str, Leg] = {}
        self._ids: dict[str, str] = {}
        #: Placed on lines, oldest first, their channels not yet known.
        self._dialled: list[Leg] = []

    def __iter__(self) -> Iterator[Leg]:
        return iter(self._legs.values())

    def get(self, leg: str) -> Leg | None:
        """By its id or Asterisk's. None for one that never was, or is too old."""
        return self._legs.get(self._ids.get(leg, leg))

    def open_legs(self) -> list[Leg]:
        """Those that have not ended."""
        return [leg for leg in self if leg.ended_at is None]

    def shown(self, leg: Leg) -> dict[str, object]:
        """The record with its agents' legs inside."""
        record = leg.as_json()
        if leg.kind is Kind.CUSTOMER:
            rung = [self._legs[each] for each in leg.agents if each in self._legs]
            record["agents"] = [each.as_json() for each in rung]
        return record

    def apply(self, event: Event) -> Leg:
        """Take one fact in; facts may come in any order and an ended leg stays ended."""
        leg = self.get(event.call) or self._on_a_line(event)
        if leg is None:
            leg = self._legs[event.call] = Leg(id=event.call)
            self._forget()
        match event.what:
            case What.PLACED:
                leg.asked = json.loads(event.text)
                leg.kind = Kind(str(leg.asked.pop("kind")))
                leg.caller, leg.called = str(leg.asked.pop("from")), str(leg.asked.pop("to"))
                leg.dialled = str(leg.asked.pop("dialled", ""))
                leg.placed_at = event.at
                if leg.dialled:
                    self._dialled.append(leg)
            case What.INVITE:
                leg.invited_at, leg.channel = event.at, event.text
            case What.RINGING:
                leg.ringing_at = leg.ringing_at or event.at
            case What.ANSWER:
                leg.answered_at = leg.answered_at or event.at
            case What.KEY:
                leg.keys.append(Key(key=event.text, at=event.at))
            case What.LEAVE | What.HANG_UP:
                leg.leaving = True
            case What.PULLED:
                leg.pulled = True
            case What.CALLED:
                leg.kind = Kind.CALLED
                leg.called, _, leg.caller = event.text.partition(";")
            case What.RING:
                self._rung(leg, event.text)
            case What.MEDIA:
                leg.media = event.text
            case What.REFUSED:
                leg.refused = event.text
            case What.END if leg.ended_at is None:
                cause, _, who = event.text.partition(";")
                leg.ended_at, leg.cause = event.at, int(cause)
                leg.ended_by = _ended_by(leg, who)
            case What.LOST if leg.ended_at is None:
                leg.ended_at, leg.ended_by = event.at, EndedBy.LOST
            case What.END | What.LOST:
                pass
        return leg

    def _on_a_line(self, event: Event) -> Leg | None:
        """The call whose channel this is: an analog line's doesn't take the id it is given."""
        line = event.text.rpartition("-")[0]
        if event.what is not What.INVITE or not line:
            return None
        self._dialled = [
            leg
            for leg in self._dialled
            if leg.invited_at is None and leg.ended_at is None and event.at - leg.began_at < TAKEN_S
        ]
        leg = next((each for each in self._dialled if each.dialled == line), None)
        if leg is not None:
            leg.channel_id = event.call
            self._ids[event.call] = leg.id
        return leg

    def _rung(self, leg: Leg, text: str) -> None:
        leg.kind = Kind.AGENT
        leg.called, leg.caller, leg.customer = (*text.split(";"), "", "")[:3]
        same = [
            each
            for each in self
            if each.kind is Kind.CUSTOMER and each.ended_at is None and each.caller == leg.caller
        ]
        leg.matched = "number" if leg.customer else "nobody"
        if leg.customer and len(same) > 1:
            leg.matched = "ambiguous"  # two customers call from one number
        if customer := self._legs.get(leg.customer):
            customer.agents.append(leg.id)

    def _forget(self) -> None:
        while len(self._legs) > KEEP:
            gone = self._legs.pop(next(iter(self._legs)))
            self._ids.pop(gone.channel_id, None)


def _ended_by(leg: Leg, who: str) -> EndedBy:
    if leg.pulled:
        return EndedBy.PULLED
    if leg.refused:
        return EndedBy.EXCHANGE
    if leg.leaving:
        return EndedBy.PARTY
    if who == "peer":
        return EndedBy.BOX
    if leg.answered_at is None:
        return EndedBy.PARTY  # a caller out of patience, a called party that refused
    return EndedBy.LOST
