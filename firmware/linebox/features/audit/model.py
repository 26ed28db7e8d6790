"""What the audit says, and how its rows hang together (SEC-1)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

#: What stands before the first row.
BEGINNING: Final = bytes(32)
#: An entry of the audit's own: the file with the last row's hash was gone or not ours.
HEAD_LOST: Final = "audit_head_lost"

_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who (login, empty: nobody known) did ``what`` (an operation's name) on ``subject``.

    ``outcome``: ``ok``, ``unknown`` (webd was killed on the way), else the error's code.
    """

    id: str
    at: datetime
    who: str
    what: str
    role: str = ""
    address: str = ""
    subject: str = ""
    outcome: str = "ok"
    status: int = 0
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry in its place. ``hash``: ``chained(key, the hash before, n, entry)``."""

    n: int
    entry: Entry
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last row as the file outside the database has it."""

    n: int
    hash: bytes


type Kind = Literal["changed", "missing", "cut", "head-lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """``changed``: the row isn't as it was written (nor are swapped ones); ``missing``: rows
    ``n``…``last`` were taken out; ``cut``: those at the end; ``head-lost``: the file outside the
    database was lost before row ``n`` (0: it is now), so nothing says how many rows there were."""

    kind: Kind
    n: int
    last: int


def plain(text: str, most: int = 200) -> str:
    """``text`` as a row can hold it: one line, whole characters."""
    return _UNFIT.sub(" ", text)[:most]


def chained(key: bytes, before: bytes, n: int, entry: Entry) -> bytes:
    """A row's hash: whoever lacks ``key`` can't make one."""
    row = [
        n,
        entry.id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.who,
        entry.role,
        entry.address,
        entry.what,
        entry.subject,
        entry.outcome,
        entry.status,
        dict(entry.detail),
    ]
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, b"audit-row:" + before + text.encode(), hashlib.sha256)


class Looker:
    """Goes through the rows in their order and gathers what is wrong, at most ``most``."""

    def __init__(self, key: bytes, *, most: int = 100) -> None:
        self._key = key
        self._most = most
        self._before = BEGINNING
        self.last = 0
        self.faults: list[Fault] = []

    def take(self, row: Row) -> None:
        """The next row by its number."""
        if row.n == self.last + 1:
            wanted = chained(self._key, self._before, row.n, row.entry)
            if not hmac.compare_digest(wanted, row.hash):
                self._fault("changed", row.n, row.n)
        else:  # what stood before this row is gone, so nothing can be said of the row itself
            self._fault("missing", self.last + 1, row.n - 1)
        if row.entry.what == HEAD_LOST:
            self._fault("head-lost", row.n, row.n)
        self.last, self._before = row.n, row.hash

    def end(self, head: Head | None) -> None:
        """All rows up to the head's were taken."""
        if head is None:
            if self.last:
                self._fault("head-lost", 0, 0)
        elif self.last < head.n:
            self._fault("cut", self.last + 1, head.n)
        elif self.last == head.n and not hmac.compare_digest(self._before, head.hash):
            self._fault("changed", head.n, head.n)

    def _fault(self, kind: Kind, n: int, last: int) -> None:
        fault = Fault(kind=kind, n=n, last=last)
        if len(self.faults) < self._most and fault not in self.faults:
            self.faults.append(fault)
