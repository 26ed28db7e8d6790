"""Who heard or took which recording (REC-2, SEC-4), in the database."""

from __future__ import annotations

from psycopg import AsyncConnection

from linebox.base.errors import InputError


async def find(connection: AsyncConnection, call_id: str, n: int) -> tuple[str, str]:
    """File and state of a call's ``n``-th recording. Raises ``InputError("no-recording")``."""
    cursor = await connection.execute(
        "SELECT file, state FROM recordings WHERE call_id = %s"
        " ORDER BY started_at, file OFFSET %s LIMIT 1",
        (call_id, n),
    )
    row = await cursor.fetchone()
    if row is None:
        raise InputError("no-recording")
    return row[0], row[1]


async def note(
    connection: AsyncConnection, *, who: str, address: str, file: str, download: bool
) -> None:
    """Keep that it was heard or taken; a player asks for many parts: once in ten minutes."""
    await connection.execute(
        "INSERT INTO recording_access (made_by, from_address, file, download)"
        " SELECT %(who)s, %(address)s, %(file)s, %(download)s WHERE NOT EXISTS ("
        "  SELECT 1 FROM recording_access WHERE file = %(file)s AND made_by = %(who)s"
        "   AND from_address = %(address)s AND download = %(download)s"
        "   AND at > now() - interval '10 minutes')",
        {"who": who, "address": address, "file": file, "download": download},
    )
