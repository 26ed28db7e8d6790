"""Is the box well? Each part asked once, with a short time limit (DIA-1 basics)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from linebox.base.errors import LineboxError
from linebox.base.ipc import Peer
from linebox.base.messages import sentence
from linebox.store.pool import Database

type State = Literal["ok", "warn", "away"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part's state; ``zh`` and ``en`` say what is wrong, empty when nothing is."""

    name: str
    state: State
    zh: str = ""
    en: str = ""


#: Below this share of free space a disk is told of.
_FREE_WARN: Final = 0.10


class Health:
    """Asks the parts. ``disks``: name → folder."""

    def __init__(
        self, database: Database, sockets: dict[str, Path], disks: dict[str, Path]
    ) -> None:
        self._database = database
        self._sockets = sockets
        self._disks = disks

    async def ask(self) -> tuple[Part, ...]:
        """All parts at once; takes at most about 3 s and never raises for a part's fault."""
        peers = [
            _named(name, Peer(name, path).ask("GET", "/health", limit_s=2.0))
            for name, path in self._sockets.items()
        ]
        return (
            *await asyncio.gather(_named("database", self._ask_database()), *peers),
            *[await asyncio.to_thread(self._disk, *one) for one in self._disks.items()],
        )

    async def _ask_database(self) -> None:
        async with asyncio.timeout(3.0), self._database.transaction() as connection:
            await connection.execute("SELECT 1")

    def _disk(self, name: str, folder: Path) -> Part:
        try:
            disk = os.statvfs(folder)
        except OSError:
            return _away(name, "disk-away")
        free = disk.f_bavail / max(1, disk.f_blocks)
        if free >= _FREE_WARN:
            return Part(name=name, state="ok")
        zh, en = sentence("disk-nearly-full", {"percent": round(free * 100)})
        return Part(name=name, state="warn", zh=zh, en=en)


async def _named(name: str, asking: Awaitable[object]) -> Part:
    try:
        await asking
    except (LineboxError, TimeoutError):
        return _away(name, f"{name}-away")
    return Part(name=name, state="ok")


def _away(name: str, code: str) -> Part:
    zh, en = sentence(code, {})
    return Part(name=name, state="away", zh=zh, en=en)
