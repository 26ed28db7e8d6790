"""The board's changes as numbered lines for many readers (docs/names.md, "Live snapshot").

A reader that doesn't keep up is dropped, never waited for: it connects again and starts from a
fresh snapshot.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from linebox.desks import patch
from linebox.desks.board import Json, moment

log = logging.getLogger(__name__)

#: Lines that a reader may be behind: at 2.5 a second 40 s.
BEHIND_MAX = 100


class Reader:
    """One reader's lines; ``dropped`` when it fell behind."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[bytes] = asyncio.Queue(BEHIND_MAX)
        self.dropped = False

    async def line(self) -> bytes | None:
        """The next line; None when there are no more, because the reader fell behind."""
        return None if self.dropped else await self._lines.get()

    def give(self, line: bytes) -> bool:
        """False when it is full and from now on dropped."""
        try:
            self._lines.put_nowait(line)
        except asyncio.QueueFull:
            self.dropped = True
        return not self.dropped


class Feed:
    """The parts as told last, their number, and who listens."""

    def __init__(self) -> None:
        self.seq = 0
        #: Set while somebody reads: without readers nothing need be told.
        self.read = asyncio.Event()
        self._told: Mapping[str, Json] = {}
        self._readers: set[Reader] = set()

    def snapshot(self, at: datetime) -> bytes:
        """All parts as told last, one line."""
        return _line({"seq": self.seq, "at": moment(at), **self._told})

    @contextmanager
    def reading(self, at: datetime) -> Iterator[Reader]:
        """A reader whose first line is the snapshot."""
        reader = Reader()
        reader.give(self.snapshot(at))
        self._readers.add(reader)
        self.read.set()
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            if not self._readers:
                self.read.clear()

    def tell(self, parts: Mapping[str, Json], at: datetime) -> bool:
        """Send the parts that differ from those told last; False when none does."""
        told = self._told
        changed = {
            name: part for name, part in parts.items() if name not in told or told[name] != part
        }
        if not changed:
            return False
        self._told = {**self._told, **changed}
        self.seq += 1
        if self._readers:
            line = _line({"seq": self.seq, "at": moment(at), **patch.told_as(told, changed)})
            behind = {reader for reader in self._readers if not reader.give(line)}
            self._readers -= behind
            if behind:
                log.warning("%d readers of the live picture fell behind: dropped", len(behind))
        return True


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
