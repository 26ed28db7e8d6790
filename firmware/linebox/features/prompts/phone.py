"""A prompt recorded by telephone (IVR-2): the box rings it, says how, records until # or hang-up.

The call is the dialplan's (``lb-desk-take``). Its sound is taken like an uploaded file, and waits
here until the page takes it up or throws it away, also when the browser has gone meanwhile.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from linebox.asterisk.ami import Ami, Handler, Message
from linebox.base.clock import now
from linebox.base.errors import InputError, LineboxError
from linebox.base.shapes import Form, Length, parse
from linebox.features.prompts.model import Sound
from linebox.model.spelling import LanguageCode

log = logging.getLogger(__name__)

#: Ringing, the instruction, ten minutes of recording, hearing it: after that something is wrong.
_LIMIT_S: Final = 1500.0
#: What is shorter was no prompt.
_SHORTEST_S: Final = 0.5
_KEPT: Final = 20

#: A connection of the call's own: ``connect(on_event)``.
type Connect = Callable[[Handler], AbstractAsyncContextManager[Ami]]
#: Keeps a sound file as an uploaded one; what was measured.
type Keep = Callable[[bytes], Awaitable[object]]

type Telephone = Annotated[
    str, Length(2, 10), Form(r"w?[0-9]{2,8}", "分机或浏览器电话", "an extension or browser phone")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeWish:
    """Which telephone rings, and the language in which it is told what to do."""

    phone: Telephone
    lang: LanguageCode
    by: Annotated[str, Length(1, 100)]


class State(StrEnum):
    """``away``: the telephone isn't there; ``unanswered``: nobody took it, or it was declined;
    ``missed``: hung up before anything was said; ``short`` and ``silent``: not enough to keep."""

    RINGING = "ringing"
    RECORDING = "recording"
    RECORDED = "recorded"
    READY = "ready"
    BUSY = "busy"
    AWAY = "away"
    UNANSWERED = "unanswered"
    MISSED = "missed"
    SHORT = "short"
    SILENT = "silent"
    FAILED = "failed"


UNDER_WAY: Final = frozenset({State.RINGING, State.RECORDING, State.RECORDED})

#: DEVICE_STATE and DIALSTATUS.
_OUTCOMES: Final = {
    "INUSE": State.BUSY,
    "BUSY": State.BUSY,
    "RINGING": State.BUSY,
    "RINGINUSE": State.BUSY,
    "ONHOLD": State.BUSY,
    "UNAVAILABLE": State.AWAY,
    "INVALID": State.AWAY,
    "CHANUNAVAIL": State.AWAY,
    "CONGESTION": State.AWAY,
    "NOANSWER": State.UNANSWERED,
    "CANCEL": State.UNANSWERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """``sound`` once it is ``ready``."""

    id: int
    phone: str
    by: str
    at: datetime
    state: State = State.RINGING
    sound: Sound | None = None


class Takes:
    """calld's: one at a time; the last ones wait to be taken up. ``folder``: where Asterisk
    records to."""

    def __init__(self, connect: Connect, keep: Keep, folder: Path) -> None:
        self._connect = connect
        self._keep = keep
        self._folder = folder
        self._numbers = itertools.count(1)
        self._takes: dict[int, Take] = {}
        self._running: asyncio.Task[None] | None = None

    def start(self, wish: TakeWish, generation_hash: str) -> Take:
        """Ring. Raises ``InputError("take-running")``."""
        if self._running is not None and not self._running.done():
            raise InputError("take-running")
        take = Take(id=next(self._numbers), phone=wish.phone, by=wish.by, at=now())
        self._takes[take.id] = take
        for old in list(self._takes)[:-_KEPT]:
            del self._takes[old]
        self._running = asyncio.create_task(self._run(take.id, wish, generation_hash))
        return take

    def of(self, by: str) -> tuple[Take, ...]:
        """Those that this person asked for, the newest first."""
        return tuple(one for one in reversed(self._takes.values()) if one.by == by)

    def away(self, id_: int, by: str) -> None:
        """It was taken up, or isn't wanted. Raises ``InputError``: ``not-found``,
        ``take-running``."""
        take = self._takes.get(id_)
        if take is None or take.by != by:
            raise InputError("not-found", what="take", key=str(id_))
        if take.state in UNDER_WAY:
            raise InputError("take-running")
        del self._takes[id_]

    async def _run(self, id_: int, wish: TakeWish, generation_hash: str) -> None:
        name = secrets.token_hex(8)
        over = asyncio.Event()

        def heard(event: Message) -> None:
            if event["UserEvent"] != "LB_TAKE" or event["Take"] != name:
                return
            match event["State"]:
                case "recording":
                    self._tell(id_, State.RECORDING)
                case "recorded":
                    self._tell(id_, State.RECORDED)
                case "ended":
                    over.set()
                case outcome:
                    self._tell(id_, _OUTCOMES.get(outcome, State.FAILED))
                    over.set()

        file = self._folder / f"{name}.wav"
        try:
            async with asyncio.timeout(_LIMIT_S), self._connect(heard) as ami:
                await ami.action(
                    "Originate",
                    Channel=f"Local/{wish.phone}@lb-desk-take-{generation_hash}/n",
                    Context=f"lb-desk-taking-{generation_hash}",
                    Exten="s",
                    Priority="1",
                    CallerID="Linebox <>",
                    Timeout="35000",
                    Async="true",
                    Variable=[f"__LB_TAKE={name}", f"__LB_TAKE_LANG={wish.lang}"],
                )
                await over.wait()
            if self._takes[id_].state in UNDER_WAY:
                await self._taken_up(id_, file)
        except (LineboxError, OSError, TimeoutError) as error:
            log.info("a recording by telephone %s failed: %s", wish.phone, error)
            self._tell(id_, State.FAILED)
        finally:
            await asyncio.to_thread(file.unlink, missing_ok=True)

    async def _taken_up(self, id_: int, file: Path) -> None:
        try:
            data = await asyncio.to_thread(file.read_bytes)
        except FileNotFoundError:
            self._tell(id_, State.MISSED)
            return
        try:
            sound = parse(Sound, await self._keep(data))
        except InputError as error:
            empty = {"sound-empty": State.SILENT, "sound-unreadable": State.SHORT}
            if error.code not in empty:
                raise
            self._tell(id_, empty[error.code])
            return
        if sound.seconds < _SHORTEST_S:
            self._tell(id_, State.SHORT)
        elif id_ in self._takes:
            self._takes[id_] = replace(self._takes[id_], state=State.READY, sound=sound)

    def _tell(self, id_: int, state: State) -> None:
        if id_ in self._takes:
            self._takes[id_] = replace(self._takes[id_], state=state)
