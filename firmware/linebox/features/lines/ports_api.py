"""Cards, their ports and what these did, over HTTP (TEL-2). boardd tells them; names come from the
settings and calls from calld, and without these two the ports are told all the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import psycopg
from psycopg.rows import dict_row

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import LineboxError, Unavailable
from linebox.base.rights import NUMBERS_WHOLE
from linebox.base.shapes import Count, Length, Range
from linebox.features.agents.calld import Calld
from linebox.features.lines import ports_store
from linebox.features.lines.boardd import Boardd
from linebox.features.lines.ports_calls import PortCall, PortCalls
from linebox.features.lines.ports_store import PortEvents
from linebox.hw.protocols import (
    BoardName,
    Bus,
    Card,
    Counters,
    Fault,
    Hardware,
    Key,
    LineAlarm,
    Port,
    PortState,
    PortType,
    Span,
    SpanType,
)
from linebox.model.masking import shown
from linebox.store.pool import Database

log = logging.getLogger(__name__)

_PAGE: Final = 50
_NAMES: Final = """
SELECT c.key AS card, c.number AS card_number, s.position AS span, t.name AS trunk,
    p.position AS port, p.line, p.number, coalesce(p.extension, '') AS extension,
    pt.name AS port_trunk
FROM cards c JOIN spans s ON s.card_id = c.id LEFT JOIN trunks t ON t.id = s.trunk_id
    LEFT JOIN ports p ON p.span_id = s.id LEFT JOIN trunks pt ON pt.id = p.trunk_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkOnPort:
    """``number``: of the caller, as far as the asker may see it; ``agent``: a staff number."""

    id: str
    number: str
    agent: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PortNow:
    """``line``: what people call it; ``number``: the line's own; ``trunk``, ``extension``: what it
    serves, empty for nothing."""

    key: str
    channel: int | None
    kind: PortType
    state: PortState
    alarm: LineAlarm | None
    battery_mv: int | None
    level_db: float | None
    since: datetime | None
    line: int | None
    number: str
    trunk: str
    extension: str
    call: TalkOnPort | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanNow:
    key: str
    kind: SpanType
    number: int | None
    alarms: tuple[LineAlarm, ...]
    crc4: bool
    source: bool
    counters: Counters | None
    trunk: str
    ports: Annotated[tuple[PortNow, ...], Count(0, 256)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNow:
    """``number``: what people call it; None until it is filed."""

    key: str
    number: int | None
    kind: str
    zh: str
    en: str
    bus: Bus
    location: str
    ids: str
    driver: str
    known: bool
    present: bool
    spans: tuple[SpanNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareNow:
    """``at``: when boardd looked last; ``event``: the newest one's number; ``calls_known``: calld
    and Asterisk told who talks."""

    board: BoardName
    fault: Fault | None
    at: datetime
    event: int
    calls_known: bool
    cards: tuple[CardNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareQuery:
    """``after``: the event that is known; the answer comes with the next one or after a second."""

    after: Annotated[int, Range(0, 2**53)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortEventsQuery:
    """``key``: of one card, span or port, with all that is on it; ``before``: an event's id."""

    key: Annotated[str, Length(0, 200)] = ""
    before: Annotated[int, Range(1, 2**53)] | None = None
    limit: Annotated[int, Range(1, 200)] = _PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockWish:
    port: Key
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetWish:
    card: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """By key: a card's number; a span's trunk; a port's line, number, trunk and extension."""

    cards: Mapping[str, int]
    spans: Mapping[str, str]
    ports: Mapping[str, tuple[int, str, str, str]]


@endpoint("GET", "/api/hardware", "Telephone cards, their ports and what each does now")
async def get_hardware(
    query: HardwareQuery, ask: Ask, boardd: Boardd, calld: Calld, db: Database
) -> HardwareNow:
    hardware, names = await asyncio.gather(boardd.hardware(query.after), _names(db))
    calls = await _calls(calld) if hardware.cards else {}
    return _joined(hardware, names, calls, ask)


@endpoint("GET", "/api/port-events", "What cards, spans and ports did, the newest first")
async def list_port_events(query: PortEventsQuery, db: Database) -> PortEvents:
    """Kept 92 days. An E1's channels have no events of their own: its span tells its alarms."""
    keys = _with_above(query.key)
    async with db.transaction() as connection:
        return await ports_store.page(connection, keys, query.before, query.limit)


@endpoint(
    "POST", "/api/hardware/block", "Take an analog port out of use, or back", errors=(404, 409)
)
async def block_port(body: BlockWish, boardd: Boardd) -> None:
    """A call on it goes on; then it takes and makes none, also after a restart."""
    await boardd.block(body.port, blocked=body.blocked)


@endpoint("POST", "/api/hardware/forget", "Forget a card that won't come back", errors=(404, 409))
async def forget_card(body: ForgetWish, boardd: Boardd) -> None:
    """It is no longer told as gone. Its lines keep their numbers in the settings."""
    await boardd.forget(body.card)


def _with_above(key: str) -> list[str]:
    """A port's history has its span's and its card's: their faults are its own. Keys may have
    slashes of their own, so every beginning of it is looked for."""
    parts = key.split("/")
    return ["/".join(parts[:n]) for n in range(len(parts), 0, -1)] if key else []


async def _calls(calld: Calld) -> Mapping[int, PortCall] | None:
    """By channel; None: not known."""
    try:
        told = await calld.told(PortCalls, "GET", "/port-calls", None)
    except LineboxError as error:
        log.info("who talks on the ports isn't known: %s", error)
        return None
    return {one.channel: one for one in told.items}


async def _names(db: Database) -> _Names:
    cards: dict[str, int] = {}
    spans: dict[str, str] = {}
    ports: dict[str, tuple[int, str, str, str]] = {}
    try:
        async with (
            db.transaction() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(_NAMES)
            rows = await cursor.fetchall()
    except (psycopg.Error, Unavailable) as error:
        log.info("the lines' names aren't known: %s", error)
        rows = []
    for row in rows:
        span = f"{row['card']}/{row['span']}"
        cards[row["card"]] = row["card_number"]
        spans[span] = row["trunk"] or ""
        if row["line"] is not None:
            told = (row["line"], row["number"], row["port_trunk"] or "", row["extension"])
            ports[f"{span}/{row['port']}"] = told
    return _Names(cards=cards, spans=spans, ports=ports)


def _joined(
    hardware: Hardware, names: _Names, calls: Mapping[int, PortCall] | None, ask: Ask
) -> HardwareNow:
    return HardwareNow(
        board=hardware.board,
        fault=hardware.fault,
        at=hardware.at,
        event=hardware.event,
        calls_known=calls is not None,
        cards=tuple(_card(card, names, calls or {}, ask) for card in hardware.cards),
    )


def _card(card: Card, names: _Names, calls: Mapping[int, PortCall], ask: Ask) -> CardNow:
    return CardNow(
        key=card.key,
        number=names.cards.get(card.key),
        kind=card.kind,
        zh=card.zh,
        en=card.en,
        bus=card.bus,
        location=card.location,
        ids=card.ids,
        driver=card.driver,
        known=card.known,
        present=card.present,
        spans=tuple(_span(span, names, calls, ask) for span in card.spans),
    )


def _span(span: Span, names: _Names, calls: Mapping[int, PortCall], ask: Ask) -> SpanNow:
    return SpanNow(
        key=span.key,
        kind=span.kind,
        number=span.number,
        alarms=span.alarms,
        crc4=span.crc4,
        source=span.source,
        counters=span.counters,
        trunk=names.spans.get(span.key, ""),
        ports=tuple(_port(port, names, calls, ask) for port in span.ports),
    )


def _port(port: Port, names: _Names, calls: Mapping[int, PortCall], ask: Ask) -> PortNow:
    line, number, trunk, extension = names.ports.get(port.key, (None, "", "", ""))
    call = calls.get(port.channel or 0)
    talks = call is not None and port.state in (PortState.IDLE, PortState.UNUSED)
    return PortNow(
        key=port.key,
        channel=port.channel,
        kind=port.kind,
        state=PortState.TALKING if talks else port.state,
        alarm=port.alarm,
        battery_mv=port.battery_mv,
        level_db=port.level_db,
        since=call.since if call and talks else port.since,
        line=line,
        number=number,
        trunk=trunk,
        extension=extension,
        call=_talk(call, ask) if call else None,
    )


def _talk(call: PortCall, ask: Ask) -> TalkOnPort:
    whole = ask.may(NUMBERS_WHOLE)
    number = shown(call.number, ask.role, own=False, whole=whole)
    return TalkOnPort(id=call.id, number=number, agent=call.agent, since=call.since)


ENDPOINTS = (get_hardware, list_port_events, block_port, forget_card)
