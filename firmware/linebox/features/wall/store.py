"""Links to the wall in the database."""

from __future__ import annotations

from psycopg import AsyncConnection


async def note(connection: AsyncConnection, link: str, by: str) -> None:
    """Keep that ``by`` made it."""
    await connection.execute("INSERT INTO wall_links (id, made_by) VALUES (%s, %s)", (link, by))


async def end_all(connection: AsyncConnection, by: str) -> int:
    """End every link there is; how many were open."""
    cursor = await connection.execute(
        "UPDATE wall_links SET ended_at = now(), ended_by = %s WHERE ended_at IS NULL", (by,)
    )
    return cursor.rowcount


async def ended(connection: AsyncConnection) -> frozenset[str]:
    """The ids of those that were ended."""
    cursor = await connection.execute("SELECT id FROM wall_links WHERE ended_at IS NOT NULL")
    return frozenset(row[0] for row in await cursor.fetchall())


async def company(connection: AsyncConnection) -> tuple[str, str, str] | None:
    """Name in zh, in en, time zone; None before the company is set up."""
    cursor = await connection.execute("SELECT name_zh, name_en, time_zone FROM company")
    return await cursor.fetchone()
