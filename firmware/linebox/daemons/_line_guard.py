"""calld's guard of lines whose calls never end (TEL-14; ``features/lines/quiet.py``).

Costs nothing where no analog line is guarded, and a SIP call only while it is with such a line on
which nothing was heard for half a minute. With calld dead Asterisk's own limit ends such a call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from linebox.asterisk.ami import Ami, AmiRefused, Message
from linebox.asterisk.names import CARDS, LINE_FREED
from linebox.base.clock import monotonic_s
from linebox.base.errors import Unavailable
from linebox.daemons._runtime import Heart
from linebox.desks.board import Board
from linebox.features.lines.live import Device
from linebox.features.lines.quiet import (
    BOUND_S,
    EVENTS,
    Channel,
    Free,
    Listen,
    Renew,
    Sound,
    Watch,
)

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 15.0
#: Milliseconds of silence after which a talk has stopped; the mean amplitude (of 32767) of a 20 ms
#: piece that is none: some -38 dBm0, below a faint voice, above a line's noise.
_HEARING: Final = "2500,160"
#: The exchange's tone in China, of at least so many milliseconds, ten times as strong as all else
#: (which takes 442 to 458 Hz); received alone. In 12 minutes of speech and 18 of music: never.
_TONE: Final = "TONE_DETECT(450,150,d(10)r)"
#: On a channel that is listened to, whoever began that.
_MARK: Final = "LB_HEARD"


class LineGuard:
    """``ami`` and ``board`` as ``Acts`` has them. Give it every event; ``run`` it as a worker."""

    def __init__(self, ami: Callable[[], Ami | None], board: Board) -> None:
        self._ami = ami
        self._board = board
        self._watch = Watch()
        self._followed: Ami | None = None
        self._some = asyncio.Event()

    def heard(self, event: Message) -> None:
        if event.name == "Newchannel" and event["Channel"].startswith(CARDS):
            self._some.set()
        elif event.name in EVENTS:
            self._watch.heard(event, monotonic_s())

    async def run(self, heart: Heart, every_s: float = _LOOK_EVERY_S) -> None:
        while True:
            await heart.sleep(every_s)
            ami = self._ami()
            if ami is not self._followed:
                self._followed = ami
                self._watch.forget()
                self._some.set()
            if ami is None or not self._board.names.guarded or not self._some.is_set():
                continue
            try:
                await heart.beating(self.look(ami))
            except (AmiRefused, Unavailable) as error:
                log.info("lines aren't looked at: %s", error)

    async def look(self, ami: Ami) -> None:
        """Raises ``AmiRefused``, ``Unavailable``."""
        self._some.clear()
        rows = await ami.listing("CoreShowChannels")
        channels = [Channel.told(row) for row in rows]
        if any(one.name.startswith(CARDS) for one in channels):
            self._some.set()
        devices = self._board.devices.states
        on_hold = frozenset(name for name, state in devices.items() if state is Device.ON_HOLD)
        for act in self._watch.look(channels, self._board.names.guarded, on_hold, monotonic_s()):
            with suppress(AmiRefused):  # it has hung up
                match act:
                    case Listen(channel=one):
                        await self._listen(ami, one)
                    case Sound(channel=one):
                        await self._sound(ami, one)
                    case Renew(channel=one):
                        await _set(ami, one, "TIMEOUT(absolute)", str(BOUND_S))
                    case Free():
                        await _free(ami, act)

    async def _listen(self, ami: Ami, one: Channel) -> None:
        """Anew where it was listened to before: who speaks on and on is told once."""
        known = await ami.action("Getvar", Channel=one.name, Variable=_MARK)
        if known["Value"]:
            await _set(ami, one, "TALK_DETECT(remove)", "")
        await _set(ami, one, _MARK, "1")
        self._watch.listens(one.id, monotonic_s())
        await _set(ami, one, "TALK_DETECT(set)", _HEARING)

    async def _sound(self, ami: Ami, one: Channel) -> None:
        """Set anew each time, so that a tone without end is found each time."""
        found = await ami.action("Getvar", Channel=one.name, Variable="TONE_DETECT(rx)")
        hits = found["Value"]
        self._watch.toned(one.id, int(hits) if hits.isdecimal() else 0, monotonic_s())
        await _set(ami, one, _TONE, "")


async def _set(ami: Ami, one: Channel, variable: str, value: str) -> None:
    await ami.action("Setvar", Channel=one.name, Variable=variable, Value=value)


async def _free(ami: Ami, act: Free) -> None:
    log.warning(
        "line %d (%s): %s for %.0f s%s, freed",
        act.line,
        act.channel.name,
        "only the exchange's tone was heard" if act.toned else "nobody was heard",
        act.quiet_s,
        ", waiting" if act.waits else "",
    )
    await ami.action("Hangup", Channel=act.channel.name, Cause=str(LINE_FREED))
