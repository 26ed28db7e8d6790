"""Recording rules in the database: one row."""

from __future__ import annotations

from psycopg import AsyncConnection

from linebox.features.recordings.model import RecordingRules
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing


async def read(connection: AsyncConnection) -> RecordingRules:
    """The rules as they are saved."""
    cursor = await connection.execute("SELECT keep_days, calls_out FROM recording_rules")
    row = await cursor.fetchone()
    return RecordingRules(keep_days=row[0], calls_out=row[1]) if row else RecordingRules()


async def save(connection: AsyncConnection, author: Author, new: RecordingRules) -> None:
    """Raises as ``changing``."""
    async with changing(connection, author, "recording-rules", "recording-rules") as change:
        change.before = await read(connection)
        await connection.execute(
            "INSERT INTO recording_rules (keep_days, calls_out) VALUES (%s, %s)"
            " ON CONFLICT (one) DO UPDATE"
            " SET keep_days = EXCLUDED.keep_days, calls_out = EXCLUDED.calls_out",
            (new.keep_days, new.calls_out),
        )
        change.after = await read(connection)
