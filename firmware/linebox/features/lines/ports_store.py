"""What ports did, in the database (TEL-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from psycopg import AsyncConnection
from psycopg.rows import class_row

from linebox.base.shapes import Count, Length, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of boardd's ``GET /events``."""

    n: Annotated[int, Range(1, 2**31 - 1)]
    at: datetime
    what: Literal["card", "span", "port"]
    key: Annotated[str, Length(1, 200)]
    was: Annotated[str, Length(0, 100)]
    is_: Annotated[str, Length(0, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortEvent:
    """``was``, ``became``: of a card ``present`` ``absent``, of a span its alarms (``los+red``,
    else ``ok``), of a port its state, with the alarm's word where it has one."""

    id: Annotated[int, Range(1, 2**63 - 1)]
    at: datetime
    what: str
    key: str
    was: str
    became: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortEvents:
    """The newest first. ``next``: what ``before`` is for the page after; None at the end."""

    items: Annotated[tuple[PortEvent, ...], Count(0, 500)]
    next: Annotated[int, Range(1, 2**63 - 1)] | None


async def last(connection: AsyncConnection, start: str) -> int:
    """The newest event filed of that start of boardd; 0: none."""
    cursor = await connection.execute(
        "SELECT coalesce(max(n), 0) FROM port_events WHERE start = %s", (start,)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def file(connection: AsyncConnection, start: str, events: Sequence[Event]) -> None:
    """Each once, however often it is told."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO port_events (start, n, at, what, key, was, became)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (start, n) DO NOTHING",
            [(start, one.n, one.at, one.what, one.key, one.was, one.is_) for one in events],
        )


async def forget(connection: AsyncConnection, days: int) -> int:
    """Delete what is older; at most 20 000 at once. Returns how many."""
    cursor = await connection.execute(
        "DELETE FROM port_events WHERE id IN (SELECT id FROM port_events"
        " WHERE at < now() - make_interval(days => %s) ORDER BY at LIMIT 20000)",
        (days,),
    )
    return cursor.rowcount


async def page(
    connection: AsyncConnection, keys: Sequence[str], before: int | None, limit: int
) -> PortEvents:
    """Of these cards, spans and ports; of all when ``keys`` is empty."""
    async with connection.cursor(row_factory=class_row(PortEvent)) as cursor:
        await cursor.execute(
            "SELECT id, at, what, key, was, became FROM port_events"
            " WHERE (%(all)s OR key = ANY(%(keys)s))"
            " AND (%(before)s::bigint IS NULL OR id < %(before)s)"
            " ORDER BY id DESC LIMIT %(limit)s",
            {"all": not keys, "keys": list(keys), "before": before, "limit": limit + 1},
        )
        rows = await cursor.fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    return PortEvents(items=tuple(rows), next=rows[-1].id if more else None)
