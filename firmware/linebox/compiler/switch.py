"""Asterisk is led from one generation to another, step by step, and back when it doesn't follow.

A switch is a table of steps, each of which may be the last one before a kill: the note
``switching`` and the link ``current`` say what was done, and ``settle`` finishes or undoes it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from psycopg import AsyncConnection

from linebox.asterisk import checker
from linebox.asterisk.ami import Ami
from linebox.asterisk.checker import Differs
from linebox.asterisk.reload import Part, reload
from linebox.base import clock
from linebox.base.errors import ConfigError, LineboxError
from linebox.compiler import store
from linebox.compiler.generation import Generation
from linebox.compiler.generations import Generations, Manifest, Switching

log = logging.getLogger(__name__)


class RolledBack(LineboxError):
    """The new generation did not take; the earlier one runs. Code and fields say why."""


class _NotSaved(LineboxError):
    """Asterisk was led to a generation of settings that nobody kept."""


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
class Switch:
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


class Switcher:
    """Leads Asterisk from one generation to the next, or back. ``passed`` is told of each step that
    is done: a test may end there."""

    def __init__(self, generations: Generations, passed: Callable[[Step], None]) -> None:
        self._generations = generations
        self._passed = passed

    async def run(self, switch: Switch) -> None:
        """All steps. Raises ``RolledBack`` when Asterisk did not take it; the earlier one runs."""
        try:
            await self._steps(switch, _CAN_BE_UNDONE)
        except (LineboxError, OSError) as error:
            raise await self._undone(switch, error) from error
        await self._steps(switch, _MUST_BE_FINISHED)

    async def settle(self, connection: AsyncConnection, ami: Ami) -> bool:
        """Finish or undo a switch whose builder was killed; False when there was none to settle."""
        switching = self._generations.switching()
        if switching is None:
            await store.interrupted(connection)
            return False
        current = self._generations.current()
        log.warning("a switch from %s to %s was interrupted", switching.old, switching.new)
        if not current:  # the first one; Asterisk has heard of none
            await store.interrupted(connection)
            self._generations.settled()
            return True
        try:
            manifest = self._generations.manifest(current)
            if current == switching.new and switching.old and switching.draft:
                await self._draft_was_saved(connection, current)
            await self.ensure(ami, manifest)
        except (Differs, ConfigError, _NotSaved) as error:
            if current != switching.new or not switching.old:
                raise
            why = RolledBack(error.code, **{**error.fields, "generation": current})
            await store.ended(connection, current, "rolled-back", why)
            old = self._generations.manifest(switching.old)
            await self._back_to(ami, old, frm=current)
            return True
        if current == switching.new:
            await store.current(connection, current, manifest.hash, at=clock.now(), settings=None)
        else:
            await store.interrupted(connection)
        self._generations.settled()
        return True

    async def ensure(self, ami: Ami, manifest: Manifest) -> None:
        """Have Asterisk run what ``current`` leads to. Raises ``Differs`` when it won't."""
        if await checker.running(ami) != (manifest.number, manifest.hash):
            await reload(ami, frozenset(Part))
        await checker.read_back(ami, manifest.expected)

    # -- the steps ----------------------------------------------------------------------------

    async def _steps(self, switch: Switch, steps: _Steps) -> None:
        for step, act in steps:
            began = clock.monotonic_s()
            await act(self, switch)
            log.debug("generation %s: %s, %.3f s", switch.number, step, clock.monotonic_s() - began)
            self._passed(step)

    async def _file(self, switch: Switch) -> None:
        await store.add(
            switch.connection,
            switch.number,
            switch.generation.hash,
            by=switch.by,
            note=switch.note,
            at=clock.now(),
            settings=None if switch.draft else switch.settings,
        )

    async def _write(self, switch: Switch) -> None:
        self._generations.write(switch.generation, made_at=clock.now())

    async def _announce(self, switch: Switch) -> None:
        await store.switching(switch.connection, switch.number)
        old = switch.old.number if switch.old else 0
        self._generations.announce(
            Switching(old=old, new=switch.number, draft=switch.draft is not None)
        )

    async def _point(self, switch: Switch) -> None:
        self._generations.point_to(switch.number)

    async def _reload(self, switch: Switch) -> None:
        if switch.ami:
            old = switch.old.number if switch.old else 0
            await reload(switch.ami, self._generations.differing(old, switch.number))

    async def _read_back(self, switch: Switch) -> None:
        if switch.ami:
            expected = self._generations.manifest(switch.number).expected
            await checker.read_back(switch.ami, expected)

    async def _make_current(self, switch: Switch) -> None:
        await store.current(
            switch.draft or switch.connection,
            switch.number,
            switch.generation.hash,
            at=clock.now(),
            settings=switch.settings,
        )
        if switch.draft:
            await switch.draft.commit()

    async def _settled(self, _switch: Switch) -> None:
        self._generations.settled()

    # -- undoing ------------------------------------------------------------------------------

    async def _undone(self, switch: Switch, error: LineboxError | OSError) -> RolledBack:
        """Put the earlier generation back; what is then to be raised."""
        why = (
            RolledBack(error.code, **{**error.fields, "generation": switch.number})
            if isinstance(error, LineboxError)
            else RolledBack("generation-not-written", reason=str(error), generation=switch.number)
        )
        log.warning("generation %s did not take: %s", switch.number, error)
        if self._generations.switching() is None:
            pass  # Asterisk never heard of it
        elif switch.old is None or switch.ami is None:
            self._generations.settled()  # there is nothing to go back to
        else:
            try:
                await self._back_to(switch.ami, switch.old, frm=switch.number)
            except LineboxError:
                log.exception("generation %s can't be put back now; later", switch.old.number)
        await store.ended(switch.connection, switch.number, "rolled-back", why)
        return why

    async def _back_to(self, ami: Ami, old: Manifest, *, frm: int) -> None:
        self._generations.point_to(old.number)
        await reload(ami, self._generations.differing(frm, old.number))
        await checker.read_back(ami, old.expected)
        self._generations.settled()

    async def _draft_was_saved(self, connection: AsyncConnection, number: int) -> None:
        """Raises ``_NotSaved`` when the settings of that generation were not kept."""
        if not await store.is_current(connection, number):
            raise _NotSaved("interrupted", number=number)


type _Act = Callable[[Switcher, Switch], Awaitable[None]]
type _Steps = tuple[tuple[Step, _Act], ...]

_CAN_BE_UNDONE: Final[_Steps] = (
    (Step.FILED, Switcher._file),
    (Step.WRITTEN, Switcher._write),
    (Step.ANNOUNCED, Switcher._announce),
    (Step.POINTED, Switcher._point),
    (Step.RELOADED, Switcher._reload),
    (Step.READ_BACK, Switcher._read_back),
)
_MUST_BE_FINISHED: Final[_Steps] = (
    (Step.CURRENT, Switcher._make_current),
    (Step.SETTLED, Switcher._settled),
)
