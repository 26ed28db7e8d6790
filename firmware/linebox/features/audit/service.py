"""The audit at work: entries noted at once, filed as soon as the database takes them, looked after.

What is allowed with the database away: everything that works without it (the owner's log-in, acts
at desks). Its entries wait in a bounded file (``spool.py``) and are filed in their order later.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from linebox.base import clock
from linebox.base.errors import LineboxError, Unavailable
from linebox.features.audit import store
from linebox.features.audit.model import Entry, Fault, Head, Looker, Row, plain
from linebox.features.audit.spool import Spool
from linebox.store.pool import Database

log = logging.getLogger(__name__)

#: The first look comes soon after the start, then one each hour.
_FIRST_LOOK_S: Final = 60.0
_LOOK_S: Final = 3600.0
_ROWS: Final = 2000
_RECENT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What holding the rows against their chain gave. ``rows`` were looked at."""

    at: datetime
    rows: int
    faults: tuple[Fault, ...]


class Audit:
    """``secrets_dir`` holds ``audit-key``, ``folder`` is webd's own."""

    def __init__(
        self,
        secrets_dir: Path,
        folder: Path,
        database: Database,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._secrets = secrets_dir
        self._database = database
        self._now = now
        self._spool = Spool(folder)
        self._wake = asyncio.Event()
        self._recent: dict[tuple[str, ...], datetime] = {}
        #: The last look; None before the first.
        self.looked: Look | None = None

    @property
    def waiting(self) -> int:
        """Entries that aren't in the database yet."""
        return self._spool.unfiled

    def entry(self, *, who: str, what: str, role: str = "", address: str = "") -> Entry:
        """A new one, of now."""
        return Entry(
            id=secrets.token_hex(12),
            at=self._now(),
            who=plain(who, 60),
            what=plain(what, 60),
            role=plain(role, 60),
            address=plain(address, 60),
        )

    def begin(self, entry: Entry) -> None:
        """Something is about to be done. Raises ``Unavailable("audit-full")``: then it isn't."""
        self._spool.begin(entry)

    def end(
        self,
        entry: Entry,
        *,
        outcome: str,
        status: int,
        subject: str = "",
        detail: Mapping[str, str] | None = None,
    ) -> None:
        """How it went. Raises ``Unavailable`` when it can't even be written to the disk."""
        told = {plain(key, 40): plain(one) for key, one in (detail or {}).items()}
        self._spool.end(
            replace(
                entry,
                outcome=plain(outcome, 60),
                status=status,
                subject=plain(subject),
                detail=told,
            )
        )
        self._wake.set()

    def drop(self, entry: Entry) -> None:
        """What had begun came to nothing."""
        self._spool.drop(entry.id)

    def is_repeated(self, key: tuple[str, ...], within: timedelta) -> bool:
        """Whether the same was told within that time; it counts as told now if not."""
        now = self._now()
        last = self._recent.get(key)
        if last is not None and timedelta(0) <= now - last < within:
            return True
        if len(self._recent) >= _RECENT:
            self._recent.clear()
        self._recent[key] = now
        return False

    async def run(self) -> None:
        """File and look, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._file_for_ever())
            group.create_task(self._look_for_ever())

    async def _file_for_ever(self) -> None:
        pause_s = 0.0
        while True:
            await asyncio.sleep(pause_s)
            try:
                filed = await self.file()
                pause_s = 0.05
            except LineboxError as error:
                log.debug("the audit waits: %s", error)
                filed, pause_s = 0, 1.0
            if not filed and pause_s < 1.0:
                self._wake.clear()
                try:
                    async with asyncio.timeout(2.0):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def file(self) -> int:
        """What waits goes into the database; how many entries did. Raises ``Unavailable``."""
        self._spool.take_in()
        entries = self._spool.waiting()
        if not entries:
            return 0
        key = self._key()
        async with self._database.transaction() as connection:
            await store.lock(connection)
            head = await store.append(connection, key, entries, self._spool.head(key))
        if head is not None:
            await asyncio.to_thread(self._spool.set_head, key, head)
        self._spool.filed(entries)
        return len(entries)

    async def _look_for_ever(self) -> None:
        await asyncio.sleep(_FIRST_LOOK_S)
        while True:
            try:
                await self.look()
            except LineboxError as error:
                log.info("the audit isn't looked at: %s", error)
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> Look:
        """Hold every row against the chain; the alarm says what is wrong. Raises ``Unavailable``.

        The head is told to the system's journal, which may be kept elsewhere."""
        key = self._key()
        head = self._spool.head(key)
        looker = Looker(key)
        while head is None or looker.last < head.n:
            async with self._database.transaction() as connection:
                rows = await store.after(connection, looker.last, _ROWS)
            if head is not None:
                rows = [row for row in rows if row.n <= head.n]
            if not rows:
                break
            await asyncio.to_thread(_take, looker, rows)
        looker.end(head)
        look = Look(at=self._now(), rows=looker.last, faults=tuple(looker.faults))
        async with self._database.transaction() as connection:
            await store.alarm(connection, look.faults)
        if look.faults:
            first = look.faults[0]
            log.error("the audit is broken: %s at %d–%d", first.kind, first.n, first.last)
        elif head is not None:
            log.info("the audit holds: %d rows, head %s", head.n, head.hash.hex())
        self.looked = look
        return look

    def head(self) -> Head | None:
        """The last row as the file has it."""
        try:
            return self._spool.head(self._key())
        except Unavailable:
            return None

    def _key(self) -> bytes:
        try:
            text = (self._secrets / "audit-key").read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise Unavailable("audit-key-missing") from error
        if not text:
            raise Unavailable("audit-key-missing")
        return text.encode()


def _take(looker: Looker, rows: list[Row]) -> None:
    for row in rows:
        looker.take(row)
