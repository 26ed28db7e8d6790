"""linebox-calld: files journal and recordings, keeps the live picture (architecture, section 2).

Dies and nothing is lost: the journal waits in its files, the picture is taken anew.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from aiohttp import web
from psycopg import AsyncConnection

from linebox.asterisk.ami import Ami, AmiClient, Handler, Message, connected
from linebox.base import retry
from linebox.base.clock import monotonic_s, now
from linebox.base.errors import InputError, Unavailable
from linebox.config.paths import Paths, paths
from linebox.daemons._acts import Acts
from linebox.daemons._line_guard import LineGuard
from linebox.daemons._missed import Pauses
from linebox.daemons._ports import PortLines
from linebox.daemons._runtime import Daemon, Heart
from linebox.daemons._takes import PhoneTakes
from linebox.daemons._toll import Toll
from linebox.daemons._trials import Lines
from linebox.daemons._web_server import unix_server
from linebox.desks import names
from linebox.desks.board import Board, JournalHealth
from linebox.desks.feed import Feed
from linebox.desks.follow import Follower
from linebox.desks.journal import filer
from linebox.features.agents import heal
from linebox.features.alerts.store import thresholds
from linebox.features.calls.holds import Holds
from linebox.features.diagnostics import disks, samples
from linebox.features.diagnostics.alarms import Alarm, standing
from linebox.features.follow_ups import jobs as follow_ups
from linebox.features.guard import alarms as guard
from linebox.features.prompts.phone import Takes
from linebox.features.recordings import keeping
from linebox.features.recordings.jobs import Converter
from linebox.features.routing.today import today
from linebox.features.settings.confd import Confd
from linebox.features.voicemail import waiting
from linebox.store.bounded import bounded
from linebox.store.db import connect_async

log = logging.getLogger(__name__)

#: The stream tells changes at most so often; what comes after a rest is told at once.
TELL_EVERY_S = 0.4
#: So long events are gathered before they are read: with readers, and without.
_GATHER_S = 0.1
_GATHER_UNREAD_S = 0.5
_FIGURES_EVERY_S = 60.0
#: While somebody looks: so often, but never more than a fiftieth of the time.
_FIGURES_READ_S = 2.0
_FIGURES_SHARE = 50.0
_NAMES_EVERY_S = 2.0
_ALARMS_EVERY_S = 5.0
_HEAL_EVERY_S = 2.0
#: The filer looks every 2 s: when it isn't behind after so long, it has all there was before.
_FILED_WITHIN_S = 3.0
_QUERY_S = 5.0
#: A reader that takes nothing for so long is gone.
_READER_S = 5.0
_GONE = (Unavailable, InputError, TimeoutError, OSError)
_NO_DATABASE = (Unavailable, psycopg.Error, TimeoutError)


class Calld:
    """The daemon's workers and what they share."""

    def __init__(self, at: Paths, daemon: Daemon) -> None:
        self._at = at
        self._daemon = daemon
        self._board = Board()
        self._feed = Feed()
        self._follower = Follower(self._board)
        self._filer = filer(at.journal, connect_async, reload_logger=self._reload_logger)
        self._ami: AmiClient | None = None
        self._gather_s = _GATHER_UNREAD_S
        self._alarms: tuple[Alarm, ...] = ()
        self._short: tuple[Alarm, ...] = ()
        self._converter = Converter(at.recordings, connect_async)
        self._holds = Holds(connect_async)
        self._toll = Toll(lambda: self._ami)
        self._pauses = Pauses(lambda: self._ami, self._board)
        self._line_guard = LineGuard(lambda: self._ami, self._board)
        self._port_lines = PortLines(at, lambda: self._ami, self._board, connect_async)
        daemon.add("journal", self._file, stuck_after_s=60.0)
        daemon.add("recordings", self._convert, stuck_after_s=120.0)
        daemon.add("keeping", self._keep, stuck_after_s=120.0)
        daemon.add("holds", self._file_holds, stuck_after_s=60.0)
        daemon.add("missed", self._pauses.run, stuck_after_s=60.0)
        daemon.add("follow-ups", self._reconcile, stuck_after_s=120.0)
        daemon.add("waiting", self._show_waiting, stuck_after_s=60.0)
        daemon.add("asterisk", self._follow, stuck_after_s=30.0)
        daemon.add("picture", self._tell)
        daemon.add("names", self._read_names)
        daemon.add("disks", self._read_disks)
        daemon.add("figures", self._read_figures, stuck_after_s=30.0)
        daemon.add("heal", self._heal, stuck_after_s=30.0)
        daemon.add("ports", self._port_lines.run, stuck_after_s=150.0)
        daemon.add("line-guard", self._line_guard.run, stuck_after_s=60.0)
        daemon.add("samples", self._sample, stuck_after_s=30.0)
        daemon.add("socket", self._serve)

    # -- the journal --------------------------------------------------------------------------

    async def _file(self, heart: Heart) -> None:
        await self._filer.run(heart.beat)

    async def _convert(self, heart: Heart) -> None:
        await self._converter.run(heart.beat)

    async def _keep(self, heart: Heart) -> None:
        await keeping.run(connect_async, self._at.recordings, heart.beat)

    async def _file_holds(self, heart: Heart) -> None:
        await self._holds.run(heart.beat)

    async def _reconcile(self, heart: Heart) -> None:
        await follow_ups.run(connect_async, heart.beat)

    async def _show_waiting(self, heart: Heart) -> None:
        secret = self._at.secrets / "ami-calld"
        await waiting.run(connect_async, secret, lambda: self._follower.start, heart.beat)

    async def _reload_logger(self) -> None:
        if self._ami is None:
            raise Unavailable("asterisk-away", reason="not connected")
        await self._ami.command("logger reload")

    # -- the picture --------------------------------------------------------------------------

    async def _follow(self, heart: Heart) -> None:
        await heart.beating(retry.forever("asterisk", self._follow_once, retry_on=_GONE, cap_s=2.0))

    async def _follow_once(self) -> None:
        try:
            secret = await asyncio.to_thread((self._at.secrets / "ami-calld").read_text, "ascii")
            async with connected("calld", secret.strip(), on_event=self._heard) as ami:
                self._ami = ami
                ami.gather_s = self._gather_s
                await self._follower.follow(ami, ami.stay)
        finally:
            self._ami = None
            self._follower.lost()

    @asynccontextmanager
    async def _connect_once(self, on_event: Handler) -> AsyncIterator[Ami]:
        """A connection beside the one that stands, for what waits long."""
        secret = await asyncio.to_thread((self._at.secrets / "ami-calld").read_text, "ascii")
        async with connected("calld", secret.strip(), on_event=on_event) as ami:
            yield ami

    def _heard(self, event: Message) -> None:
        self._holds.heard(event)
        self._pauses.heard(event)
        self._line_guard.heard(event)
        self._follower.on_event(event)

    async def _tell(self, heart: Heart) -> None:
        """While somebody reads: a picture that nobody looks at costs a call nothing."""
        changed = self._follower.changed
        while True:
            if not self._feed.read.is_set():
                self._gather(_GATHER_UNREAD_S)
                await heart.wait(self._feed.read)
                self._gather(_GATHER_S)
            changed.clear()
            self._tell_now()
            await heart.sleep(TELL_EVERY_S)
            await heart.wait(changed, self._quiet_s())

    def _gather(self, seconds: float) -> None:
        self._gather_s = seconds
        if self._ami is not None:
            self._ami.gather_s = seconds

    def _tell_now(self) -> None:
        at = now()
        self._board.journal = JournalHealth(
            lag_s=round(self._filer.status().lag_s, 1), alarms=self._short + self._alarms
        )
        self._feed.tell(self._board.parts(at), at)

    def _quiet_s(self) -> float:
        """How long the picture stays as it is if nothing comes; the journal's lag may grow."""
        at = now()
        by_itself = self._board.changes_by_itself_at(at)
        return 1.0 if by_itself is None else min(1.0, (by_itself - at).total_seconds())

    async def _read_names(self, heart: Heart) -> None:
        link = self._at.generations / "current"
        seen = ""
        while True:
            target = _target(link)
            if target != seen:
                seen = target
                self._board.names = await asyncio.to_thread(names.read, self._at.generations)
                self._follower.changed.set()
            await heart.sleep(_NAMES_EVERY_S)

    async def _read_disks(self, heart: Heart) -> None:
        while True:
            short = await asyncio.to_thread(disks.short, self._at.recording_off)
            short += await asyncio.to_thread(guard.standing, self._at.banned)
            short += await self._toll.alarms()
            if short != self._short:
                self._short = short
                self._follower.changed.set()
            await heart.sleep(_ALARMS_EVERY_S)

    # -- what the database knows --------------------------------------------------------------

    async def _read_figures(self, heart: Heart) -> None:
        alarms_due_s = asked_s = took_s = 0.0
        while True:
            try:
                async with _database() as connection:
                    while True:
                        at = monotonic_s()
                        if at >= alarms_due_s:
                            self._alarms = await bounded(connection, standing(connection), _QUERY_S)
                            limits = await bounded(connection, thresholds(connection), _QUERY_S)
                            self._board.thresholds = limits
                            alarms_due_s = at + _ALARMS_EVERY_S
                        read = self._feed.read.is_set()
                        often = max(_FIGURES_READ_S, took_s * _FIGURES_SHARE)
                        if at >= asked_s + (often if read else _FIGURES_EVERY_S):
                            asked_s = monotonic_s()
                            figures = await bounded(connection, today(connection), _QUERY_S)
                            self._board.today = figures
                            took_s = monotonic_s() - asked_s
                        self._follower.changed.set()
                        await heart.sleep(_FIGURES_READ_S if read else _ALARMS_EVERY_S)
            except _NO_DATABASE as error:
                log.debug("figures: %s", error)
                await heart.sleep(_ALARMS_EVERY_S)

    async def _heal(self, heart: Heart) -> None:
        """Once for each start of Asterisk, when the journal of those before is filed."""
        healed = ""
        while True:
            await heart.sleep(_HEAL_EVERY_S)
            start, ami = self._follower.start, self._ami
            if not start or ami is None or start == healed:
                continue
            try:
                if await heart.beating(self._heal_once(start, ami)):
                    healed = start
            except (*_NO_DATABASE, *_GONE) as error:
                log.info("healing agents waits: %s", error)

    async def _heal_once(self, start: str, ami: AmiClient) -> bool:
        """False: not yet. What phones did since Asterisk's start must be filed before it is judged,
        and who does something meanwhile is left alone."""
        async with _database() as connection:
            if not await bounded(
                connection, heal.is_filed(connection, self._at.journal, start), _QUERY_S
            ):
                return False
        await self._follower.load(ami)
        before = self._board.seats.by_number
        await asyncio.sleep(_FILED_WITHIN_S)
        if self._filer.status().lag_s > 0:
            return False
        async with _database() as connection:
            sessions = await bounded(connection, heal.sessions(connection), _QUERY_S)
            acted = await bounded(connection, heal.acted(connection, start), _QUERY_S)
        await self._follower.load(ami)
        seats = self._board.seats.by_number
        acted |= heal.moved(before, seats)
        found = heal.steps(sessions, seats, acted, self._board.names.on_cards)
        found += heal.kept_steps(sessions, await heal.kept(ami), acted)
        done = await heal.heal(ami, found)
        log.info("start %s: agents are as the journal says, %d steps", start, done)
        return True

    async def _sample(self, heart: Heart) -> None:
        """A minute that can't be filed is forgotten: plots have a gap, nothing waits."""
        disk = self._at.recordings

        async def needs() -> samples.Needs:
            return await asyncio.to_thread(samples.needs, disk)

        sampler = samples.Sampler(self._seen, needs, self._file_sample)
        while True:
            try:
                await heart.beating(sampler.tick(monotonic_s(), now()))
            except _NO_DATABASE as error:
                log.debug("samples: %s", error)
            await heart.sleep(samples.LOOK_EVERY_S)

    def _seen(self) -> samples.Look:
        return replace(self._board.look(), journal_lag_s=self._filer.status().lag_s)

    async def _file_sample(self, sample: samples.Sample) -> None:
        async with _database() as connection:
            await bounded(connection, samples.save(connection, sample), _QUERY_S)

    # -- the socket ---------------------------------------------------------------------------

    async def _serve(self, heart: Heart) -> None:
        app = web.Application()
        app.router.add_get("/live", self._get_live)
        app.router.add_get("/events", self._get_events)
        app.router.add_get("/health", self._get_health)
        Acts(lambda: self._ami, self._board).add_to(app)
        self._toll.add_to(app)
        self._port_lines.add_to(app)
        Lines(lambda: self._ami, self._connect_once, self._board).add_to(app)
        keep = Confd(self._at.socket("confd")).take
        takes = Takes(self._connect_once, keep, self._at.recordings / "takes")
        PhoneTakes(takes, self._board).add_to(app)
        async with unix_server(app, self._at.socket("calld")):
            while True:
                await heart.sleep(5.0)

    async def _get_live(self, _: web.Request) -> web.Response:
        self._tell_now()
        return web.Response(body=self._feed.snapshot(now()), content_type="application/json")

    async def _get_events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        self._tell_now()
        with self._feed.reading(now()) as reader:
            while line := await reader.line():
                try:
                    async with asyncio.timeout(_READER_S):
                        await response.write(line)
                except (TimeoutError, ConnectionError):
                    break
        return response

    async def _get_health(self, _: web.Request) -> web.Response:
        stuck = self._daemon.stuck()
        return web.json_response(
            {"asterisk": self._ami is not None, "stuck": stuck}, status=503 if stuck else 200
        )


@asynccontextmanager
async def _database() -> AsyncIterator[AsyncConnection]:
    async with asyncio.timeout(_QUERY_S):
        connection = await connect_async(autocommit=True)
    try:
        yield connection
    finally:
        await connection.close()


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def main() -> int:
    """The entry of ``linebox-calld.service``."""
    daemon = Daemon("linebox-calld")
    Calld(paths(), daemon)
    return daemon.main()


if __name__ == "__main__":
    sys.exit(main())
