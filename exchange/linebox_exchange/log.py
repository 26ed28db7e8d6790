"""The exchange's log: events as JSON lines, appended and flushed to disk before anyone sees them.

A line read from CEL bears where that record ended (``src``: inode, offset), so a daemon killed at
any moment goes on exactly there: nothing twice, nothing missed.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from linebox_exchange.events import Event, What, from_cel

#: CEL is looked at this often: the delay of what ``GET /calls`` shows, not of its times.
POLL_S = 0.1
#: A log past this size is put aside as log.1.jsonl (one is kept) when the daemon starts.
KEEP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Position:
    """How far the CEL file was read."""

    inode: int
    offset: int


class Log:
    """One writer. ``position`` follows CEL; events come back by ``load`` at a start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self.position = Position(0, 0)

    def load(self) -> Iterator[Event]:
        """All events so far, in order. A torn last line is cut off: it was never seen by anyone."""
        if not self._path.exists():
            self._path.touch(mode=0o640)
        with self._path.open("rb+") as file:
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                fields = json.loads(line)
                if "src" in fields:
                    self.position = Position(*fields["src"])
                if fields.get("what"):
                    yield Event(
                        call=fields["call"],
                        what=What(fields["what"]),
                        at=fields["at"],
                        text=fields.get("text", ""),
                    )
            file.truncate(whole)

    def put_aside(self) -> None:
        """Start a fresh file when this one is large. Only before ``append``."""
        if self._path.exists() and self._path.stat().st_size > KEEP_BYTES:
            position = {"src": [self.position.inode, self.position.offset]}
            self._path.replace(self._path.with_suffix(".1.jsonl"))
            self._path.write_text(json.dumps(position) + "\n")

    async def append(self, events: Iterable[Event], position: Position | None = None) -> None:
        """On disk when it returns. ``position``: where CEL was read to with these events."""
        lines = [_line(event, position) for event in events]
        if not lines:
            self.position = position or self.position
            return
        async with self._lock:
            await asyncio.to_thread(self._write, "".join(lines).encode())
            self.position = position or self.position

    def _write(self, data: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _line(event: Event, position: Position | None) -> str:
    fields: dict[str, object] = {"at": event.at, "call": event.call, "what": event.what}
    if event.text:
        fields["text"] = event.text
    if position is not None:
        fields["src"] = [position.inode, position.offset]
    return json.dumps(fields, ensure_ascii=False) + "\n"


async def follow_cel(cel: Path, log: Log) -> AsyncIterator[list[Event]]:
    """New events for ever, each batch already in ``log``; also an empty one when all is read."""
    while True:
        events, position = read_cel(cel, log.position)
        await log.append(events, position)
        yield events
        await asyncio.sleep(POLL_S)


def read_cel(cel: Path, since: Position) -> tuple[list[Event], Position]:
    """Whole lines after ``since``; from the start in a file that isn't the one it speaks of. What a
    power cut left of an end is zeros."""
    try:
        with cel.open("rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            size = file.seek(0, os.SEEK_END)
            # A power cut may take the file's end, which was read: what comes now is written there.
            offset = min(since.offset, size) if inode == since.inode else 0
            file.seek(offset)
            data = file.read(1 << 20)
    except FileNotFoundError:
        return [], since
    data = data[: data.rfind(b"\n") + 1]
    events = [event for line in data.splitlines() if (event := from_cel(line.lstrip(b"\0")))]
    return events, Position(inode, offset + len(data))
