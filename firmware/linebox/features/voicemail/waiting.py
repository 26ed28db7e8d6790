"""calld's worker ``waiting``: the lamp of a telephone is what its agent has to hear (TEL-2, TEL-5).

A mailbox belongs to no telephone; a telephone is theirs who are logged in there. Its lamp is lit
while there is a message for that agent on the list of who is to be called back (``_COUNTS``).
Asterisk is told the number and does the rest; with calld or PostgreSQL dead lamps stay as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import psycopg
from psycopg import AsyncConnection

from linebox.asterisk.mwi import Mwi
from linebox.asterisk.names import mailbox
from linebox.base import retry
from linebox.base.clock import monotonic_s
from linebox.base.errors import Unavailable
from linebox.store.bounded import bounded

type Connect = Callable[[], Awaitable[AsyncConnection]]

#: What is unheard and not done with: one's own, and nobody's on a line of a group of one's, as
#: the list of follow-ups shows it to an agent (``features/follow_ups/store.py``).
_COUNTS: Final = """
SELECT e.number, coalesce(w.count, 0) FROM extensions e LEFT JOIN (
    SELECT s.extension, count(DISTINCT v.file) AS count
      FROM voicemails v
      JOIN follow_ups f ON f.call_id = v.call_id AND f.state <> 'closed'
      JOIN agent_sessions s ON s.logged_out_at IS NULL
       AND CASE WHEN f.owner IS NULL
           THEN EXISTS (SELECT FROM follow_ups o JOIN group_agents ga ON ga.group_id = o.group_id
                         WHERE o.fold = f.fold AND o.state <> 'closed' AND ga.agent = s.agent)
           ELSE f.owner = s.agent END
     WHERE v.heard_at IS NULL
     GROUP BY s.extension) w ON w.extension = e.number
"""
#: What is heard on the page puts the lamp out within two seconds.
_LOOK_EVERY_S: Final = 1.0
#: However large the list: looking takes at most a tenth of the time. (A fiftieth made a busy
#: machine, on which one look takes 60 ms, three seconds late.)
_SHARE: Final = 10.0
_QUERY_S: Final = 5.0
_GONE: Final = (Unavailable, psycopg.Error, TimeoutError, OSError)


class Tells(Protocol):
    """Takes how many messages wait; ``Mwi`` does."""

    async def tell(self, mailbox: str, waiting: int) -> None: ...


async def counts(connection: AsyncConnection) -> dict[str, int]:
    """Extension → how many messages wait for who is logged in there, 0 for nobody."""
    async with connection.transaction():
        cursor = await connection.execute(_COUNTS)
        return {str(number): int(count) for number, count in await cursor.fetchall()}


class Lamps:
    """What Asterisk was told since its start."""

    def __init__(self) -> None:
        self._start = ""
        self._told: dict[str, int] = {}

    async def show(
        self, to: Tells, start: str, wanted: Mapping[str, int], alive: Callable[[], None]
    ) -> None:
        """Tell what is new, all of it to an Asterisk that has started since.

        Raises ``Unavailable``.
        """
        if start != self._start:
            self._start, self._told = start, {}
        for number, count in wanted.items():
            if self._told.get(number) != count:
                alive()
                await to.tell(mailbox(number), count)
                self._told[number] = count


async def run(
    connect: Connect, secret: Path, start: Callable[[], str], alive: Callable[[], None]
) -> None:
    """For ever. ``secret``: the file of calld's own; ``start`` names Asterisk's start, empty while
    it is away."""
    lamps = Lamps()

    async def serve() -> None:
        alive()
        said = await asyncio.to_thread(secret.read_text, "ascii")
        async with asyncio.timeout(_QUERY_S):
            connection = await connect()
        try:
            async with Mwi(said.strip()) as mwi:
                while True:
                    alive()
                    began_s = monotonic_s()
                    if at := start():
                        wanted = await bounded(connection, counts(connection), _QUERY_S)
                        took_s = monotonic_s() - began_s
                        await lamps.show(mwi, at, wanted, alive)
                        await asyncio.sleep(min(10.0, max(_LOOK_EVERY_S, took_s * _SHARE)))
                    else:
                        await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await connection.close()

    await retry.forever("message-waiting", serve, retry_on=_GONE, cap_s=5.0)
