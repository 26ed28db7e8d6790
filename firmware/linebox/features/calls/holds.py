"""Holding, for a call's time line: told by AMI alone, for CEL has no such event (AGT-2).

A picture, not the record: what happens while calld or PostgreSQL is away for long is missing, and
nothing else depends on it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg
from psycopg import AsyncConnection

from linebox.asterisk.ami import Message
from linebox.base import retry
from linebox.base.clock import now
from linebox.base.errors import Unavailable
from linebox.store.bounded import bounded

type Connect = Callable[[], Awaitable[AsyncConnection]]

#: While PostgreSQL is away the newest wait, the oldest are dropped.
_KEPT = 1000
_BEAT_S = 5.0
_QUERY_S = 5.0


class Hold(NamedTuple):
    channel: str
    at: datetime
    held: bool


def told(event: Message) -> Hold | None:
    """What a ``Hold`` or ``Unhold`` says; ``None`` for any other event."""
    if event.name not in ("Hold", "Unhold") or not event["Uniqueid"]:
        return None
    try:
        at = datetime.fromtimestamp(float(event["Timestamp"]), UTC)
    except (ValueError, OverflowError, OSError):
        at = now()
    return Hold(event["Uniqueid"], at, event.name == "Hold")


class Holds:
    """``heard`` takes AMI's events, ``run`` files them."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._waiting: deque[Hold] = deque(maxlen=_KEPT)
        self._held: OrderedDict[str, None] = OrderedDict()
        self._come = asyncio.Event()
        self._alive: Callable[[], None] = lambda: None

    def heard(self, event: Message) -> None:
        """Asterisk ends a hold that never was at each transfer: such an end isn't told."""
        hold = told(event)
        if hold is None or hold.held == (hold.channel in self._held):
            return
        if hold.held:
            self._held[hold.channel] = None
            if len(self._held) > _KEPT:
                self._held.popitem(last=False)
        else:
            del self._held[hold.channel]
        self._waiting.append(hold)
        self._come.set()

    async def run(self, alive: Callable[[], None] = lambda: None) -> None:
        """For ever; ``alive`` is called at least every 5 s."""
        self._alive = alive
        await retry.forever(
            "holds",
            self._serve,
            retry_on=(Unavailable, psycopg.Error, TimeoutError, OSError),
            cap_s=_BEAT_S,
        )

    async def _serve(self) -> None:
        while True:
            self._alive()
            self._come.clear()
            if self._waiting:
                await self._file()
            with suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_S):
                    await self._come.wait()

    async def _file(self) -> None:
        """A connection is made for it and given back: people hold seldom."""
        async with asyncio.timeout(_QUERY_S):
            connection = await self._connect()
        try:
            rows = list(self._waiting)
            await bounded(connection, put(connection, rows), _QUERY_S)
        finally:
            await connection.close()
        filed = set(rows)
        while self._waiting and self._waiting[0] in filed:
            self._waiting.popleft()


async def put(connection: AsyncConnection, rows: list[Hold]) -> None:
    """Keep them; the same told twice is one."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO call_holds (channel, at, held) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            rows,
        )
