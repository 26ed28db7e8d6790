"""Browser phones of sessions that ended: calld takes their credentials away (TEL-6)."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

log = logging.getLogger(__name__)

_LIMIT_S: Final = 3.0


class Phones:
    """Whose credential is still to be taken away: while calld is away it stays owed."""

    def __init__(self, calld: Path) -> None:
        self._calld = calld
        self._owed: set[str] = set()
        #: Set while something is owed.
        self.owing = asyncio.Event()

    def owe(self, _session_id: str, agent: str) -> None:
        """A session of this agent ended; an empty number is nobody's."""
        if agent:
            self._owed.add(agent)
            self.owing.set()

    async def settle(self) -> None:
        """Have all that is owed taken away; what calld doesn't answer stays owed."""
        self.owing.clear()
        for agent in tuple(self._owed):
            try:
                async with (
                    ClientSession(
                        connector=UnixConnector(str(self._calld)),
                        timeout=ClientTimeout(total=_LIMIT_S),
                    ) as session,
                    session.delete(f"http://calld/phones/{agent}") as response,
                ):
                    if response.status >= 500:
                        raise ClientError(f"HTTP {response.status}")
            except (ClientError, OSError, TimeoutError) as error:
                log.info("the phone of %s keeps its credential for now: %s", agent, error)
            else:
                self._owed.discard(agent)
