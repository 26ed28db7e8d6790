"""Deletes recordings that were kept as long as the rules say (REC-1).

At each recording the file goes first, then its row says ``removed``: whatever is killed between
the two, the file's absence does no harm and the row is done the next time. One that isn't
converted yet waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import AsyncConnection

from linebox.base import retry
from linebox.base.errors import Unavailable
from linebox.features.recordings import rules, store
from linebox.store.bounded import bounded

log = logging.getLogger(__name__)

type Connect = Callable[[], Awaitable[AsyncConnection]]

_QUERY_S = 10.0
#: Between looks when nothing is left to remove.
_PAUSE_S = 600.0
#: Between batches: calls' own writes come first.
_BREATH_S = 0.5
_BATCH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """Recordings whose time is over, after ``keep_days``."""

    files: Sequence[str]
    keep_days: int


async def remove_some(connection: AsyncConnection, folder: Path, *, batch: int = _BATCH) -> int:
    """Remove the oldest recordings beyond the rules' time, at most ``batch``; returns how many.

    Raises ``OSError`` when a file can't be deleted: its row then stays as it was.
    """
    over = await bounded(connection, _over(connection, batch), _QUERY_S)
    if over is None or not over.files:
        return 0
    await asyncio.to_thread(_delete, folder, over.files)
    await bounded(connection, _removed(connection, over), _QUERY_S)
    return len(over.files)


async def run(connect: Connect, folder: Path, alive: Callable[[], None]) -> None:
    """Look at every start and each ten minutes, for ever; waits while PostgreSQL is away."""

    async def keep() -> None:
        while True:
            alive()
            await _all(connect, folder, alive)
            for _ in range(int(_PAUSE_S / 5.0)):
                alive()
                await asyncio.sleep(5.0)

    await retry.forever(
        "recordings' time",
        keep,
        retry_on=(Unavailable, psycopg.Error, TimeoutError, OSError),
        cap_s=60.0,
    )


async def _all(connect: Connect, folder: Path, alive: Callable[[], None]) -> None:
    async with asyncio.timeout(5):
        connection = await connect()
    try:
        while removed := await remove_some(connection, folder):
            log.info("%d recordings were kept as long as the rules say: removed", removed)
            alive()
            await asyncio.sleep(_BREATH_S)
    finally:
        await connection.close()


async def _over(connection: AsyncConnection, batch: int) -> Over | None:
    async with connection.transaction():
        keep_days = (await rules.read(connection)).keep_days
        if keep_days is None:
            return None
        files = await store.older(connection, keep_days, batch)
        return Over(files=files, keep_days=keep_days)


async def _removed(connection: AsyncConnection, over: Over) -> None:
    async with connection.transaction():
        await store.set_removed(connection, over.files, over.keep_days)


def _delete(folder: Path, files: Sequence[str]) -> None:
    """Every form of each, and the days' folders that are empty then."""
    days = set()
    for file in files:
        for ending in (".opus", ".raw"):
            path = folder / f"{file}{ending}"
            path.unlink(missing_ok=True)
            days.add(path.parent)
    for day in days - {folder}:
        with contextlib.suppress(OSError):
            day.rmdir()
