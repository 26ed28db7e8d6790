"""Who may hear and who heard or took which recording or message (REC-2, SEC-4)."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from linebox.base.errors import InputError

#: What stands before a message's file in ``recording_access``.
VOICEMAIL = "voicemail/"


async def find(
    connection: AsyncConnection, call_id: str, n: int, agent: str | None
) -> tuple[str, str]:
    """File and state of a call's ``n``-th recording. ``agent``: only of a call that they took part
    in. Raises ``InputError("no-recording")``."""
    cursor = await connection.execute(
        "SELECT file, state FROM recordings r WHERE call_id = %(id)s"
        " AND (%(agent)s::text IS NULL OR EXISTS (SELECT FROM calls c"
        "      WHERE c.id = r.call_id AND c.agents @> ARRAY[%(agent)s]))"
        " ORDER BY started_at, file OFFSET %(n)s LIMIT 1",
        {"id": call_id, "n": n, "agent": agent},
    )
    row = await cursor.fetchone()
    if row is None:
        raise InputError("no-recording")
    return row[0], row[1]


async def find_voicemail(
    connection: AsyncConnection, call_id: str, n: int, agent: str | None
) -> str:
    """File of a call's ``n``-th message. ``agent``: only one that they look after.

    Raises ``InputError("no-recording")``.
    """
    cursor = await connection.execute(
        "SELECT file FROM voicemails v WHERE call_id = %(id)s"
        " AND (%(agent)s::text IS NULL OR EXISTS (SELECT FROM follow_ups f"
        "      WHERE f.call_id = v.call_id AND f.owner = %(agent)s))"
        " ORDER BY left_at, file OFFSET %(n)s LIMIT 1",
        {"id": call_id, "n": n, "agent": agent},
    )
    row = await cursor.fetchone()
    if row is None:
        raise InputError("no-recording")
    return str(row[0])


async def note(
    connection: AsyncConnection, *, who: str, address: str, file: str, download: bool
) -> bool:
    """Keep that it was heard or taken; a player asks for many parts: once in ten minutes.

    Returns whether this is the first of them.
    """
    cursor = await connection.execute(
        "INSERT INTO recording_access (made_by, from_address, file, download)"
        " SELECT %(who)s, %(address)s, %(file)s, %(download)s WHERE NOT EXISTS ("
        "  SELECT 1 FROM recording_access WHERE file = %(file)s AND made_by = %(who)s"
        "   AND from_address = %(address)s AND download = %(download)s"
        "   AND at > now() - interval '10 minutes')",
        {"who": who, "address": address, "file": file, "download": download},
    )
    return cursor.rowcount > 0


async def heard(connection: AsyncConnection, call_id: str, file: str, who: str) -> None:
    """A message was listened to: say so on it and on the list of who is to be called back."""
    await connection.execute(
        "UPDATE voicemails SET heard_at = now() WHERE file = %s AND heard_at IS NULL", (file,)
    )
    await connection.execute(
        "INSERT INTO follow_up_log (made_by, follow_up, what)"
        " SELECT %s, id, 'heard' FROM follow_ups WHERE call_id = %s",
        (who, call_id),
    )


async def of_call(connection: AsyncConnection, call_id: str) -> list[DictRow]:
    """Who heard or took a call's recordings and messages, the latest first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT x.at, x.made_by, coalesce(g.name, a.name) AS name, x.from_address, x.download,"
            " f.voicemail FROM ("
            "   SELECT file, false AS voicemail FROM recordings WHERE call_id = %(id)s"
            "   UNION ALL SELECT %(prefix)s || file, true FROM voicemails WHERE call_id = %(id)s) f"
            " JOIN recording_access x ON x.file = f.file"
            " LEFT JOIN accounts a ON a.login = x.made_by LEFT JOIN agents g ON g.number = a.agent"
            " ORDER BY x.at DESC LIMIT 200",
            {"id": call_id, "prefix": VOICEMAIL},
        )
        return await cursor.fetchall()
