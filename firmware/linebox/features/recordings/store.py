"""Recordings in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import AsyncConnection

from linebox.features.calls.model import Story


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
