"""Browser phones of sessions that ended: calld takes their credentials away (TEL-6)."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from linebox.base.errors import InputError, Unavailable
from linebox.base.ipc import Peer

log = logging.getLogger(__name__)

_LIMIT_S: Final = 3.0


class Phones:
    """Whose credential is still to be taken away: while calld is away it stays owed."""

    def __init__(self, calld: Path) -> None:
        self._calld = Peer("calld", calld)
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
                await self._calld.ask("DELETE", f"/phones/{agent}", limit_s=_LIMIT_S)
            except Unavailable as error:
                log.info("the phone of %s keeps its credential for now: %s", agent, error)
                continue
            except InputError as error:
                log.info("the phone of %s has no credential: %s", agent, error)
            self._owed.discard(agent)
