"""One batch of the journal: what is filed in one transaction, before and after it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linebox.asterisk.journals import CelRecord, QueueRecord, Read
from linebox.features.calls.book import Book
from linebox.features.calls.segments import Kind, Segment


@dataclass(slots=True)
class Piece[R]:
    segment: Segment
    old: int
    read: Read[R]
    data: bytes


@dataclass(slots=True)
class Work:
    """What one look at a start's files found. ``cel_ends``: no CEL is left unread after ``cel``."""

    start: str
    cel: Piece[CelRecord] | None
    queue: Piece[QueueRecord] | None
    cel_ends: bool
    is_over: bool


def lacks_queue_log(found: Sequence[Segment]) -> bool:
    """Whether queue_log was renamed and Asterisk hasn't opened a new one."""
    queue = [segment for segment in found if segment.key.kind is Kind.QUEUE]
    return bool(queue) and not any(segment.is_open for segment in queue)


def not_in_book(book: Book, records: Sequence[CelRecord]) -> set[str]:
    """Ids of calls that began before these records and aren't in the book (any more)."""
    begun: set[str] = set()
    unknown: set[str] = set()
    for record in records:
        if record.event == "CHAN_START":
            begun.add(record.uniqueid)
            if record.uniqueid == record.linkedid:
                continue
        for id_ in (record.linkedid, record.uniqueid):
            if id_ not in begun and book.find(id_) is None:
                unknown.add(id_)
    return unknown
