"""A time limit that also holds when PostgreSQL is frozen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import socket
from collections.abc import Coroutine

from psycopg import AsyncConnection

from linebox.base.errors import Unavailable


async def bounded[T](
    connection: AsyncConnection, work: Coroutine[None, None, T], limit_s: float
) -> T:
    """Run ``work`` on ``connection``; raises ``Unavailable("database-away")`` after ``limit_s``.

    psycopg answers a cancelled query by asking the server to cancel it and waiting for that, which
    a stopped server (SIGSTOP, a hung disk) never does. So the socket is shut down instead: libpq
    reads an end of file and gives up. The connection is of no use afterwards. The same is done
    when the caller is cancelled.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=limit_s)
        if not task.done():
            raise Unavailable("database-away", reason=f"no answer in {limit_s:g} s")
    finally:
        if not task.done():
            _hang_up(connection)
            await asyncio.wait({task}, timeout=1.0)
            task.cancel()
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await task
    return task.result()


def _hang_up(connection: AsyncConnection) -> None:
    with (
        contextlib.suppress(OSError, ValueError),
        socket.socket(fileno=os.dup(connection.fileno())) as copy,
    ):
        copy.shutdown(socket.SHUT_RDWR)


def is_spoken_to(connection: AsyncConnection) -> bool:
    """Whether the server said something unasked, as it does when it goes.

    A crash takes commits back that hadn't reached the disk, so with nothing to file either it must
    be noticed: the positions in memory are no longer those of the database.
    """
    return bool(select.select([connection.fileno()], [], [], 0)[0])


async def answer(connection: AsyncConnection) -> None:
    """Find out whether the server is there. Raises ``OperationalError`` when it isn't."""
    async with connection.transaction():
        await connection.execute("SELECT 1")
