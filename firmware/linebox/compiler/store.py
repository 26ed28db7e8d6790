"""What confd writes of generations; people read it by ``features/settings/generations.py``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from linebox.base.errors import LineboxError
from linebox.base.messages import told_error


async def last_number(connection: AsyncConnection) -> int:
    """The highest number ever given; 0 before the first."""
    row = await (await connection.execute("SELECT max(number) FROM generations")).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


async def hashes(connection: AsyncConnection, numbers: Collection[int]) -> frozenset[str] | None:
    """The hashes of these generations; None when one of them is unknown here."""
    rows = await connection.execute(
        "SELECT number, hash FROM generations WHERE number = ANY(%s)", (list(numbers),)
    )
    known: dict[int, str] = dict(await rows.fetchall())
    return frozenset(known.values()) if known.keys() >= set(numbers) else None


async def add(
    connection: AsyncConnection,
    number: int,
    hash_: str,
    *,
    by: str,
    note: str,
    at: datetime,
    settings: int | None = None,
) -> None:
    """A generation is being built. ``settings``: the version of those that are saved already."""
    await connection.execute(
        "INSERT INTO generations (number, hash, state, made_by, note, made_at, settings)"
        " VALUES (%s, %s, 'building', %s, %s, %s, %s)",
        (number, hash_, by, note, at, settings),
    )


async def switching(connection: AsyncConnection, number: int) -> None:
    """Asterisk is being led to it."""
    await connection.execute(
        "UPDATE generations SET state = 'switching' WHERE number = %s", (number,)
    )


async def current(
    connection: AsyncConnection, number: int, hash_: str, *, at: datetime, settings: int | None
) -> None:
    """Asterisk runs it. A database that never heard of it (restored) learns of it here.

    ``settings``: the version of the settings that it was made of; None: as it is known.
    """
    async with connection.transaction():
        await connection.execute(
            "UPDATE generations SET state = 'superseded' WHERE state = 'current' AND number <> %s",
            (number,),
        )
        await connection.execute(
            "INSERT INTO generations (number, hash, state, made_by, switched_at, settings)"
            " VALUES (%(number)s, %(hash)s, 'current', 'confd', %(at)s, %(settings)s)"
            " ON CONFLICT (number) DO UPDATE SET state = 'current', switched_at = %(at)s,"
            " error = NULL, settings = coalesce(%(settings)s, generations.settings)",
            {"number": number, "hash": hash_, "at": at, "settings": settings},
        )


async def is_current(connection: AsyncConnection, number: int) -> bool:
    """Whether it was told to be current, and with that its draft saved."""
    row = await connection.execute(
        "SELECT 1 FROM generations WHERE number = %s AND state = 'current'", (number,)
    )
    return await row.fetchone() is not None


async def has(connection: AsyncConnection, number: int, *, settings: int) -> None:
    """The current generation says what the settings of this version say."""
    await connection.execute(
        "UPDATE generations SET settings = %s WHERE number = %s", (settings, number)
    )


async def ended(connection: AsyncConnection, number: int, state: str, error: LineboxError) -> None:
    """It did not become current: ``state`` is ``refused`` or ``rolled-back``, and why."""
    await connection.execute(
        "UPDATE generations SET state = %s, error = %s WHERE number = %s",
        (state, Jsonb(told_error(error)), number),
    )


async def interrupted(connection: AsyncConnection) -> None:
    """What was under way when its builder was killed before the switch began."""
    rows = await connection.execute(
        "SELECT number FROM generations WHERE state IN ('building', 'switching')"
    )
    for (number,) in await rows.fetchall():
        await ended(connection, number, "rolled-back", LineboxError("interrupted", number=number))
