"""The calls being told: records in memory until a call is over, so that it is told without a query.

What is here is always in the database as well, or will be with the transaction under way; after a
failed one the book is thrown away and read anew.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from linebox.asterisk.journals import CelRecord, QueueRecord
from linebox.features.calls.bridges import extra

#: Where a record stands among all of its kind of one start: segment and offset in one number.
type Place = int

#: How many finished calls stay, for records that come a moment later.
KEPT_FINISHED = 2000
#: For how many channels that CEL hasn't told of yet lines of queue_log wait.
KEPT_WAITING = 5000


def place(segment: int, position: int) -> Place:
    return segment << 48 | position


@dataclass(slots=True, eq=False)
class Page:
    """One call's records. ``ids``: the ids under which it stands in the database (several only
    before two linkedids turned out to be one call); ``told``: whether legs and events stand there
    too."""

    start: str
    cel: list[tuple[Place, CelRecord]] = field(default_factory=list)
    queue: list[tuple[Place, QueueRecord]] = field(default_factory=list)
    linkedids: set[str] = field(default_factory=set)
    uniqueids: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    known_links: set[str] = field(default_factory=set)
    told: bool = False

    def records(self) -> list[CelRecord]:
        """CEL in the order of the file."""
        self.cel.sort(key=lambda item: item[0])
        return [record for _, record in self.cel]

    def lines(self) -> list[QueueRecord]:
        self.queue.sort(key=lambda item: item[0])
        return [record for _, record in self.queue]


class Book:
    """All pages, found by any linkedid or uniqueid of theirs."""

    def __init__(self) -> None:
        self._by_id: dict[str, Page] = {}
        self._finished: OrderedDict[int, Page] = OrderedDict()
        self._waiting: dict[str, list[tuple[Place, QueueRecord]]] = {}

    def find(self, id_: str) -> Page | None:
        return self._by_id.get(id_)

    def unfinished(self, start: str) -> list[Page]:
        """Pages of a start that aren't ``finish``ed."""
        pages = {id(p): p for p in self._by_id.values() if p.start == start}
        return [page for key, page in pages.items() if key not in self._finished]

    def add(self, start: str, at: Place, record: CelRecord) -> Page:
        """Put a record on its page; pages that it joins become one.

        An attended transfer names both of its calls, and is the first record that does: when
        Asterisk takes the caller into the bridge of the asking back, the colleague's channel bears
        the caller's linkedid only in its next record, at the end of the talk.
        """
        ids = [record.linkedid, record.uniqueid]
        if record.event == "ATTENDEDTRANSFER":
            ids.append(str(extra(record).get("channel2_uniqueid", "")))
        page: Page | None = None
        for other in filter(None, map(self._by_id.get, ids)):
            if page is None:
                page = other
            elif other is not page:
                self._join(page, other)
        page = page or Page(start)
        page.cel.append((at, record))
        if record.linkedid not in page.linkedids:
            page.linkedids.add(record.linkedid)
            self._by_id[record.linkedid] = page
        if record.uniqueid not in page.uniqueids:
            page.uniqueids.add(record.uniqueid)
            self._by_id[record.uniqueid] = page
            page.queue += self._waiting.pop(record.uniqueid, ())
        return page

    def add_line(self, at: Place, record: QueueRecord) -> Page | None:
        """Put a queue_log line on its call's page; ``None`` when there is none (yet).

        Asterisk writes CEL by one serial router, which may lag behind queue_log: the line waits.
        """
        page = self._by_id.get(record.callid)
        if page:
            page.queue.append((at, record))
        elif "-" in record.callid:
            self._waiting.setdefault(record.callid, []).append((at, record))
            if len(self._waiting) > KEPT_WAITING:
                del self._waiting[next(iter(self._waiting))]
        return page

    def finish(self, page: Page) -> None:
        """The call is over: keep its page a while, forget the oldest."""
        self._finished[id(page)] = page
        self._finished.move_to_end(id(page))
        while len(self._finished) > KEPT_FINISHED:
            _, old = self._finished.popitem(last=False)
            for id_ in old.linkedids | old.uniqueids:
                self._by_id.pop(id_, None)

    def _join(self, page: Page, other: Page) -> None:
        self._finished.pop(id(other), None)
        page.cel += other.cel
        page.queue += other.queue
        page.linkedids |= other.linkedids
        page.uniqueids |= other.uniqueids
        page.ids |= other.ids
        page.known_links |= other.known_links
        page.told = page.told or other.told
        for id_ in other.linkedids | other.uniqueids:
            self._by_id[id_] = page
