"""What boardd found, filed: a card gets its number once, a span its number and first channel, a
port its line number, and keep them whatever card comes or goes (TEL-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from linebox.base.shapes import Count, Form, Length, Range, parse
from linebox.features.lines.model import E1_CHANNELS, PortKind, SpanKind
from linebox.features.settings import store as settings
from linebox.store.refusals import refusals

#: What DAHDI itself has room for (DAHDI_MAX_SPANS, DAHDI_MAX_CHANNELS).
_SPANS_MAX: Final = 128
_CHANNELS_MAX: Final = 1024
#: Their clock is the machine's own, so none of them gives it.
_WITHOUT_CLOCK: Final = ("local", "sim")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPort:
    """``position``: its place in the span; ``channel``: DAHDI's, None while unassigned."""

    position: Annotated[int, Range(1, 128)]
    kind: Annotated[str, Length(1, 20)]
    channel: Annotated[int, Range(1, _CHANNELS_MAX)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSpan:
    position: Annotated[int, Range(1, 64)]
    kind: Annotated[str, Length(1, 20)]
    number: Annotated[int, Range(1, _SPANS_MAX)] | None = None
    ports: Annotated[tuple[FoundPort, ...], Count(0, 128)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCard:
    """A card of ``GET /hardware`` (docs/names.md, "Cards and lines")."""

    key: Annotated[
        str,
        Length(1, 120),
        Form(r"@?[0-9A-Za-z_.:/-]+", "板卡的标识", "a card's key"),
    ]
    kind: Annotated[str, Length(1, 60)]
    zh: Annotated[str, Length(0, 100)]
    en: Annotated[str, Length(0, 100)]
    bus: Annotated[str, Length(1, 10)]
    location: Annotated[str, Length(0, 120)] = ""
    driver: Annotated[str, Length(0, 40)] = ""
    present: bool = True
    spans: Annotated[tuple[FoundSpan, ...], Count(0, 64)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """``changed``: something is there that wasn't, or has become another. ``may_apply``: nothing
    else waits to be applied, so that an apply brings no more than that into effect."""

    changed: bool
    may_apply: bool


def found(hardware: object) -> tuple[FoundCard, ...]:
    """The cards in the answer of ``GET /hardware`` that are known, as far as it matters here.

    Raises ``InputError("invalid-input")`` for what isn't one.
    """
    cards = hardware.get("cards", []) if isinstance(hardware, dict) else []
    return tuple(parse(FoundCard, _card(card)) for card in cards if _is_known(card))


def _is_known(card: object) -> bool:
    return isinstance(card, dict) and bool(card.get("known", True))


def _card(card: dict[str, Any]) -> dict[str, Any]:
    names = ("key", "kind", "zh", "en", "bus", "location", "driver", "present")
    spans = [span for span in card.get("spans") or [] if isinstance(span, dict)]
    return {
        **{name: card[name] for name in names if card.get(name) is not None},
        "spans": [
            {
                "position": _place(span.get("key")),
                "kind": span.get("kind"),
                "number": span.get("number"),
                "ports": [
                    {
                        "position": _place(port.get("key")),
                        "kind": port.get("kind"),
                        "channel": port.get("channel"),
                    }
                    for port in span.get("ports") or []
                    if isinstance(port, dict)
                ],
            }
            for span in spans
        ],
    }


def _place(key: object) -> int:
    """``…/3`` → 3; 0, which is refused, for anything else."""
    last = str(key).rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 5 else 0


async def take_up(connection: AsyncConnection, cards: Sequence[FoundCard]) -> TakenUp:
    """File them, in a transaction of its own or inside the caller's. Cards that are not among them
    stay, as absent; so do spans and ports that a card has no more.

    Raises ``InputError`` (``no-company``; ``value-not-allowed`` when DAHDI's numbers are used up)
    and ``Unavailable``.
    """
    with refusals("card"):
        async with connection.transaction():
            # Ids, channels and lines are counted from what there is: one at a time.
            await connection.execute("SELECT 1 FROM company FOR UPDATE")
            waiting, _ = await settings.unapplied(connection, limit=1)
            before = await _all(connection)
            for card in cards:
                await _file(connection, card)
            await connection.execute(
                "UPDATE cards SET present = false WHERE present AND NOT key = ANY(%s)",
                ([card.key for card in cards],),
            )
            changed = await _all(connection) != before
    return TakenUp(changed=changed, may_apply=waiting == 0)


async def _file(connection: AsyncConnection, card: FoundCard) -> None:
    row = await _one(
        connection,
        "INSERT INTO cards (number, key, kind, zh, en, bus, location, driver, present)"
        " VALUES ((SELECT coalesce(max(number), 0) + 1 FROM cards), %(key)s, %(kind)s, %(zh)s,"
        " %(en)s, %(bus)s, %(location)s, %(driver)s, %(present)s)"
        " ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, zh = excluded.zh,"
        " en = excluded.en, bus = excluded.bus, location = excluded.location,"
        " driver = excluded.driver, present = excluded.present RETURNING id",
        {
            "key": card.key,
            "kind": card.kind,
            "zh": card.zh,
            "en": card.en,
            "bus": card.bus,
            "location": card.location,
            "driver": card.driver,
            "present": card.present,
        },
    )
    for span in sorted(card.spans, key=lambda one: one.position):
        ports = [port for port in span.ports if port.kind in PortKind]
        if span.kind == SpanKind.E1:
            await _file_span(connection, row["id"], card, span, SpanKind.E1, E1_CHANNELS)
        elif ports:
            # A port whose module is missing has its channel all the same.
            length = max(port.position for port in span.ports)
            made = await _file_span(connection, row["id"], card, span, SpanKind.ANALOG, length)
            for port in sorted(ports, key=lambda one: one.position):
                await _file_port(connection, made, port)


async def _file_span(
    connection: AsyncConnection,
    card_id: int,
    card: FoundCard,
    span: FoundSpan,
    kind: SpanKind,
    length: int,
) -> dict[str, Any]:
    known = await _maybe(
        connection,
        "SELECT id, first_channel, channels FROM spans WHERE card_id = %s AND position = %s",
        (card_id, span.position),
    )
    if known is not None:
        return known
    first = min((port.channel for port in span.ports if port.channel), default=None)
    clocked = kind is SpanKind.E1 and card.bus not in _WITHOUT_CLOCK
    return await _one(
        connection,
        "INSERT INTO spans (id, card_id, position, kind, number, first_channel, channels, timing)"
        " VALUES (%(number)s, %(card)s, %(position)s, %(kind)s, %(number)s, %(first)s,"
        " %(channels)s,"
        " CASE WHEN %(clocked)s THEN (SELECT count(*) + 1 FROM spans WHERE timing > 0) ELSE 0 END)"
        " RETURNING id, first_channel, channels",
        {
            "card": card_id,
            "position": span.position,
            "kind": kind,
            "number": await _span_number(connection, span.number),
            "first": await _first_channel(connection, first, length),
            "channels": length,
            "clocked": clocked,
        },
    )


async def _span_number(connection: AsyncConnection, has: int | None) -> int:
    """DAHDI's own if it has assigned one that is free, else the next."""
    row = await _one(
        connection,
        "SELECT coalesce(max(number), 0) + 1 AS next, coalesce(bool_or(number = %s), false) AS used"
        " FROM spans",
        (has or 0,),
    )
    return has if has and not row["used"] else int(row["next"])


async def _first_channel(connection: AsyncConnection, has: int | None, length: int) -> int:
    row = await _one(
        connection,
        "SELECT coalesce(max(first_channel + channels), 1) AS next, coalesce(bool_or("
        " int4range(first_channel, first_channel + channels) && int4range(%(first)s, %(end)s)),"
        " false) AS used FROM spans",
        {"first": has or 1, "end": (has or 1) + length},
    )
    return has if has and not row["used"] else int(row["next"])


async def _file_port(connection: AsyncConnection, span: dict[str, Any], port: FoundPort) -> None:
    """A port that has become one of the other kind keeps its line; what was set of it is no more
    than what a new one has."""
    if port.position > span["channels"]:
        return  # the card has grown into what others have; its key would have changed
    known = await _maybe(
        connection,
        "SELECT id, kind FROM ports WHERE span_id = %s AND position = %s",
        (span["id"], port.position),
    )
    if known is None:
        await connection.execute(
            "INSERT INTO ports (id, line, span_id, position, kind, channel)"
            " SELECT coalesce(max(line), 0) + 1, coalesce(max(line), 0) + 1, %s, %s, %s, %s"
            " FROM ports",
            (span["id"], port.position, port.kind, span["first_channel"] + port.position - 1),
        )
    elif known["kind"] != port.kind:
        await connection.execute(
            "UPDATE ports SET kind = %s, trunk_id = NULL, number = '', extension = NULL"
            " WHERE id = %s",
            (port.kind, known["id"]),
        )


async def _all(connection: AsyncConnection) -> list[object]:
    """What is compiled of the hardware itself."""
    rows: list[object] = []
    queries: tuple[LiteralString, ...] = (
        "SELECT key, kind, bus, location, driver FROM cards ORDER BY id",
        "SELECT id FROM spans ORDER BY id",
        "SELECT id, kind FROM ports ORDER BY id",
    )
    for query in queries:
        rows += await (await connection.execute(query)).fetchall()
    return rows


async def _maybe(
    connection: AsyncConnection, query: LiteralString, values: tuple[object, ...]
) -> dict[str, Any] | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(query, values)).fetchone()


async def _one(
    connection: AsyncConnection,
    query: LiteralString,
    values: dict[str, object] | tuple[object, ...],
) -> dict[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        row = await (await cursor.execute(query, values)).fetchone()
    assert row is not None  # an aggregate or RETURNING gives a row
    return row
