"""Settings take effect: read, compiled, checked, written, switched to, read back; else put back.

A switch is a table of steps, each of which may be the last one before a kill: the note
``switching`` and the link ``current`` say what was done, and ``settle`` finishes or undoes it.
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
from enum import StrEnum
from typing import Final

from psycopg import AsyncConnection

from linebox.asterisk import checker
from linebox.asterisk.ami import Ami
from linebox.asterisk.checker import Differs
from linebox.asterisk.reload import Part, reload
from linebox.base import clock
from linebox.base.errors import ConfigError, InputError, LineboxError, Unavailable
from linebox.compiler import blame, check, store
from linebox.compiler.build import build, with_kept
from linebox.compiler.check import Problem
from linebox.compiler.generation import Generation
from linebox.compiler.generations import Generations, Manifest, Switching
from linebox.compiler.read import read, read_within
from linebox.compiler.snapshot import Snapshot
from linebox.compiler.sounds import Sounds, Speaker
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


class RolledBack(LineboxError):
    """The new generation did not take; the earlier one runs. Code and fields say why."""


class _NotSaved(LineboxError):
    """Asterisk was led to a generation of settings that nobody kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """The settings with a draft in them, not committed on ``connection``; None without a draft."""

    snapshot: Snapshot
    carried: Carried | None = None
    connection: AsyncConnection | None = None


