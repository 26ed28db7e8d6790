"""confd: makes generations of the settings when asked, and leaves when nobody asks.

Started by its socket. Killed at any moment, it finishes or undoes at its next start what it was at.
``python3 -m linebox.daemons.confd --first`` makes the first generation, without Asterisk.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from aiohttp import web

from linebox.asterisk import ami
from linebox.asterisk.reload import IMPACTS, Impact, Part
from linebox.base import log as logs
from linebox.base.clock import monotonic_s
from linebox.base.errors import ConfigError, InputError, LineboxError, Unavailable
from linebox.base.ipc import Peer
from linebox.base.messages import told_error
from linebox.base.shapes import Count, Length, Range, parse
from linebox.compiler.apply import Applier, Draft
from linebox.compiler.blame import problems
from linebox.compiler.difference import Difference, differences, past
from linebox.compiler.sounds import Utterance, speak
from linebox.compiler.switch import RolledBack, Step
from linebox.config.paths import Paths, paths
from linebox.daemons._runtime import Daemon, Heart
from linebox.daemons._web_server import unix_server
from linebox.desks.settings.kinds import KINDS
from linebox.features.settings.drafts import Carried, DraftRefused, carry_out, undo
from linebox.features.settings.model import Author, Change
from linebox.model.languages import Language
from linebox.store.db import connect_async

log = logging.getLogger(__name__)

#: It leaves so many seconds after the last request, when nothing is left to settle.
IDLE_S = 60.0
_SETTLE_EVERY_S = 5.0
#: Some seconds a card.
_CARDS_S: Final = 30.0
#: A whole configuration with 20 000 listed numbers is 4 MB.
_BODY_MAX = 32 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedChange:
    """As ``features.settings.model.Change``."""

    what: Annotated[str, Length(1, 30)]
    key: Annotated[str, Length(1, 60)] | None = None
    etag: Annotated[str, Length(1, 40)] | None = None
    after: Mapping[str, object] | None = None
    ref: Annotated[str, Length(1, 30)] | None = None
    id: Annotated[int, Range(1, 2**31 - 1)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Entries of the log to put back; ``act``: all of that act."""

    log: Annotated[tuple[Annotated[int, Range(1, 2**53)], ...], Count(0, 1000)] = ()
    act: Annotated[int, Range(1, 2**53)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyWish:
    """Body of ``POST /apply``. With ``changes`` or ``undo`` what they say is saved too, if it takes
    effect; ``address``: where ``by`` sits."""

    by: Annotated[str, Length(1, 100)]
    note: Annotated[str, Length(0, 500, lines=True)] = ""
    force: bool = False
    address: Annotated[str, Length(0, 60)] = ""
    changes: Annotated[tuple[WishedChange, ...], Count(0, 100_000)] | None = None
    undo: Undo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewWish:
    """Body of ``POST /preview``."""

    by: Annotated[str, Length(1, 100)]
    changes: Annotated[tuple[WishedChange, ...], Count(0, 100_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    word: Annotated[str, Length(1, 40)]
    reading: Annotated[str, Length(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakWish:
    """Body of ``POST /speak``."""

    lang: Language
    text: Annotated[str, Length(1, 2000, lines=True)]
    voice: Annotated[str, Length(1, 50)]
    speed: Annotated[float, Range(0.5, 2.0)] = 1.0
    readings: tuple[_Read, ...] = ()


def applier(at: Paths, *, passed: Callable[[Step], None] = lambda step: None) -> Applier:
    """The box's own: its database, its Asterisk, its voice."""
    return Applier(
        at=at,
        connect=connect_async,
        asterisk=lambda: _asterisk(at),
        speaker=speak,
        passed=passed,
        cards=lambda number: _to_cards(at, number),
    )


async def _to_cards(at: Paths, generation: int) -> None:
    """Have boardd bring it to the cards. Away, it does so by itself when it comes."""
    boardd = Peer("boardd", at.socket("boardd"))
    try:
        answer = await boardd.ask("POST", "/apply", {"generation": generation}, limit_s=_CARDS_S)
        log.info("generation %s at the cards: %s", generation, answer.body[:2000].decode())
    except LineboxError as error:
        log.warning("generation %s isn't at the cards yet: %s", generation, error)


def _asterisk(at: Paths) -> AbstractAsyncContextManager[ami.Ami]:
    try:
        secret = (at.secrets / "ami-confd").read_text("utf-8").strip()
    except OSError as error:
        raise Unavailable("asterisk-away", reason=str(error)) from error
    return ami.connected("confd", secret)


class Confd:
    """The HTTP border of the applier, and when it is idle."""

    def __init__(self, generations: Applier) -> None:
        self._applier = generations
        self._busy = 0
        self._last_s = monotonic_s()
        self._unsettled = True

    def app(self) -> web.Application:
        """The routes of docs/names.md, "HTTP on sockets"."""
        app = web.Application(middlewares=[self._answered], client_max_size=_BODY_MAX)
        app.router.add_post("/apply", self._apply)
        app.router.add_post("/preview", self._preview)
        app.router.add_post("/speak", self._speak)
        app.router.add_post("/sounds", self._take)
        app.router.add_get("/state", self._state)
        app.router.add_get(r"/generations/{number:\d{1,9}}/difference", self._past)
        return app

    async def attend(self, heart: Heart) -> None:
        """Settle what a killed predecessor left; end the process when there is nothing to do."""
        while True:
            if self._unsettled:
                await heart.beating(self._settle())
            await heart.sleep(_SETTLE_EVERY_S)
            if not self._unsettled and not self._busy and monotonic_s() - self._last_s > IDLE_S:
                log.info("idle: leaving")
                signal.raise_signal(signal.SIGTERM)

    async def _settle(self) -> None:
        try:
            if await self._applier.settle():
                log.warning("an interrupted switch was settled")
            self._unsettled = False
        except Unavailable as error:
            log.warning("can't settle yet: %s", error)
        except LineboxError:
            log.exception("an interrupted switch can't be settled")

    @web.middleware
    async def _answered(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self._busy += 1
        try:
            return await handler(request)
        except LineboxError as error:
            log.warning("%s: %s", request.path, error)
            return web.json_response(told_error(error), status=_status(error))
        finally:
            self._busy -= 1
            self._last_s = monotonic_s()

    async def _apply(self, request: web.Request) -> web.Response:
        wish = parse(ApplyWish, await _body(request))
        # A client that goes away must not stop a switch half-way.
        work = asyncio.ensure_future(
            self._applier.apply(by=wish.by, note=wish.note, force=wish.force, draft=_draft(wish))
        )
        try:
            done = await asyncio.shield(work)
        finally:
            self._unsettled = self._applier.generations.switching() is not None
        carried = done.carried or Carried()
        return web.json_response(
            {
                "generation": done.generation,
                "changed": done.changed,
                "seconds": round(done.seconds, 3),
                "state": "current",
                "log": carried.log,
                "act": carried.act,
                "made": carried.made,
            }
        )

    async def _preview(self, request: web.Request) -> web.Response:
        wish = parse(PreviewWish, await _body(request))
        changes = _changes(wish.changes)
        try:
            seen = await self._applier.preview(
                lambda connection: carry_out(connection, Author(wish.by), changes, KINDS)
            )
        except DraftRefused as error:
            return web.json_response({"problems": error.problems})
        found: tuple[Difference, ...] = ()
        parts: frozenset[Part] = frozenset()
        if seen.old:
            folder = self._applier.generations.folder(seen.old.number)
            found, parts = differences(folder, seen.old, seen.generation)
        return web.json_response(
            {
                "problems": problems(seen.problems, seen.snapshot, seen.carried),
                "difference": [{"file": one.file, "text": one.text} for one in found],
                "changes_calls": bool(parts) or not seen.old,
                "generation": seen.number,
                "drops": max((IMPACTS[part].value for part in parts), default="none", key=_GRAVITY),
            }
        )

    async def _speak(self, request: web.Request) -> web.Response:
        wish = parse(SpeakWish, await _body(request))
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "said.wav"
            await speak(
                [
                    Utterance(
                        language=wish.lang,
                        text=wish.text,
                        voice=wish.voice,
                        speed=wish.speed,
                        readings={one.word: one.reading for one in wish.readings},
                        out=out,
                    )
                ]
            )
            said = out.read_bytes()
        return web.Response(body=said, content_type="audio/wav")

    async def _take(self, request: web.Request) -> web.Response:
        return web.json_response(await self._applier.sounds.take(await request.read()))

    async def _past(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        before, found = await asyncio.to_thread(past, self._applier.generations, number)
        return web.json_response(
            {
                "number": number,
                "before": before,
                "difference": [{"file": one.file, "text": one.text} for one in found],
            }
        )

    async def _state(self, _request: web.Request) -> web.Response:
        generations = self._applier.generations
        switching = generations.switching()
        return web.json_response(
            {
                "generation": generations.current(),
                "on_disk": generations.numbers(),
                "switching": (
                    None if switching is None else {"old": switching.old, "new": switching.new}
                ),
            }
        )


_GRAVITY: Final = [one.value for one in Impact].index


def _changes(wished: Sequence[WishedChange]) -> list[Change]:
    return [
        Change(
            what=one.what,
            key=one.key,
            etag=one.etag,
            after=one.after,
            ref=one.ref,
            id=one.id,
        )
        for one in wished
    ]


def _draft(wish: ApplyWish) -> Draft | None:
    """What is to be saved beside the apply."""
    author = Author(wish.by, wish.address)
    if wish.undo is not None:
        back = wish.undo
        return lambda connection: undo(connection, author, KINDS, log=back.log, act=back.act)
    if wish.changes is not None:
        changes = _changes(wish.changes)
        return lambda connection: carry_out(connection, author, changes, KINDS)
    return None


async def _body(request: web.Request) -> object:
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise InputError("bad-json") from error


def _status(error: LineboxError) -> int:
    match error:
        case RolledBack():
            return 409
        case InputError(code="changed-by-other"):
            return 412
        case InputError(code="generation-gone"):
            return 404
        case InputError(code="changed-since" | "not-found" | "can-not-undo"):
            return 409
        case InputError() | ConfigError():
            return 422
        case Unavailable():
            return 503
        case _:
            return 500


async def _first() -> int:
    try:
        number = await applier(paths()).first(by="first-boot")
    except LineboxError as error:
        told = told_error(error)
        log.error("no first generation: %s / %s", told["zh"], told["en"])
        return 1
    log.info("generation %s is there", number)
    return 0


def main(words: list[str]) -> int:
    """``--first`` as above; without words the daemon. Returns the exit status."""
    if words == ["--first"]:
        logs.setup()
        return asyncio.run(_first())
    daemon = Daemon("confd")
    at = paths()
    confd = Confd(applier(at))

    async def serve(heart: Heart) -> None:
        async with unix_server(confd.app(), at.socket("confd")):
            while True:
                await heart.sleep(60)

    daemon.add("http", serve)
    daemon.add("attend", confd.attend)
    return daemon.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
