"""Holds the list against the calls, now and then: nobody who was lost stays off it (ACD-7)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg
from psycopg import AsyncConnection

from linebox.base import retry
from linebox.base.errors import Unavailable
from linebox.features.follow_ups import store
from linebox.store.bounded import bounded

log = logging.getLogger(__name__)

type Connect = Callable[[], Awaitable[AsyncConnection]]

_DAYS = 3
_QUERY_S = 30.0
_EVERY_S = 3600.0
#: Waits in such steps, to say that it lives.
_STEP_S = 10.0


async def reconcile(connect: Connect) -> int:
    """Look once; returns how many calls were put on the list, which filing had left out."""
    async with asyncio.timeout(5):
        connection = await connect()
    try:
        found = await bounded(connection, _look(connection), _QUERY_S)
    finally:
        await connection.close()
    if found:
        log.warning("%d lost calls weren't on the list of those to call back", found)
    return found


async def _look(connection: AsyncConnection) -> int:
    async with connection.transaction():
        return await store.reconcile(connection, _DAYS)


async def run(connect: Connect, alive: Callable[[], None]) -> None:
    """Look at every start and each hour, for ever; waits while PostgreSQL is away."""

    async def hourly() -> None:
        while True:
            alive()
            await reconcile(connect)
            for _ in range(int(_EVERY_S / _STEP_S)):
                alive()
                await asyncio.sleep(_STEP_S)

    await retry.forever(
        "follow-ups",
        hourly,
        retry_on=(Unavailable, psycopg.Error, TimeoutError, OSError),
        cap_s=30.0,
    )
