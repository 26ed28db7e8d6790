"""A time limit that also holds when PostgreSQL is frozen."""

from __future__ import annotations

import asyncio
import contextlib
import os
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
