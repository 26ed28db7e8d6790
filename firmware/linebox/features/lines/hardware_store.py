"""Cards, spans and ports in the database. Rows are made by what boardd finds alone
(``take_up.py``); people change what is set of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from linebox.features.lines.model import Card, Hardware, Port, Span
from linebox.features.settings.model import Author
from linebox.features.settings.rebuild import rebuilt
from linebox.features.settings.service import changing, found

_SPANS: Final[LiteralString] = (
    "SELECT s.id, card_id, c.key AS card_key, c.bus, c.driver, position, s.kind,"
    " s.number, first_channel, channels, trunk_id, signalling, crc4, line_code, timing,"
    " called_plan, caller_plan, overlap, r2_called_digits, r2_caller_digits, blocked, echo,"
    " line_mode FROM spans s JOIN cards c ON c.id = card_id"
    " WHERE %(id)s::integer IS NULL OR s.id = %(id)s ORDER BY s.number"
)
_PORTS: Final[LiteralString] = (
    "SELECT id, span_id, position, kind, channel, line, trunk_id, number, caller_id,"
    " answer_polarity, hangup_polarity, hangup_busy, busy_pattern, busy_count, quiet_min,"
    " quiet_wait_min, extension, shows_caller, flash, flash_ms, rx_gain_db, tx_gain_db,"
    " echo, impedance FROM ports"
    " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY line"
)


async def read(connection: AsyncConnection) -> Hardware:
    """All that was ever found, by number of card and span, by line."""
    async with connection.cursor(row_factory=class_row(Card)) as cursor:
        await cursor.execute(
            "SELECT id, number, key, kind, zh, en, bus, location, driver, present FROM cards"
            " ORDER BY number"
        )
        cards = tuple(await cursor.fetchall())
    return Hardware(cards=cards, spans=await spans(connection), ports=await ports(connection))


async def spans(connection: AsyncConnection) -> tuple[Span, ...]:
    return tuple(rebuilt(Span, row) for row in await _rows(connection, _SPANS, None))


async def span(connection: AsyncConnection, id_: int) -> Span | None:
    return next((rebuilt(Span, row) for row in await _rows(connection, _SPANS, id_)), None)


async def ports(connection: AsyncConnection) -> tuple[Port, ...]:
    return tuple(rebuilt(Port, row) for row in await _rows(connection, _PORTS, None))


async def port(connection: AsyncConnection, id_: int) -> Port | None:
    return next((rebuilt(Port, row) for row in await _rows(connection, _PORTS, id_)), None)


async def save_span(connection: AsyncConnection, author: Author, new: Span) -> None:
    """Change what is set of it. Raises as ``changing``, and ``not-found``."""
    async with changing(connection, author, "span", new.id) as change:
        change.before = found(await span(connection, new.id), "span", new.id)
        await connection.execute(
            "UPDATE spans SET trunk_id = %(trunk_id)s, signalling = %(signalling)s,"
            " crc4 = %(crc4)s, line_code = %(line_code)s, timing = %(timing)s,"
            " called_plan = %(called_plan)s, caller_plan = %(caller_plan)s, overlap = %(overlap)s,"
            " r2_called_digits = %(r2_called_digits)s, r2_caller_digits = %(r2_caller_digits)s,"
            " blocked = %(blocked)s, echo = %(echo)s, line_mode = %(line_mode)s WHERE id = %(id)s",
            asdict(new),
        )
        change.after = await span(connection, new.id)


async def save_port(connection: AsyncConnection, author: Author, new: Port) -> None:
    """Change what is set of it. Raises as ``changing``, and ``not-found``."""
    async with changing(connection, author, "port", new.id) as change:
        change.before = found(await port(connection, new.id), "port", new.id)
        await connection.execute(
            "UPDATE ports SET trunk_id = %(trunk_id)s, number = %(number)s,"
            " caller_id = %(caller_id)s, answer_polarity = %(answer_polarity)s,"
            " hangup_polarity = %(hangup_polarity)s, hangup_busy = %(hangup_busy)s,"
            " busy_pattern = %(busy_pattern)s, busy_count = %(busy_count)s,"
            " quiet_min = %(quiet_min)s, quiet_wait_min = %(quiet_wait_min)s,"
            " extension = %(extension)s, shows_caller = %(shows_caller)s, flash = %(flash)s,"
            " flash_ms = %(flash_ms)s, rx_gain_db = %(rx_gain_db)s, tx_gain_db = %(tx_gain_db)s,"
            " echo = %(echo)s, impedance = %(impedance)s WHERE id = %(id)s",
            asdict(new),
        )
        change.after = await port(connection, new.id)


async def _rows(
    connection: AsyncConnection, query: LiteralString, id_: int | None
) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, {"id": id_})
        return await cursor.fetchall()
