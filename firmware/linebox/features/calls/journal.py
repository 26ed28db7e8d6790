"""The filer: follows the journal's files into PostgreSQL (architecture, section 7).

Each batch, its read position, its rejects and the calls it changed are one transaction, so every
record counts exactly once whatever is killed when. Commits don't wait for the disk
(``synchronous_commit = off``): what a crash of PostgreSQL takes back, it takes back with the read
position, and files are deleted only after a commit that did wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import AsyncConnection

from linebox.asterisk.journals import (
    CelRecord,
    QueueRecord,
    Read,
    read_cel,
    read_queue_log,
)
from linebox.base import retry
from linebox.base.errors import Unavailable
from linebox.features.calls import segments, store
from linebox.features.calls.batch import Piece, Work, lacks_queue_log, not_in_book
from linebox.features.calls.book import Book, Page, place
from linebox.features.calls.segments import Key, Kind, Segment
from linebox.features.calls.sieve import Sieve
from linebox.features.calls.tell import OnStories, tell
from linebox.store.bounded import answer, bounded, is_spoken_to

log = logging.getLogger(__name__)

type Connect = Callable[[], Awaitable[AsyncConnection]]
#: Called in the transaction that files them, with records in their order.
type OnRecords = Callable[[AsyncConnection, Sequence[CelRecord]], Awaitable[None]]

#: Read at a time: some 4000 records, some 0.3 s of work.
_CHUNK_BYTES = 1 << 20
#: A transaction takes longer only when PostgreSQL is frozen.
_TRANSACTION_S = 8.0
#: A renamed file that hasn't grown for so long is finished: Asterisk opens CEL for each record.
_FINISHED_S = 5.0
#: What a record can break by what it holds, and only that.
_BAD_RECORD = (psycopg.DataError, psycopg.IntegrityError, ValueError, ArithmeticError, LookupError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``pause_s``: between looks at the files; ``segment_bytes``: larger open files are renamed;
    ``quiet_s``: a filed file is deleted when it hasn't changed for so long."""

    pause_s: float = 2.0
    segment_bytes: int = 16 << 20
    quiet_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """``lag_s``: how long the oldest unfiled bytes have waited; ``rejects``: since this process
    began."""

    lag_s: float
    rejects: int


