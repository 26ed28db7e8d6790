"""Recordings in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from linebox.features.calls.model import Story
from linebox.features.recordings.opus import Opus
from linebox.features.recordings.peaks import Peaks


async def file(connection: AsyncConnection, stories: Sequence[Story]) -> None:
    """Note the recordings of calls that are over, in the transaction that files the calls.

    What has been converted already stays so, however often its call is told again.
    """
    rows = [
        (r.file, story.call.id, r.started_at, r.stopped_at)
        for story in stories
        for r in story.recordings
    ]
    if not rows:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO recordings (file, call_id, started_at, stopped_at, state)"
            " VALUES (%s, %s, %s, %s, 'raw') ON CONFLICT (file) DO UPDATE"
            " SET call_id = EXCLUDED.call_id, started_at = EXCLUDED.started_at,"
            " stopped_at = EXCLUDED.stopped_at",
            rows,
        )


async def oldest_raw(connection: AsyncConnection, rested_s: float) -> str | None:
    """A recording to convert: the oldest that stopped at least ``rested_s`` ago."""
    cursor = await connection.execute(
        "SELECT file FROM recordings WHERE state IN ('recording', 'raw')"
        " AND stopped_at < now() - make_interval(secs => %s) ORDER BY stopped_at LIMIT 1",
        (rested_s,),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def set_ready(connection: AsyncConnection, file: str, opus: Opus) -> None:
    await connection.execute(
        "UPDATE recordings SET state = 'ready', duration_s = %s, size_bytes = %s, sha256 = %s"
        " WHERE file = %s",
        (opus.duration_s, opus.size_bytes, opus.sha256, file),
    )
    await keep_peaks(connection, file, opus.peaks)


async def keep_peaks(connection: AsyncConnection, file: str, peaks: Peaks) -> None:
    await connection.execute(
        "INSERT INTO recording_peaks (file, step_s, caller, ours) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (file) DO UPDATE"
        " SET step_s = EXCLUDED.step_s, caller = EXCLUDED.caller, ours = EXCLUDED.ours",
        (file, peaks.step_s, peaks.caller, peaks.ours),
    )


async def peaks(connection: AsyncConnection, file: str) -> Peaks | None:
    """As measured when it was converted, or when somebody first looked."""
    cursor = await connection.execute(
        "SELECT step_s, caller, ours FROM recording_peaks WHERE file = %s", (file,)
    )
    row = await cursor.fetchone()
    return Peaks(step_s=row[0], caller=row[1], ours=row[2]) if row else None


async def set_missing(connection: AsyncConnection, file: str, reason: str) -> None:
    """The file can't be had: say so, and raise the alarm ``recording-missing``."""
    await connection.execute("UPDATE recordings SET state = 'missing' WHERE file = %s", (file,))
    await connection.execute(
        "INSERT INTO alarms (code, subject, fields) VALUES ('recording-missing', %s, %s)"
        " ON CONFLICT (code, subject) WHERE cleared_at IS NULL DO UPDATE"
        " SET count = alarms.count + 1, last_at = now(), fields = EXCLUDED.fields",
        (file, Jsonb({"reason": reason})),
    )


async def older(connection: AsyncConnection, days: int, limit: int) -> list[str]:
    """Recordings that stopped more than ``days`` ago and aren't waiting to be converted, the
    oldest first."""
    cursor = await connection.execute(
        "SELECT file FROM recordings WHERE state IN ('ready', 'missing')"
        " AND stopped_at < now() - make_interval(days => %s) ORDER BY stopped_at, file LIMIT %s",
        (days, limit),
    )
    return [file for (file,) in await cursor.fetchall()]


async def set_removed(connection: AsyncConnection, files: Sequence[str], days: int) -> None:
    """Their files are gone by rule: the rows stay and say so; an alarm about one is over."""
    names = list(files)
    await connection.execute(
        "UPDATE recordings SET state = 'removed', kept_days = %s WHERE file = ANY(%s)",
        (days, names),
    )
    await connection.execute("DELETE FROM recording_peaks WHERE file = ANY(%s)", (names,))
    await connection.execute(
        "UPDATE alarms SET cleared_at = now()"
        " WHERE code = 'recording-missing' AND subject = ANY(%s) AND cleared_at IS NULL",
        (names,),
    )


async def unknown(connection: AsyncConnection, files: Sequence[str]) -> set[str]:
    """Which of these no row names."""
    cursor = await connection.execute(
        "SELECT f FROM unnest(%s::text[]) AS f"
        " WHERE NOT EXISTS (SELECT 1 FROM recordings r WHERE r.file = f)",
        (list(files),),
    )
    return {file for (file,) in await cursor.fetchall()}


async def adopt(
    connection: AsyncConnection, file: str, uniqueid: str, stopped_at: datetime
) -> None:
    """File what lies on the disk though the journal doesn't tell of it, with its channel's call."""
    await connection.execute(
        "INSERT INTO recordings (file, call_id, started_at, stopped_at, state)"
        " SELECT %(file)s, coalesce(max(call_id), %(id)s), coalesce(max(started_at), %(at)s),"
        " %(at)s, 'raw' FROM call_legs WHERE uniqueid = %(id)s"
        " ON CONFLICT DO NOTHING",
        {"file": file, "id": uniqueid, "at": stopped_at},
    )
    await connection.execute(
        "UPDATE calls SET recordings = (SELECT count(*) FROM recordings WHERE call_id = calls.id)"
        " WHERE id = (SELECT call_id FROM recordings WHERE file = %s)",
        (file,),
    )
