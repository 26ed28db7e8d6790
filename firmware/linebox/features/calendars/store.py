"""Calendars in the database."""

from __future__ import annotations

from psycopg import AsyncConnection

from linebox.features.calendars.model import Calendar, Day, Hours
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found, new_id


async def read(connection: AsyncConnection) -> tuple[Calendar, ...]:
    """All calendars, by id; hours by weekday and time, days by date."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, id_: int) -> Calendar | None:
    """The calendar with this id."""
    return next(iter(await _rows(connection, id_)), None)


async def save(connection: AsyncConnection, author: Author, calendar: Calendar) -> int:
    """Make it (``id`` 0) or change it, hours and days and all; returns its id. Raises as
    ``changing``, and ``not-found``."""
    async with changing(connection, author, "calendar", calendar.id or calendar.name) as change:
        if calendar.id:
            change.before = found(await one(connection, calendar.id), "calendar", calendar.id)
            await connection.execute(
                "UPDATE calendars SET name = %s, always_open = %s WHERE id = %s",
                (calendar.name, calendar.always_open, calendar.id),
            )
            id_ = calendar.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO calendars (name, always_open) VALUES (%s, %s) RETURNING id",
                (calendar.name, calendar.always_open),
            )
        await connection.execute("DELETE FROM calendar_hours WHERE calendar_id = %s", (id_,))
        for hours in calendar.hours:
            await connection.execute(
                "INSERT INTO calendar_hours (calendar_id, weekday, opens, closes)"
                " VALUES (%s, %s, %s, %s)",
                (id_, hours.weekday, hours.opens, hours.closes),
            )
        await connection.execute("DELETE FROM calendar_days WHERE calendar_id = %s", (id_,))
        for day in calendar.days:
            await connection.execute(
                "INSERT INTO calendar_days (calendar_id, day, is_open, name)"
                " VALUES (%s, %s, %s, %s)",
                (id_, day.day, day.is_open, day.name),
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError`` ``not-found``, or ``in-use`` while a number keeps these hours."""
    async with changing(connection, author, "calendar", id_) as change:
        change.before = found(await one(connection, id_), "calendar", id_)
        await connection.execute("DELETE FROM calendars WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Calendar, ...]:
    keys = {"id": id_}
    hours: dict[int, list[Hours]] = {}
    cursor = await connection.execute(
        "SELECT calendar_id, weekday, opens, closes FROM calendar_hours"
        " WHERE %(id)s::integer IS NULL OR calendar_id = %(id)s"
        " ORDER BY calendar_id, weekday, opens",
        keys,
    )
    for calendar_id, weekday, opens, closes in await cursor.fetchall():
        row = Hours(weekday=weekday, opens=opens, closes=closes)
        hours.setdefault(calendar_id, []).append(row)
    days: dict[int, list[Day]] = {}
    cursor = await connection.execute(
        "SELECT calendar_id, day, is_open, name FROM calendar_days"
        " WHERE %(id)s::integer IS NULL OR calendar_id = %(id)s ORDER BY calendar_id, day",
        keys,
    )
    for calendar_id, day, is_open, name in await cursor.fetchall():
        days.setdefault(calendar_id, []).append(Day(day=day, is_open=is_open, name=name))
    cursor = await connection.execute(
        "SELECT id, name, always_open FROM calendars"
        " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
        keys,
    )
    return tuple(
        Calendar(
            id=number,
            name=name,
            always_open=always_open,
            hours=tuple(hours.get(number, ())),
            days=tuple(days.get(number, ())),
        )
        for number, name, always_open in await cursor.fetchall()
    )
