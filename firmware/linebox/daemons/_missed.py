"""calld pauses who lets calls ring out (ACD-13)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from linebox.asterisk.ami import Ami, Message
from linebox.base.errors import InputError, Unavailable
from linebox.daemons._acts import runs
from linebox.daemons._runtime import Heart
from linebox.desks.board import Board
from linebox.features.agents.acts import Act, Do, act
from linebox.features.agents.missed import EVENTS, Missed

log = logging.getLogger(__name__)


class Pauses:
    """``ami`` and ``board`` as ``Acts`` has them. Give it every event; ``run`` it as a worker."""

    def __init__(self, ami: Callable[[], Ami | None], board: Board) -> None:
        self._ami = ami
        self._board = board
        self._missed = Missed()
        self._owed: set[str] = set()
        self._wake = asyncio.Event()

    def heard(self, event: Message) -> None:
        if event.name not in EVENTS:
            return
        agent = self._missed.heard(event, self._board.names.missed())
        if agent is not None:
            self._owed.add(agent)
            self._wake.set()

    async def run(self, heart: Heart) -> None:
        while True:
            await heart.wait(self._wake)
            self._wake.clear()
            while self._owed:
                await self._pause(self._owed.pop())

    async def _pause(self, agent: str) -> None:
        """Who has logged out meanwhile, or whom Asterisk takes along, needs no pause."""
        ami = self._ami()
        if ami is None:
            return
        try:
            await act(ami, Act(do=Do.PAUSE, agent=agent, reason="missed"), runs(self._board))
            log.info("agent %s is paused: calls rang out", agent)
        except (InputError, Unavailable, TimeoutError) as error:
            log.warning("agent %s isn't paused: %s", agent, error)
