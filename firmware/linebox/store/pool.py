"""A few connections kept open for a daemon that serves requests."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from psycopg import AsyncConnection, OperationalError, errors

from linebox.base.errors import Unavailable
from linebox.store.db import connect_async

type Connect = Callable[[], Awaitable[AsyncConnection]]


class Database:
    """Lends connections, at most ``size`` at a time; opens them when needed, forgets broken ones.

    Nothing is opened before the first use, so a daemon starts whether or not PostgreSQL is up.
    """

    def __init__(
        self,
        connect: Connect = connect_async,
        *,
        size: int = 4,
        wait_s: float = 3.0,
        limit_s: float = 6.0,
    ) -> None:
        self._connect = connect
        self._idle: list[AsyncConnection] = []
        self._free = asyncio.Semaphore(size)
        self._wait_s = wait_s
        self._limit_s = limit_s
        self._closed = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back on an error, ended after ``limit_s``.

        Raises ``Unavailable("database-away")`` when PostgreSQL is gone or freezes and
        ``Unavailable("database-busy")`` when none is free in time or a lock isn't given.
        """
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError as error:
            raise Unavailable("database-busy", what="") from error
        try:
            async with self._lent() as connection, connection.transaction():
                yield connection
        except (errors.LockNotAvailable, errors.QueryCanceled) as error:
            raise Unavailable("database-busy", what="") from error
        except OperationalError as error:
            raise Unavailable("database-away", reason=str(error).strip()) from error
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close what is idle; what is lent is closed when it comes back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[AsyncConnection]:
        connection = await self._take()
        loop = asyncio.get_running_loop()
        limit = loop.call_later(self._limit_s, _hang_up, connection)
        try:
            yield connection
        finally:
            limit.cancel()
            await self._give(connection)

    async def _take(self) -> AsyncConnection:
        while self._idle:
            connection = self._idle.pop()
            if not _is_broken(connection):
                return connection
            await connection.close()
        try:
            async with asyncio.timeout(self._wait_s):
                return await self._connect()
        except TimeoutError as error:
            raise Unavailable("database-away", reason="connecting timed out") from error

    async def _give(self, connection: AsyncConnection) -> None:
        # A cancelled request can leave its query running: such a connection isn't lent again.
        if self._closed or connection.closed or connection.info.transaction_status != 0:
            await connection.close()
        else:
            self._idle.append(connection)


def _is_broken(connection: AsyncConnection) -> bool:
    """Whether the server has gone since: its goodbye makes an idle socket readable."""
    if connection.closed:
        return True
    ready, _, _ = select.select([connection.fileno()], [], [], 0)
    return bool(ready)


def _hang_up(connection: AsyncConnection) -> None:
    """End the connection's socket under a frozen server, so that who waits on it wakes at once.

    Cancelling instead would first ask the server to cancel, and wait for that too.
    """
    if connection.closed:
        return
    with socket.socket(fileno=os.dup(connection.fileno())) as end, suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
