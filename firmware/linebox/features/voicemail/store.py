"""Messages in PostgreSQL (VM-1)."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import AsyncConnection

from linebox.features.calls.model import Story


async def file(connection: AsyncConnection, stories: Sequence[Story]) -> None:
    """Note the messages of calls that are over, in the transaction that files the calls."""
    rows = [
        (m.file, story.call.id, m.mailbox, story.call.from_number, m.left_at, m.duration_s)
        for story in stories
        for m in story.messages
    ]
    if not rows:
        return
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO voicemails (file, call_id, mailbox, from_number, left_at, duration_s)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (file) DO UPDATE"
            " SET call_id = EXCLUDED.call_id, mailbox = EXCLUDED.mailbox,"
            " from_number = EXCLUDED.from_number, left_at = EXCLUDED.left_at,"
            " duration_s = EXCLUDED.duration_s",
            rows,
        )
