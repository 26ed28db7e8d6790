"""Settings take effect: read, compiled, checked, written, switched to, read back; else put back.

Calls in progress are never touched: they keep the contexts they began in.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection

from linebox.asterisk import checker
from linebox.asterisk.ami import Ami
from linebox.asterisk.reload import Part
from linebox.base import clock
from linebox.base.errors import ConfigError, InputError, LineboxError, Unavailable
from linebox.compiler import blame, check, store
from linebox.compiler.build import build, with_kept
from linebox.compiler.check import Problem
from linebox.compiler.generation import Generation
from linebox.compiler.generations import Generations, Manifest
from linebox.compiler.read import read, read_within
from linebox.compiler.snapshot import Snapshot
from linebox.compiler.sounds import Sounds, Speaker
from linebox.compiler.switch import Step, Switch, Switcher
from linebox.config.paths import Paths
from linebox.features.settings.drafts import Carried, DraftRefused
from linebox.store.refusals import refusals

log = logging.getLogger(__name__)

#: How long a second apply waits for the first, in seconds.
BUSY_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """``changed`` is False when the settings compile to what Asterisk runs already. ``carried``:
    what a draft saved."""

    generation: int
    changed: bool
    seconds: float
    carried: Carried | None = None


#: Saves a draft in a transaction that is kept only if it takes effect.
type Draft = Callable[[AsyncConnection], Awaitable[Carried]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """What a draft would bring. ``old`` is what runs, None before the first."""

    snapshot: Snapshot
    generation: Generation
    carried: Carried
    problems: tuple[Problem, ...]
    old: Manifest | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """The settings with a draft in them, not committed on ``connection``; None without a draft."""

    snapshot: Snapshot
    carried: Carried | None = None
    connection: AsyncConnection | None = None


class Applier:
    """The one that writes generations.

    ``passed`` is told of each step that is done: a test may end there. ``cards`` is told of a
    generation that is current now and wants something else of the cards; they follow it in their
    own time, and a generation that runs isn't taken back for them.
    """

    def __init__(
        self,
        *,
        at: Paths,
        connect: Callable[[], Awaitable[AsyncConnection]],
        asterisk: Callable[[], AbstractAsyncContextManager[Ami]],
        speaker: Speaker,
        passed: Callable[[Step], None] = lambda step: None,
        cards: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self._connect = connect
        self._asterisk = asterisk
        self._cards = cards
        self.sounds = Sounds(at, speaker)
        self._lock = at.generations / ".lock"
        self.generations = Generations(at.generations)
        self._switcher = Switcher(self.generations, passed)

    async def apply(
        self, *, by: str, note: str = "", force: bool = False, draft: Draft | None = None
    ) -> Applied:
        """Bring the settings into effect, those that ``draft`` saves among them: refused or rolled
        back, what it saved is gone too.

        ``force``: switch also when nothing changed, and take a fixed order of ringing on a queue
        that lives in another, where it comes true when Asterisk is started again.

        Raises ``check.Refused`` and other ``InputError`` when the settings are at fault,
        ``RolledBack`` when Asterisk did not take them, ``Unavailable`` when Asterisk or the
        database is away (then nothing changed, or the next call settles it).
        """
        began = clock.monotonic_s()
        async with (
            self._alone(),
            self._database() as connection,
            self._asterisk() as ami,
        ):
            await self._settled(connection, ami)
            async with self._saved(connection, draft) as saved:
                live = {} if force else await checker.strategies(ami)
                try:
                    generation, number = await self._compiled(
                        connection, saved.snapshot, live=live, by=by, note=note
                    )
                except check.Refused as error:
                    if saved.carried is None:
                        raise
                    told = blame.problems(error.problems, saved.snapshot, saved.carried)
                    raise DraftRefused(told) from error
                old = self._current()
                same = old and self.generations.is_current(generation, made_at=clock.now())
                if old and same and not force:
                    await self._switcher.ensure(ami, old)
                    number = old.number
                    await self._kept_without_switch(connection, saved, number)
                else:
                    alive = await store.hashes(connection, await checker.alive(ami))
                    kept = self.generations.bodies(alive) if old else []
                    await self._switch(
                        Switch(
                            connection=connection,
                            ami=ami,
                            generation=with_kept(saved.snapshot, generation, kept),
                            old=old,
                            by=by,
                            note=note,
                            settings=saved.snapshot.version,
                            draft=saved.connection,
                        )
                    )
                    same = False
        seconds = clock.monotonic_s() - began
        log.info("generation %s is current after %.2f s", number, seconds)
        return Applied(generation=number, changed=not same, seconds=seconds, carried=saved.carried)

    async def preview(self, draft: Draft) -> Previewed:
        """What a draft would bring; nothing of it is kept.

        Raises what the draft raises, and ``Unavailable`` when the database is away.
        """
        async with self._database() as connection:
            async with self._saved(connection, draft) as saved:
                pass  # nobody keeps it
            last = max([await store.last_number(connection), *self.generations.numbers()])
        old = self._current()
        snapshot = saved.snapshot
        # By the old number, so that what differs is what the settings say.
        generation = build(snapshot, number=old.number if old else last + 1)
        problems = [
            *check.references(snapshot, generation),
            *check.order_kept(generation, await self._strategies()),
            *check.sounds(snapshot, generation, self.sounds.unsayable(snapshot, generation)),
            *check.music(self.sounds.silent(snapshot.music)),
        ]
        return Previewed(
            snapshot=snapshot,
            generation=generation,
            carried=saved.carried or Carried(),
            problems=tuple(problems),
            old=old,
            number=last + 1,
        )

    async def first(self, *, by: str) -> int:
        """See to it that there is a generation, before Asterisk has started; returns its number.

        Sounds that are missing are only logged: a box that answers without a word is better than
        one that doesn't answer.

        Raises as ``apply``.
        """
        async with self._alone():
            if current := self._current():
                return current.number
            async with self._database() as connection:
                snapshot = await read(connection, at=clock.now())
                generation, number = await self._compiled(
                    connection, snapshot, live={}, by=by, note="", may_be_mute=True
                )
                await self._switch(
                    Switch(
                        connection=connection,
                        ami=None,
                        generation=generation,
                        old=None,
                        by=by,
                        note="",
                        settings=snapshot.version,
                    )
                )
        return number

    async def settle(self) -> bool:
        """Finish or undo a switch whose builder was killed; False when there was none to settle.

        Raises ``Unavailable`` when Asterisk or the database is away: ask again later.
        """
        async with self._alone():
            if self.generations.switching() is None:
                return False
            async with self._database() as connection, self._asterisk() as ami:
                await self._settled(connection, ami)
            return True

    # -- making -------------------------------------------------------------------------------

    async def _compiled(
        self,
        connection: AsyncConnection,
        snapshot: Snapshot,
        *,
        live: Mapping[str, str],
        by: str,
        note: str,
        may_be_mute: bool = False,
    ) -> tuple[Generation, int]:
        """The generation without what is kept, checked; a refusal is filed with its reason.

        ``live``: the queues that Asterisk has now, with their strategies.
        """
        last = max([await store.last_number(connection), *self.generations.numbers()])
        number = last + 1
        hash_ = ""
        try:
            generation = build(snapshot, number=number, kept=())
            hash_ = generation.hash
            check.refuse_if(check.references(snapshot, generation))
            check.refuse_if(check.order_kept(generation, live))
            await self._heard(snapshot, generation, may_be_mute=may_be_mute)
        except LineboxError as error:
            async with connection.transaction():
                at = clock.now()
                await store.add(connection, number, hash_, by=by, note=note, at=at)
                await store.ended(connection, number, "refused", error)
            raise
        self.sounds.join_staff(generation.staff)
        return generation, number

    async def _heard(
        self, snapshot: Snapshot, generation: Generation, *, may_be_mute: bool
    ) -> None:
        """Make the sounds that come of settings; raises when one that is played isn't there."""
        try:
            await self.sounds.say(snapshot.prompts)
            self.sounds.clear_files(snapshot)
            missing = self.sounds.missing(generation.required_sounds)
            check.refuse_if(check.sounds(snapshot, generation, missing))
            check.refuse_if(check.music(self.sounds.silent(snapshot.music)))
        except InputError:
            if not may_be_mute:
                raise
            log.exception("sounds are missing; callers will not hear them")

    async def _switch(self, switch: Switch) -> None:
        await self._switcher.run(switch)
        old = switch.old.number if switch.old else 0
        if (
            self._cards
            and switch.ami
            and Part.CARDS in self.generations.differing(old, switch.number)
        ):
            await self._cards(switch.number)
        self._clear_away()

    async def _settled(self, connection: AsyncConnection, ami: Ami) -> None:
        """No switch is under way any more."""
        if not await self._switcher.settle(connection, ami):
            self._clear_away()

    # -- housekeeping -------------------------------------------------------------------------

    def _current(self) -> Manifest | None:
        """What is to be replaced; None when there is none, or none that can be gone back to."""
        number = self.generations.current()
        try:
            return self.generations.manifest(number) if number else None
        except ConfigError:
            log.exception("generation %s is damaged; it will be replaced", number)
            return None

    def _clear_away(self) -> None:
        self.generations.clear_away()
        self.sounds.clear_away(self.generations.staff(), self.generations.mentions)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """One apply at a time, whichever process it is in. Raises ``Unavailable``."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        try:
            end = clock.monotonic_s() + BUSY_S
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if clock.monotonic_s() > end:
                        raise Unavailable("generation-busy") from error
                await asyncio.sleep(0.05)
            yield
        finally:
            os.close(descriptor)

    @asynccontextmanager
    async def _saved(
        self, connection: AsyncConnection, draft: Draft | None
    ) -> AsyncIterator[_Saved]:
        """The settings, with ``draft`` saved in a transaction of its own that is open meanwhile."""
        if draft is None:
            yield _Saved(snapshot=await read(connection, at=clock.now()))
            return
        async with self._database(autocommit=False) as own:
            # It waits for Asterisk, and for words to be spoken.
            await own.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            carried = await draft(own)
            snapshot = await read_within(own, at=clock.now())
            yield _Saved(snapshot=snapshot, carried=carried, connection=own)

    async def _kept_without_switch(
        self, connection: AsyncConnection, saved: _Saved, number: int
    ) -> None:
        """What was saved is kept though Asterisk needs to hear nothing of it."""
        await store.has(saved.connection or connection, number, settings=saved.snapshot.version)
        if saved.connection:
            await saved.connection.commit()

    async def _strategies(self) -> dict[str, str]:
        """The queues that live; none when Asterisk is away, which a preview doesn't need."""
        try:
            async with self._asterisk() as ami:
                return await checker.strategies(ami)
        except Unavailable:
            return {}

    @asynccontextmanager
    async def _database(self, *, autocommit: bool = True) -> AsyncIterator[AsyncConnection]:
        connection = await self._connect()
        try:
            with refusals("generation"):
                await connection.set_autocommit(autocommit)
                yield connection
        finally:
            await connection.close()