class Filer:
    """One per box. ``run`` it as a task; it ends only by being cancelled."""

    def __init__(
        self,
        journal: Path,
        connect: Connect,
        *,
        reload_logger: Callable[[], Awaitable[None]] | None = None,
        on_records: Sequence[OnRecords] = (),
        on_stories: Sequence[OnStories] = (),
        limits: Limits | None = None,
    ) -> None:
        """``reload_logger`` makes Asterisk open a new queue_log after the old one was renamed; it
        may raise ``Unavailable`` and is asked again."""
        self._journal = journal
        self._connect = connect
        self._reload_logger = reload_logger
        self._on_records = tuple(on_records)
        self._on_stories = tuple(on_stories)
        self._limits = limits or Limits()
        self._files: dict[Key, store.FileState] = {}
        self._closed: set[str] = set()
        self._book = Book()
        self._sizes: dict[Key, tuple[int, float]] = {}
        self._sieve = Sieve()
        self._tidied_at = 0.0
        self._behind_since: float | None = None
        self._rejects = 0
        self._alive: Callable[[], None] = lambda: None

    def status(self) -> Status:
        lag_s = time.monotonic() - self._behind_since if self._behind_since else 0.0
        return Status(lag_s=lag_s, rejects=self._rejects)

    async def run(self, alive: Callable[[], None] = lambda: None) -> None:
        """File for ever. PostgreSQL away or frozen: waits, loses nothing, takes up where it was.

        ``alive`` is called at each look, at most 30 s apart: waiting for PostgreSQL is life too.
        """
        self._alive = alive
        await retry.forever(
            "journal",
            self._serve,
            retry_on=(
                Unavailable,
                psycopg.Error,
                store.Overtaken,
                TimeoutError,
                OSError,
            ),
            cap_s=2.0,
        )

    async def _serve(self) -> None:
        self._alive()
        async with asyncio.timeout(5):
            connection = await self._connect()
        try:
            await bounded(connection, self._load(connection), _TRANSACTION_S)
            while True:
                self._alive()
                if await self._step(connection):
                    continue
                if is_spoken_to(connection):
                    await bounded(connection, answer(connection), _TRANSACTION_S)
                await self._tidy(connection)
                # A look and a transaction cost more than what they file: some calls at once.
                await asyncio.sleep(self._limits.pause_s)
        finally:
            await connection.close()

    async def catch_up(self) -> None:
        """File all that is there now, then return. Raises when PostgreSQL is away."""
        connection = await self._connect()
        try:
            await self._load(connection)
            while await self._step(connection):
                pass
        finally:
            await connection.close()

    # -- what the database knows ------------------------------------------------------------------

    async def _load(self, connection: AsyncConnection) -> None:
        """Take over from the database what earlier transactions left."""
        async with connection.transaction():
            await connection.execute("SET synchronous_commit = off")
            self._files = await store.files(connection)
            self._closed = await store.closed_starts(connection)
            self._book = Book()
            for call in await store.open_calls(connection):
                self._remember(call)
            for at, line in await store.waiting_lines(connection):
                self._book.add_line(at, line)

    def _remember(self, call: store.StoredCall) -> None:
        page: Page | None = None
        for at, record in call.cel:
            page = self._book.add(call.start, at, record)
        for at, line in call.queue:
            self._book.add_line(at, line)
        if page:
            page.ids |= call.ids
            page.known_links |= call.links
            page.told = page.told or call.told
            if call.told:
                self._book.finish(page)

    # -- looking at the files (in a thread) -------------------------------------------------------

    def _look(self) -> Work | None:
        """The first start with something to file or to close."""
        names = segments.starts(self._journal)
        for name in names:
            work = self._look_at(name, is_newest=name == names[-1])
            if work.cel or work.queue or (work.is_over and name not in self._closed):
                return work
        return None

    def _look_at(self, start: str, *, is_newest: bool) -> Work:
        now = time.monotonic()
        work = Work(start, None, None, cel_ends=True, is_over=not is_newest)
        for segment in segments.segments(self._journal, start, self._deleted(start)):
            key = segment.key
            state = self._files.get(key)
            old = state.position if state else 0
            size, since = self._sizes.get(key, (-1, now))
            if size != segment.size:
                self._sizes[key] = (segment.size, now)
                is_finished = False
            else:
                is_finished = not is_newest or (not segment.is_open and now - since > _FINISHED_S)
            if not is_finished:
                work.is_over = False
            if segment.size <= old or (state and state.is_deleted):
                continue
            self._behind_since = self._behind_since or now
            work.is_over = False
            match key.kind:
                case Kind.CEL if work.cel is None:
                    data = segments.read(segment, old, _CHUNK_BYTES)
                    ends = old + len(data) >= segment.size
                    cel = read_cel(data, old, finished=ends and is_finished)
                    if cel.position > old:
                        work.cel = Piece(
                            segment, old, self._sieve.sifted(key, cel, data, old), data
                        )
                        work.cel_ends = ends and work.cel.read.position == cel.position
                case Kind.CEL:
                    work.cel_ends = False
                case Kind.QUEUE if work.queue is None:
                    data = segments.read(segment, old, _CHUNK_BYTES)
                    ends = old + len(data) >= segment.size
                    lines = read_queue_log(data, old, finished=ends and is_finished)
                    if lines.position > old:
                        read = self._sieve.sifted(key, lines, data, old)
                        work.queue = Piece(segment, old, read, data)
                case _:
                    pass
        return work

    def _deleted(self, start: str) -> dict[Kind, int]:
        deleted: dict[Kind, int] = {}
        for key, state in self._files.items():
            if key.start == start and state.is_deleted:
                deleted[key.kind] = max(deleted.get(key.kind, 0), key.number)
        return deleted

    # -- filing -----------------------------------------------------------------------------------

    async def _step(self, connection: AsyncConnection) -> bool:
        """File one batch; False when there was nothing to do."""
        work = await asyncio.to_thread(self._look)
        if work is None:
            self._behind_since = None
            return False
        try:
            if work.cel or work.queue:
                if not await bounded(connection, self._file(connection, work), _TRANSACTION_S):
                    return False
                self._sieve.filed()
            else:
                await bounded(connection, self._close(connection, work.start), _TRANSACTION_S)
        except psycopg.DatabaseError as error:
            if error.sqlstate == store.OVERTAKEN:
                raise store.Overtaken("journal-overtaken", reason=str(error)) from error
            if not isinstance(error, _BAD_RECORD):
                raise
            await self._suspect(connection, work, error)
        except _BAD_RECORD as error:
            await self._suspect(connection, work, error)
        return True

    async def _suspect(self, connection: AsyncConnection, work: Work, error: Exception) -> None:
        self._sieve.narrow(work, error)
        await bounded(connection, self._load(connection), _TRANSACTION_S)

    async def _file(self, connection: AsyncConnection, work: Work) -> bool:
        """One transaction; False when all that there was has to wait for CEL."""
        cel = work.cel
        if cel:
            await self._fetch_unknown(connection, not_in_book(self._book, cel.read.records))
        touched = self._add(work)
        lines = await self._ready(connection, work, work.queue) if work.queue else None
        if cel is None and lines is None:
            return False
        cut_at = None
        if work.start in self._closed:
            cut_at = await store.last_heard(connection, work.start)
        moved: dict[Key, int] = {}
        # Sent at one go: nothing below waits for an answer before the end of the pipeline.
        async with connection.pipeline(), connection.transaction():
            if cel:
                key = cel.segment.key
                moved[key] = await self._move(connection, cel, cel.read)
                if cel.read.records:
                    await store.file_cel(connection, key, cel.read.records)
                    for on_records in self._on_records:
                        await on_records(connection, cel.read.records)
            if work.queue and lines:
                key = work.queue.segment.key
                moved[key] = await self._move(connection, work.queue, lines)
                if lines.records:
                    await store.file_queue(connection, key, lines.records)
                for line in lines.records:
                    page = self._book.add_line(place(key.number, line.position), line)
                    if page:
                        touched[id(page)] = page
            pages = [page for page in touched.values() if self._is_current(page)]
            finished = await tell(connection, pages, cut_at=cut_at, on_stories=self._on_stories)
        for key, position in moved.items():
            self._files[key] = store.FileState(position=position, is_deleted=False)
        for page in finished:
            self._book.finish(page)
        self._rejects += len(cel.read.rejects) if cel else 0
        self._rejects += len(lines.rejects) if lines else 0
        return True

    def _add(self, work: Work) -> dict[int, Page]:
        """Put the CEL of a batch on its pages; returns the pages by their identity."""
        touched: dict[int, Page] = {}
        if work.cel:
            number = work.cel.segment.key.number
            for record in work.cel.read.records:
                page = self._book.add(work.start, place(number, record.position), record)
                touched[id(page)] = page
        return touched

    def _is_current(self, page: Page) -> bool:
        """Whether the page hasn't been joined to another since it was touched."""
        return any(self._book.find(linkedid) is page for linkedid in page.linkedids)

    async def _move[R: (CelRecord, QueueRecord)](
        self, connection: AsyncConnection, piece: Piece[R], read: Read[R]
    ) -> int:
        """Move a file's position and keep its rejects; returns the new position."""
        key = piece.segment.key
        if key not in self._files:
            await store.add_file(connection, key)
        await store.move(connection, key, piece.old, read.position)
        if read.rejects:
            await store.file_rejects(connection, key, read.rejects)
        return read.position

    async def _fetch_unknown(self, connection: AsyncConnection, ids: set[str]) -> None:
        """Put calls back on their pages that aren't there any more."""
        if ids:
            async with connection.transaction():
                for call in await store.calls_by(connection, sorted(ids)):
                    self._remember(call)

    async def _ready(
        self, connection: AsyncConnection, work: Work, piece: Piece[QueueRecord]
    ) -> Read[QueueRecord] | None:
        """The lines that can be filed now, ``None`` when there is none.

        While much CEL is still to be read, only those whose calls it has told of already: else all
        lines of days would have to wait in memory.
        """
        read = piece.read
        unknown = {
            r.callid for r in read.records if "-" in r.callid and not self._book.find(r.callid)
        }
        await self._fetch_unknown(connection, unknown)
        stop = read.position
        for line in () if work.cel_ends else read.records:
            if "-" in line.callid and not self._book.find(line.callid):
                stop = line.position
                break
        if stop == piece.old:
            return None
        return Read(
            [r for r in read.records if r.position < stop],
            [r for r in read.rejects if r.position < stop],
            stop,
        )

    async def _close(self, connection: AsyncConnection, start: str) -> None:
        """A start is over and filed: the calls it left open were cut."""
        async with connection.transaction():
            cut_at = await store.last_heard(connection, start)
            pages = self._book.unfinished(start)
            finished = (
                await tell(connection, pages, cut_at=cut_at, on_stories=self._on_stories)
                if cut_at
                else []
            )
            await store.close_start(connection, start)
        self._closed.add(start)
        for page in finished:
            self._book.finish(page)
        log.info("journal: %s is filed, %d calls were cut", start, len(finished))

    # -- renaming and deleting --------------------------------------------------------------------

    async def _tidy(self, connection: AsyncConnection) -> None:
        """Now and then, when all is filed: rename what has grown large, delete what is filed and
        quiet."""
        now = time.monotonic()
        if now - self._tidied_at < min(5.0, self._limits.quiet_s):
            return
        self._tidied_at = now
        names = await asyncio.to_thread(segments.starts, self._journal)
        for start in names:
            is_newest = start == names[-1]
            found = await asyncio.to_thread(
                segments.segments, self._journal, start, self._deleted(start)
            )
            if is_newest and lacks_queue_log(found):
                await self._reopen()
                continue
            for segment in found:
                await self._tidy_file(connection, segment, is_newest=is_newest, now=now)
            if not is_newest and not found and start in self._closed:
                await asyncio.to_thread(segments.delete_folder, self._journal, start)

    async def _reopen(self) -> None:
        """Have Asterisk open a new queue_log; until it has, it writes to the renamed one."""
        if self._reload_logger is None:
            return
        try:
            async with asyncio.timeout(10):
                await self._reload_logger()
        except (Unavailable, TimeoutError) as error:
            log.warning("journal: Asterisk doesn't reopen queue_log: %s", error)

    async def _tidy_file(
        self, connection: AsyncConnection, segment: Segment, *, is_newest: bool, now: float
    ) -> None:
        key = segment.key
        state = self._files.get(key)
        if state is None or state.position != segment.size:
            return
        if segment.is_open and is_newest:
            if segment.size < self._limits.segment_bytes:
                return
            if key.kind is Kind.CEL or self._reload_logger:
                await asyncio.to_thread(segments.rename, segment)
            return
        size, since = self._sizes.get(key, (-1, now))
        if size != segment.size or now - since < self._limits.quiet_s:
            return
        if not is_newest and key.start not in self._closed:
            return
        if not state.is_deleted:
            await bounded(connection, self._mark_deleted(connection, key), _TRANSACTION_S)
        await asyncio.to_thread(segments.delete, segment)
        self._files[key] = store.FileState(position=state.position, is_deleted=True)

    async def _mark_deleted(self, connection: AsyncConnection, key: Key) -> None:
        async with connection.transaction():
            await store.mark_deleted(connection, key)
