"""Keeps the board true to Asterisk: a fresh picture at each connection, then its events.

Events and lists come interleaved, and a list is older or newer than the events around it. So from
the moment its lists are asked for, events are held beside being taken, and taken again after they
are loaded: the last event decides, so what is older than a list changes nothing in the end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from linebox.asterisk.ami import Ami, Message
from linebox.base.clock import Clock, now
from linebox.desks.board import Board, Lists

log = logging.getLogger(__name__)


class Follower:
    """Events and lists of one Asterisk into one board; ``changed`` is set when something came."""

    def __init__(self, board: Board, clock: Clock = now) -> None:
        self.board = board
        self.changed = asyncio.Event()
        #: Asterisk's system name (``s00000012``) while a connection stands.
        self.start = ""
        self._clock = clock
        self._held: list[tuple[Message, datetime]] | None = None
        # Set by ``FullyBooted``: lists asked for earlier may lack queues and members.
        self._booted = False
        self._uptime_s = 0

    def on_event(self, event: Message) -> None:
        """Give this to the AMI client."""
        at = self._clock()
        if event.name == "FullyBooted":
            self._uptime_s = int(event["Uptime"]) if event["Uptime"].isdecimal() else 0
            self._booted = True
            return
        if self._held is not None:
            self._held.append((event, at))
        self.board.take(event, at)
        self.changed.set()

    async def load(self, ami: Ami) -> None:
        """Take a fresh picture. Raises ``Unavailable``, ``AmiRefused``."""
        self._held = []
        try:
            lists = Lists(
                channels=await ami.listing("Status", Variables="LB_DID"),
                queues=await ami.listing("QueueStatus"),
                endpoints=await ami.listing("PJSIPShowEndpoints"),
            )
            self.board.load(lists, self._clock())
            for event, at in self._held:
                self.board.take(event, at)
        finally:
            self._held = None
        self.changed.set()

    async def follow(
        self,
        ami: Ami,
        stay: Callable[[float], Awaitable[None]],
        *,
        again_s: float = 60.0,
        boot_s: float = 60.0,
    ) -> None:
        """Follow one connection, with a fresh picture each ``again_s`` seconds, until it is lost.

        ``stay`` keeps the connection so many seconds. Raises ``Unavailable``; ``TimeoutError`` for
        an Asterisk that isn't up after ``boot_s``.
        """
        async with asyncio.timeout(boot_s):
            while not self._booted:
                await stay(0.1)
        settings = await ami.action("CoreSettings")
        self.start = settings["SystemName"]
        self.board.asterisk_up(self._clock() - timedelta(seconds=self._uptime_s), self.start)
        while True:
            await self.load(ami)
            await stay(again_s)

    def lost(self) -> None:
        """The connection is gone."""
        self._booted = False
        self.start = ""
        self.board.asterisk_away()
        self.changed.set()
