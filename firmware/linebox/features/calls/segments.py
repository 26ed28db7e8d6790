"""The journal's folders and files: which exist, in which order they were written, which may go.

One folder per Asterisk start, ``s00000012``; in it ``cel-custom/cel.csv`` and ``queue_log``, the
files Asterisk appends to, and their earlier parts renamed by us, ``cel.000001.csv`` and
``queue_log.000001``. Nothing here waits for long, but all of it touches the disk: call it in a
thread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_START = re.compile(r"s\d{8}")


class Kind(StrEnum):
    CEL = "cel"
    QUEUE = "queue"


_FOLDER = {Kind.CEL: "cel-custom", Kind.QUEUE: "."}
_OPEN = {Kind.CEL: "cel.csv", Kind.QUEUE: "queue_log"}
_RENAMED = {Kind.CEL: "cel.{:06d}.csv", Kind.QUEUE: "queue_log.{:06d}"}
_NUMBER = {
    Kind.CEL: re.compile(r"cel\.(\d{6})\.csv"),
    Kind.QUEUE: re.compile(r"queue_log\.(\d{6})"),
}


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A file of the journal for ever: renaming it doesn't change it."""

    start: str
    kind: Kind
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """``is_open``: Asterisk appends to it by its name (it may still do so for a moment after a
    rename)."""

    key: Key
    path: Path
    size: int
    is_open: bool


def starts(journal: Path) -> list[str]:
    """The starts that have a folder, oldest first."""
    try:
        return sorted(e.name for e in journal.iterdir() if _START.fullmatch(e.name) and e.is_dir())
    except FileNotFoundError:
        return []


def segments(journal: Path, start: str, deleted: Mapping[Kind, int]) -> list[Segment]:
    """The files of a start, each kind in the order written. ``deleted``: highest number deleted so
    far."""
    found: list[Segment] = []
    for kind in Kind:
        folder = journal / start / _FOLDER[kind]
        try:
            names = [entry.name for entry in folder.iterdir()]
        except FileNotFoundError:
            continue
        numbers = sorted(int(m[1]) for n in names if (m := _NUMBER[kind].fullmatch(n)))
        for number in numbers:
            _add(found, Key(start, kind, number), folder / _RENAMED[kind].format(number), False)
        if _OPEN[kind] in names:
            number = max([*numbers, deleted.get(kind, 0)]) + 1
            _add(found, Key(start, kind, number), folder / _OPEN[kind], True)
    return found


def _add(found: list[Segment], key: Key, path: Path, is_open: bool) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    found.append(Segment(key=key, path=path, size=size, is_open=is_open))


def read(segment: Segment, position: int, most: int) -> bytes:
    """At most ``most`` bytes from ``position`` on; empty if the file has gone."""
    try:
        with segment.path.open("rb") as file:
            file.seek(position)
            return file.read(most)
    except FileNotFoundError:
        return b""


def rename(segment: Segment) -> None:
    """Give the open file its number; Asterisk makes a new one (queue_log: after ``logger
    reload``)."""
    name = _RENAMED[segment.key.kind].format(segment.key.number)
    segment.path.rename(segment.path.with_name(name))


def delete(segment: Segment) -> None:
    segment.path.unlink(missing_ok=True)


def delete_folder(journal: Path, start: str) -> None:
    """Take an emptied start away; what else lies there stays, and so does the folder."""
    for folder in (journal / start / "cel-custom", journal / start):
        try:
            folder.rmdir()
        except OSError:
            return
