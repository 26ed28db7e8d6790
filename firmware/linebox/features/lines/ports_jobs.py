"""calld's worker ``ports``: follows boardd, files what ports did and which cards there are.

boardd keeps its last 2000 events: calld or PostgreSQL may be away for a while and nothing is
lost; a longer gap is a gap. A card that is new is filed, and applied when nothing else waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection

from linebox.base import retry
from linebox.base.clock import monotonic_s
from linebox.base.errors import LineboxError, Unavailable
from linebox.features.lines import ports_store
from linebox.features.lines.boardd import Boardd, Follow
from linebox.features.lines.ports_store import Event
from linebox.features.lines.take_up import found, take_up
from linebox.hw.protocols import Hardware
from linebox.store.bounded import bounded

log = logging.getLogger(__name__)

type Connect = Callable[[], Awaitable[AsyncConnection]]
#: Bring what was filed into effect.
type Apply = Callable[[], Awaitable[None]]

KEPT_DAYS = 92
_QUERY_S = 5.0
_FORGET_EVERY_S = 3600.0
#: A card that came is looked at when its spans have numbers, at the latest after so many looks.
_SETTLE_S = 1.0
_SETTLES = 10
_GONE = (LineboxError, psycopg.Error, TimeoutError, OSError)


class Ports:
    """One follower; ``run`` is for ever."""

    def __init__(self, boardd: Boardd, connect: Connect, apply: Apply) -> None:
        self._boardd = boardd
        self._connect = connect
        self._apply = apply
        self._forgot_s = -_FORGET_EVERY_S

    async def run(self, alive: Callable[[], None]) -> None:
        async def follow() -> None:
            alive()
            await self._follow(alive)

        await retry.forever("boardd", follow, retry_on=_GONE, cap_s=5.0)

    async def _follow(self, alive: Callable[[], None]) -> None:
        async with self._boardd.follow() as events:
            await self._file_cards()
            async with self._database() as connection:
                after = await bounded(
                    connection, ports_store.last(connection, events.start), _QUERY_S
                )
            async for told in _gathered(events, alive):
                fresh = [one for one in told if one.n > after]
                if fresh:
                    await self._file(events.start, fresh)
                    after = fresh[-1].n
                if any(one.what == "card" for one in fresh):
                    await self._file_cards()
                await self._forget()

    async def _file(self, start: str, events: Sequence[Event]) -> None:
        async with self._database() as connection:
            await bounded(connection, ports_store.file(connection, start, events), _QUERY_S)

    async def _forget(self) -> None:
        if monotonic_s() - self._forgot_s < _FORGET_EVERY_S:
            return
        self._forgot_s = monotonic_s()
        async with self._database() as connection:
            await bounded(connection, ports_store.forget(connection, KEPT_DAYS), _QUERY_S)

    async def _file_cards(self) -> None:
        hardware, raw = await self._settled()
        if hardware.fault or not hardware.cards:
            return
        async with self._database() as connection:
            taken = await bounded(connection, take_up(connection, found(raw)), _QUERY_S)
        if taken.changed and taken.may_apply:
            try:
                await self._apply()
            except LineboxError as error:  # it stands among the changes that wait
                log.warning("the new cards aren't applied: %s", error)

    async def _settled(self) -> tuple[Hardware, object]:
        """With the numbers that boardd gives to what is new."""
        hardware, raw = await self._boardd.told()
        for _ in range(_SETTLES):
            spans = [span for card in hardware.cards if card.present for span in card.spans]
            if all(span.number is not None for span in spans):
                break
            await asyncio.sleep(_SETTLE_S)
            hardware, raw = await self._boardd.told()
        return hardware, raw

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[AsyncConnection]:
        async with asyncio.timeout(_QUERY_S):
            connection = await self._connect()
        try:
            yield connection
        finally:
            await connection.close()


async def _gathered(events: Follow, alive: Callable[[], None]) -> AsyncIterator[list[Event]]:
    """What came, together; an empty list now and then, so that who waits sees that it lives."""
    while True:
        alive()
        told = await events.next()
        if told is None:
            raise Unavailable("boardd-away", reason="it ended")
        yield told
