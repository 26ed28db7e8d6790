"""Generations as confd wrote them down, read for people. confd alone writes them."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row


async def read(connection: AsyncConnection, *, before: int | None, limit: int) -> list[DictRow]:
    """The newest, or those with a smaller number than ``before``."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT number, hash, state, made_by, note, made_at, switched_at, error"
            " FROM generations WHERE %(before)s::integer IS NULL OR number < %(before)s"
            " ORDER BY number DESC LIMIT %(limit)s",
            {"before": before, "limit": limit},
        )
        return await cursor.fetchall()
