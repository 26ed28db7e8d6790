"""The audit's rows: added to, read, held against their chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from linebox.features.audit.model import (
    BEGINNING,
    HEAD_LOST,
    Entry,
    Fault,
    Head,
    Row,
    chained,
)

ALARM: Final = "audit-broken"
#: The advisory lock of who adds rows ("audi" as a number).
_LOCK: Final = 0x61756469

_SELECT: Final[LiteralString] = (
    "SELECT n, id, at, who, role, address, what, subject, outcome, status, detail, hash FROM audit"
)


def _row(row: tuple[object, ...]) -> Row:
    n, id_, at, who, role, address, what, subject, outcome, status, detail, hashed = row
    assert isinstance(n, int)
    assert isinstance(at, datetime)
    assert isinstance(status, int)
    assert isinstance(detail, dict)
    assert isinstance(hashed, bytes)
    return Row(
        n=n,
        entry=Entry(
            id=str(id_),
            at=at,
            who=str(who),
            role=str(role),
            address=str(address),
            what=str(what),
            subject=str(subject),
            outcome=str(outcome),
            status=status,
            detail=detail,
        ),
        hash=hashed,
    )


async def lock(connection: AsyncConnection) -> None:
    """One adds rows at a time, until the transaction's end."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


async def append(
    connection: AsyncConnection, key: bytes, entries: Sequence[Entry], head: Head | None
) -> Head | None:
    """Rows for those that aren't there yet, after ``head``; the new head. Hold ``lock``.

    Rows go on after ``head`` even where the table ends before it, so that a cut stays a gap; a
    head that is gone while there are rows is itself told.
    """
    cursor = await connection.execute("SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1")
    last = await cursor.fetchone()
    new = await _new(connection, entries)
    if last and (head is None or last[0] > head.n):
        if head is None and new:
            new = [_lost(new[0]), *new]
        head = Head(n=last[0], hash=last[1])
    before, n = (head.hash, head.n) if head else (BEGINNING, 0)
    values = []
    for entry in new:
        n += 1
        before = chained(key, before, n, entry)
        values.append(
            (
                n,
                entry.id,
                entry.at,
                entry.who,
                entry.role,
                entry.address,
                entry.what,
                entry.subject,
                entry.outcome,
                entry.status,
                Jsonb(dict(entry.detail)),
                before,
            )
        )
    if values:
        await connection.cursor().executemany(
            "INSERT INTO audit (n, id, at, who, role, address, what, subject, outcome, status,"
            " detail, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            values,
        )
    return Head(n=n, hash=before) if n else head


async def _new(connection: AsyncConnection, entries: Sequence[Entry]) -> list[Entry]:
    cursor = await connection.execute(
        "SELECT id FROM audit WHERE id = ANY(%s)", ([one.id for one in entries],)
    )
    there = {id_ for (id_,) in await cursor.fetchall()}
    return [one for one in entries if one.id not in there]


def _lost(first: Entry) -> Entry:
    return Entry(id=f"{first.id}-head", at=first.at, who="", what=HEAD_LOST, outcome="head-lost")


async def after(connection: AsyncConnection, n: int, limit: int) -> list[Row]:
    """The next rows after ``n``, in their order."""
    cursor = await connection.execute(_SELECT + " WHERE n > %s ORDER BY n LIMIT %s", (n, limit))
    return [_row(row) for row in await cursor.fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Conditions that must all hold; None or empty means any. ``refused``: all but ``ok``."""

    who: str = ""
    what: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False
    before: int | None = None
    limit: int = 50


async def page(connection: AsyncConnection, wanted: Wanted) -> list[Row]:
    """The newest rows that fit. ``text``: part of subject, address or a detail."""
    cursor = await connection.execute(
        _SELECT + " WHERE"
        " (%(who)s = '' OR who = %(who)s) AND (%(what)s = '' OR what = %(what)s)"
        " AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)"
        " AND (%(until)s::timestamptz IS NULL OR at < %(until)s)"
        " AND (NOT %(refused)s OR outcome <> 'ok')"
        " AND (%(text)s = '' OR strpos(lower(subject || ' ' || address || ' ' || what || ' '"
        "      || detail::text), lower(%(text)s)) > 0)"
        " AND (%(before)s::bigint IS NULL OR n < %(before)s)"
        " ORDER BY n DESC LIMIT %(limit)s",
        {
            "who": wanted.who,
            "what": wanted.what,
            "text": wanted.text,
            "since": wanted.since,
            "until": wanted.until,
            "refused": wanted.refused,
            "before": wanted.before,
            "limit": wanted.limit,
        },
        prepare=False,
    )
    return [_row(row) for row in await cursor.fetchall()]


async def alarm(connection: AsyncConnection, faults: Sequence[Fault]) -> None:
    """Raise ``audit-broken`` for what was found, or clear it when nothing was."""
    if not faults:
        await connection.execute(
            "UPDATE alarms SET cleared_at = now() WHERE code = %s AND cleared_at IS NULL", (ALARM,)
        )
        return
    first = faults[0]
    await connection.execute(
        "INSERT INTO alarms (code, subject, count, fields) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (code, subject) WHERE cleared_at IS NULL DO UPDATE"
        " SET count = EXCLUDED.count, last_at = now(), fields = EXCLUDED.fields",
        (
            ALARM,
            f"{first.n}" if first.n == first.last else f"{first.n}–{first.last}",
            len(faults),
            Jsonb({"kind": first.kind, "n": first.n, "last": first.last}),
        ),
    )
