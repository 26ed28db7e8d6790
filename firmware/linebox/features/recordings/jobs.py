"""Makes Opus of finished recordings, and finds those the journal doesn't tell of (REC-1, REC-2).

Converting 6 s of talk costs as much CPU as the whole call did (measured), so it waits until the
call is some minutes old and runs at the lowest priority, one file at a time. The order at each
file: whole Opus on the disk, then its row, then the raw file goes; so whatever is killed when, it
is done again or was done.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import AsyncConnection

from linebox.base import retry
from linebox.base.errors import LineboxError, Unavailable
from linebox.features.recordings import opus, store
from linebox.store.bounded import bounded

log = logging.getLogger(__name__)

type Connect = Callable[[], Awaitable[AsyncConnection]]

_QUERY_S = 8.0
_NAME = re.compile(r"\d{8}/(s\d{8}-\d+\.\d+)[0-9A-Za-z_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``rested_s``: how long after its end a recording is converted; ``pause_s``: between looks;
    ``search_s``: between searches for files that no row names, which must be as old."""

    rested_s: float = 600.0
    pause_s: float = 10.0
    search_s: float = 3600.0


class Converter:
    """One per box. ``run`` it as a task; it ends only by being cancelled."""

    def __init__(self, folder: Path, connect: Connect, *, limits: Limits | None = None) -> None:
        self._folder = folder
        self._connect = connect
        self._limits = limits or Limits()
        self._searched_at = -self._limits.search_s
        self._alive: Callable[[], None] = lambda: None

    async def run(self, alive: Callable[[], None] = lambda: None) -> None:
        """Convert for ever; waits while PostgreSQL is away. ``alive`` is called at each step."""
        self._alive = alive
        await retry.forever(
            "recordings",
            self._serve,
            retry_on=(Unavailable, psycopg.Error, TimeoutError, OSError),
            cap_s=30.0,
        )

    async def _serve(self) -> None:
        self._alive()
        async with asyncio.timeout(5):
            connection = await self._connect()
        try:
            while True:
                while await self.convert_one(connection):
                    self._alive()
                if time.monotonic() - self._searched_at >= self._limits.search_s:
                    await self.find_unknown(connection)
                    self._searched_at = time.monotonic()
                await self._rest()
        finally:
            await connection.close()

    async def _rest(self) -> None:
        until = time.monotonic() + self._limits.pause_s
        while (left := until - time.monotonic()) > 0:
            self._alive()
            await asyncio.sleep(min(left, 3.0))

    async def convert_one(self, connection: AsyncConnection) -> bool:
        """Convert the oldest recording that has rested; False when there is none."""
        file = await bounded(connection, self._next(connection), _QUERY_S)
        if file is None:
            return False
        raw, made = self._folder / f"{file}.raw", self._folder / f"{file}.opus"
        work = asyncio.ensure_future(self._convert(raw, made))
        try:
            while not (await asyncio.wait({work}, timeout=3.0))[0]:
                self._alive()
            result = work.result()
        except LineboxError as error:
            log.warning("recording %s: %s", file, error)
            await bounded(connection, self._missing(connection, file, str(error)), _QUERY_S)
            return True
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
        await bounded(connection, self._ready(connection, file, result), _QUERY_S)
        await asyncio.to_thread(raw.unlink, missing_ok=True)
        return True

    async def _convert(self, raw: Path, made: Path) -> opus.Opus:
        has_raw = await asyncio.to_thread(raw.exists)
        if has_raw:
            return await opus.encode(raw, made)
        if await asyncio.to_thread(made.exists):
            return await opus.check(made)
        raise LineboxError("recording-missing")

    async def _next(self, connection: AsyncConnection) -> str | None:
        async with connection.transaction():
            return await store.oldest_raw(connection, self._limits.rested_s)

    async def _ready(self, connection: AsyncConnection, file: str, made: opus.Opus) -> None:
        async with connection.transaction():
            await store.set_ready(connection, file, made)

    async def _missing(self, connection: AsyncConnection, file: str, reason: str) -> None:
        async with connection.transaction():
            await store.set_missing(connection, file, reason)

    async def find_unknown(self, connection: AsyncConnection) -> list[str]:
        """File recordings that lie on the disk and no row names; returns them."""
        lying = await asyncio.to_thread(self._lying)
        return await bounded(connection, self._adopt(connection, lying), _QUERY_S)

    async def _adopt(self, connection: AsyncConnection, lying: dict[str, datetime]) -> list[str]:
        async with connection.transaction():
            found = sorted(await store.unknown(connection, list(lying)))
            for file in found:
                if name := _NAME.fullmatch(file):
                    await store.adopt(connection, file, name[1], lying[file])
        if found:
            log.warning("%d recordings weren't in the journal: %s", len(found), found[:5])
        return found

    def _lying(self) -> dict[str, datetime]:
        """Finished recordings on the disk, without ending, and when they were last written.

        What a killed conversion left half done is deleted.
        """
        oldest = time.time() - self._limits.rested_s
        found: dict[str, datetime] = {}
        for path in self._folder.glob("*/*"):
            if path.suffix not in (".raw", ".opus", ".part"):
                continue
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if written < oldest and path.suffix == ".part":
                path.unlink(missing_ok=True)
            elif written < oldest:
                name = str(path.relative_to(self._folder).with_suffix(""))
                found[name] = datetime.fromtimestamp(written, UTC)
        return found