class Step(StrEnum):
    """The steps of a switch, in order; each is named by what is true after it."""

    FILED = "filed"
    WRITTEN = "written"
    ANNOUNCED = "announced"
    POINTED = "pointed"
    RELOADED = "reloaded"
    READ_BACK = "read-back"
    CURRENT = "current"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Switch:
    """``old`` is None when there is nothing to go back to. ``settings``: their version; ``draft``:
    the connection on which they are saved, to be committed with the row that says current."""

    connection: AsyncConnection
    ami: Ami | None
    generation: Generation
    old: Manifest | None
    by: str
    note: str
    settings: int
    draft: AsyncConnection | None = None

    @property
    def number(self) -> int:
        return self.generation.number


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
        self._passed = passed
        self._cards = cards
        self.sounds = Sounds(at, speaker)
        self._lock = at.generations / ".lock"
        self.generations = Generations(at.generations)

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
            await self._settle(connection, ami)
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
                    await self._ensure(ami, old)
                    number = old.number
                    await self._kept_without_switch(connection, saved, number)
                else:
                    alive = await store.hashes(connection, await checker.alive(ami))
                    kept = self.generations.bodies(alive) if old else []
                    await self._switch(
                        _Switch(
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
                    _Switch(
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
                await self._settle(connection, ami)
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

    async def _switch(self, switch: _Switch) -> None:
        try:
            await self._steps(switch, _CAN_BE_UNDONE)
        except (LineboxError, OSError) as error:
            raise await self._undone(switch, error) from error
        await self._steps(switch, _MUST_BE_FINISHED)
        old = switch.old.number if switch.old else 0
        if (
            self._cards
            and switch.ami
            and Part.CARDS in self.generations.differing(old, switch.number)
        ):
            await self._cards(switch.number)
        self._clear_away()

    async def _steps(self, switch: _Switch, steps: _Steps) -> None:
        for step, act in steps:
            began = clock.monotonic_s()
            await act(self, switch)
            log.debug("generation %s: %s, %.3f s", switch.number, step, clock.monotonic_s() - began)
            self._passed(step)

    async def _file(self, switch: _Switch) -> None:
        await store.add(
            switch.connection,
            switch.number,
            switch.generation.hash,
            by=switch.by,
            note=switch.note,
            at=clock.now(),
            settings=None if switch.draft else switch.settings,
        )

    async def _write(self, switch: _Switch) -> None:
        self.generations.write(switch.generation, made_at=clock.now())

    async def _announce(self, switch: _Switch) -> None:
        await store.switching(switch.connection, switch.number)
        old = switch.old.number if switch.old else 0
        self.generations.announce(
            Switching(old=old, new=switch.number, draft=switch.draft is not None)
        )

    async def _point(self, switch: _Switch) -> None:
        self.generations.point_to(switch.number)

    async def _reload(self, switch: _Switch) -> None:
        if switch.ami:
            old = switch.old.number if switch.old else 0
            await reload(switch.ami, self.generations.differing(old, switch.number))

    async def _read_back(self, switch: _Switch) -> None:
        if switch.ami:
            expected = self.generations.manifest(switch.number).expected
            await checker.read_back(switch.ami, expected)

    async def _make_current(self, switch: _Switch) -> None:
        await store.current(
            switch.draft or switch.connection,
            switch.number,
            switch.generation.hash,
            at=clock.now(),
            settings=switch.settings,
        )
        if switch.draft:
            await switch.draft.commit()

    async def _settled(self, _switch: _Switch) -> None:
        self.generations.settled()

    # -- undoing ------------------------------------------------------------------------------

    async def _undone(self, switch: _Switch, error: LineboxError | OSError) -> RolledBack:
        """Put the earlier generation back; what is then to be raised."""
        why = (
            RolledBack(error.code, **{**error.fields, "generation": switch.number})
            if isinstance(error, LineboxError)
            else RolledBack("generation-not-written", reason=str(error), generation=switch.number)
        )
        log.warning("generation %s did not take: %s", switch.number, error)
        if self.generations.switching() is None:
            pass  # Asterisk never heard of it
        elif switch.old is None or switch.ami is None:
            self.generations.settled()  # there is nothing to go back to
        else:
            try:
                await self._back_to(switch.ami, switch.old, frm=switch.number)
            except LineboxError:
                log.exception("generation %s can't be put back now; later", switch.old.number)
        await store.ended(switch.connection, switch.number, "rolled-back", why)
        return why

    async def _back_to(self, ami: Ami, old: Manifest, *, frm: int) -> None:
        self.generations.point_to(old.number)
        await reload(ami, self.generations.differing(frm, old.number))
        await checker.read_back(ami, old.expected)
        self.generations.settled()

    async def _settle(self, connection: AsyncConnection, ami: Ami) -> None:
        switching = self.generations.switching()
        if switching is None:
            await store.interrupted(connection)
            self._clear_away()
            return
        current = self.generations.current()
        log.warning("a switch from %s to %s was interrupted", switching.old, switching.new)
        if not current:  # the first one; Asterisk has heard of none
            await store.interrupted(connection)
            self.generations.settled()
            return
        try:
            manifest = self.generations.manifest(current)
            if current == switching.new and switching.old and switching.draft:
                await self._draft_was_saved(connection, current)
            await self._ensure(ami, manifest)
        except (Differs, ConfigError, _NotSaved) as error:
            if current != switching.new or not switching.old:
                raise
            why = RolledBack(error.code, **{**error.fields, "generation": current})
            await store.ended(connection, current, "rolled-back", why)
            old = self.generations.manifest(switching.old)
            await self._back_to(ami, old, frm=current)
            return
        if current == switching.new:
            await store.current(connection, current, manifest.hash, at=clock.now(), settings=None)
        else:
            await store.interrupted(connection)
        self.generations.settled()

    async def _draft_was_saved(self, connection: AsyncConnection, number: int) -> None:
        """Raises ``_NotSaved`` when the settings of that generation were not kept."""
        if not await store.is_current(connection, number):
            raise _NotSaved("interrupted", number=number)

    async def _ensure(self, ami: Ami, manifest: Manifest) -> None:
        """Have Asterisk run what ``current`` leads to. Raises ``Differs`` when it won't."""
        if await checker.running(ami) != (manifest.number, manifest.hash):
            await reload(ami, frozenset(Part))
        await checker.read_back(ami, manifest.expected)

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


type _Act = Callable[[Applier, _Switch], Awaitable[None]]
type _Steps = tuple[tuple[Step, _Act], ...]

_CAN_BE_UNDONE: Final[_Steps] = (
    (Step.FILED, Applier._file),
    (Step.WRITTEN, Applier._write),
    (Step.ANNOUNCED, Applier._announce),
    (Step.POINTED, Applier._point),
    (Step.RELOADED, Applier._reload),
    (Step.READ_BACK, Applier._read_back),
)
_MUST_BE_FINISHED: Final[_Steps] = (
    (Step.CURRENT, Applier._make_current),
    (Step.SETTLED, Applier._settled),
)
