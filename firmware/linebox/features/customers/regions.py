"""Where a number is registered (归属地): looked up in the file itself, so it costs no memory.

``regions.csv`` (docs/names.md, "Desk") is sorted by prefix; the longest prefix that a number begins
with tells its region. The shipped one is 6 MB with 130 000 prefixes; a look-up reads some 20 places
of it, from the page cache in 0.1 ms.
"""

from __future__ import annotations

import asyncio
import csv
import logging
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

log = logging.getLogger(__name__)

_HEADER: Final = b"prefix,zh,en"
_LINE_MAX: Final = 400


class Region(NamedTuple):
    """A place's name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Table:
    """An open table: its file, where its rows begin and end, and what tells it from another."""

    fd: int
    begin: int
    end: int
    state: tuple[int, int, int]


class Regions:
    """``own``: the site's table, used instead of ``shipped`` while it is there and well formed."""

    def __init__(self, shipped: Path, own: Path) -> None:
        self._own = own
        self._places = (own, shipped)
        self._tables: dict[Path, _Table | tuple[int, int, int]] = {}

    async def of(self, number: str) -> Region | None:
        """``find`` beside the loop: a file may be slow."""
        return await asyncio.to_thread(self.find, number)

    def find(self, number: str) -> Region | None:
        """The region of a number as a carrier delivers it; None when no table knows."""
        inside = national(number)
        if not inside:
            return None
        for path in self._places:
            if table := self._open(path):
                return _search(table, inside)
        return None

    def _open(self, path: Path) -> _Table | None:
        """The table at ``path`` as it is now; one that is wrong is told of once."""
        known = self._tables.get(path)
        try:
            found = path.stat()
        except OSError:
            self._drop(path)
            return None
        state = (found.st_mtime_ns, found.st_size, found.st_ino)
        if known is not None and state == (known.state if isinstance(known, _Table) else known):
            return known if isinstance(known, _Table) else None
        self._drop(path)
        self._tables[path] = state
        with suppress(OSError):
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            if path == self._own and (fault := _fault(path)):
                os.close(fd)
                log.error("%s is not used: %s", path, fault)
                return None
            table = _Table(fd, _begin(fd), found.st_size, state)
            self._tables[path] = table
            return table
        return None

    def _drop(self, path: Path) -> None:
        known = self._tables.pop(path, None)
        if isinstance(known, _Table):
            os.close(known.fd)


def national(number: str) -> str:
    """A number as it is dialled inside China, empty for what has no region there."""
    match = re.fullmatch(r"(?:\+86|0086|86(?=[0-9]{9,}))?([0-9]+)", number)
    if match is None or len(match[1]) < 5 or match[1].startswith("00"):
        return ""
    inside = match[1]
    if re.fullmatch(r"0?1[3-9][0-9]{9}", inside):
        return inside.lstrip("0")
    if inside == number or inside.startswith("0"):
        return inside if inside.startswith("0") else ""
    return f"0{inside}"


def _fault(path: Path) -> str:
    """What is wrong with a table, empty for nothing: one pass over all of it."""
    before = ""
    with path.open(encoding="utf-8", newline="") as file:
        try:
            lines = (line for line in file if not line.startswith("#"))
            if next(lines, "").strip().encode() != _HEADER:
                return "the first line that isn't a comment must be prefix,zh,en"
            for n, line in enumerate(lines, 1):
                row = next(csv.reader((line,)), [])
                if len(row) != 3 or not re.fullmatch("[0-9]{2,12}", row[0]) or len(line) > 120:
                    return f"row {n} isn't prefix,zh,en"
                if row[0] <= before:
                    return (
                        f"row {n}: the prefixes aren't sorted as text, or {row[0]} is there twice"
                    )
                before = row[0]
        except (UnicodeDecodeError, csv.Error) as error:
            return str(error)
    return ""


def _begin(fd: int) -> int:
    """Where the rows begin: after the header."""
    head = os.pread(fd, 4096, 0)
    return head.index(b"\n", head.index(_HEADER)) + 1


def _search(table: _Table, number: str) -> Region | None:
    """The region of the longest prefix.

    The last row that isn't after the number is its prefix, or shares a beginning with it that every
    shorter prefix must have too: looked for again with that beginning.
    """
    wanted = number.encode()
    while wanted:
        line = _last_not_after(table, wanted)
        prefix = line.partition(b",")[0]
        if not prefix:
            return None
        if wanted.startswith(prefix):
            row = next(csv.reader((line.decode(),)))
            return Region(row[1], row[2])
        wanted = _shared(wanted, prefix)
    return None


def _shared(one: bytes, other: bytes) -> bytes:
    """How both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))]


def _last_not_after(table: _Table, wanted: bytes) -> bytes:
    """The last row whose prefix sorts before ``wanted`` or is it; empty when there is none."""
    low, high, best = table.begin, table.end, b""
    while low < high:
        middle = (low + high) // 2
        at = max(table.begin, middle - _LINE_MAX)
        around = os.pread(table.fd, 2 * _LINE_MAX, at)
        start = around.rfind(b"\n", 0, middle - at) + 1
        end = around.find(b"\n", middle - at)
        line = around[start : end if end >= 0 else len(around)].rstrip(b"\r")
        if line.partition(b",")[0] <= wanted:
            best, low = line, at + (end if end >= 0 else len(around)) + 1
        else:
            high = at + start
    return best
