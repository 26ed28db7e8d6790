"""A record that PostgreSQL refuses is found by halving its batch, and becomes a reject."""

from __future__ import annotations

import logging

from linebox.asterisk.journals import CelRecord, QueueRecord, Read, Reject
from linebox.features.calls.batch import Work
from linebox.features.calls.segments import Key

log = logging.getLogger(__name__)

#: Batches that are filed double until they are as large as any.
_LARGE = 10_000


class Sieve:
    """What it found lasts as long as it does: a record is condemned once."""

    def __init__(self) -> None:
        #: Items of a batch; None while no bad record is looked for.
        self._most: int | None = None
        self._condemned: dict[tuple[Key, int], str] = {}

    def sifted[R: (CelRecord, QueueRecord)](
        self, key: Key, read: Read[R], data: bytes, old: int
    ) -> Read[R]:
        """What of ``read``, from position ``old`` on, is to be filed at once: while a bad record is
        looked for no more than so many items, the condemned as rejects."""
        condemned = {at: why for (bad, at), why in self._condemned.items() if bad == key}
        if self._most is None and not condemned:
            return read
        places: list[int] = sorted(
            [r.position for r in read.records] + [r.position for r in read.rejects]
        )
        ends = dict(zip(places, [*places[1:], read.position], strict=True))
        rejects = list(read.rejects)
        records: list[R] = []
        for record in read.records:
            at = record.position
            if reason := condemned.get(at):
                rejects.append(Reject(at, data[at - old : ends[at] - old], reason))
            else:
                records.append(record)
        stop = read.position
        if self._most is not None and len(places) > self._most:
            stop = places[self._most]
        return Read(
            [r for r in records if r.position < stop],
            sorted(r for r in rejects if r.position < stop),
            stop,
        )

    def filed(self) -> None:
        """A batch went in: the next may be larger."""
        if self._most is not None:
            self._most = self._most * 2 if self._most * 2 <= _LARGE else None

    def narrow(self, work: Work, error: Exception) -> None:
        """A batch can't be filed: try half of it; when it is a single record, condemn that.

        Raises ``error`` when there is nothing left to condemn.
        """
        pieces = [piece for piece in (work.cel, work.queue) if piece]
        sizes = [len(piece.read.records) + len(piece.read.rejects) for piece in pieces]
        if max(sizes, default=0) > 1:
            self._most = max(1, max(sizes) // 2)
            return
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        fresh = [
            (piece.segment.key, record.position)
            for piece in pieces
            for record in piece.read.records
            if (piece.segment.key, record.position) not in self._condemned
        ]
        if not fresh:
            raise error
        log.error("journal: record at %s can't be filed: %s", fresh[0], reason)
        self._condemned[fresh[0]] = reason
