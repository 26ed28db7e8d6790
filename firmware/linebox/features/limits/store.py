"""Limits of calls out in the database, and the alarms of what they refused."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import AsyncConnection

from linebox.asterisk.journals import CelRecord, note
from linebox.features.limits.model import CallLimits
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing

_ALARM = """
INSERT INTO alarms (code, subject, count) VALUES (%s, %s, %s)
ON CONFLICT (code, subject) WHERE cleared_at IS NULL DO UPDATE
SET count = CASE WHEN alarms.last_at < now() - interval '1 day' THEN 0 ELSE alarms.count END
        + EXCLUDED.count,
    since = CASE WHEN alarms.last_at < now() - interval '1 day' THEN now() ELSE alarms.since END,
    last_at = now()
"""


async def read(connection: AsyncConnection) -> CallLimits:
    """The limits as they are saved."""
    cursor = await connection.execute(
        "SELECT countries, abroad_hours, minutes_day, calls_at_once FROM call_limits"
    )
    row = await cursor.fetchone()
    if row is None:
        return CallLimits()
    return CallLimits(
        countries=tuple(row[0]), abroad_hours=row[1], minutes_day=row[2], calls_at_once=row[3]
    )


async def save(connection: AsyncConnection, author: Author, new: CallLimits) -> None:
    """Raises as ``changing``; ``no-such-reference`` when there is no such calendar."""
    async with changing(connection, author, "limits", "limits") as change:
        change.before = await read(connection)
        await connection.execute(
            "INSERT INTO call_limits (countries, abroad_hours, minutes_day, calls_at_once)"
            " VALUES (%(countries)s, %(hours)s, %(minutes)s, %(calls)s)"
            " ON CONFLICT (one) DO UPDATE SET countries = EXCLUDED.countries,"
            " abroad_hours = EXCLUDED.abroad_hours, minutes_day = EXCLUDED.minutes_day,"
            " calls_at_once = EXCLUDED.calls_at_once",
            {
                "countries": list(new.countries),
                "hours": new.abroad_hours,
                "minutes": new.minutes_day,
                "calls": new.calls_at_once,
            },
        )
        change.after = await read(connection)


async def file(connection: AsyncConnection, records: Sequence[CelRecord]) -> None:
    """An alarm for each phone that was refused, by reason, in the transaction that files it. They
    stand for a day after the last refusal (``diagnostics.alarms``)."""
    refused: dict[tuple[str, str], int] = {}
    for record in records:
        if record.event != "LB_DENY":
            continue
        said = note(record.extra)
        if said.get("what") == "toll":
            key = (f"toll-{said.get('why', '')}"[:40], said.get("ext", "")[:40])
            refused[key] = refused.get(key, 0) + 1
    for (code, phone), count in sorted(refused.items()):
        await connection.execute(_ALARM, (code, phone, count))
