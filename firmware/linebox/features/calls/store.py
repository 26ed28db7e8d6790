"""What the journal's filer reads and writes in PostgreSQL. Everything runs in the caller's
transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from linebox.asterisk.journals import CelRecord, QueueRecord, Reject
from linebox.base.errors import LineboxError
from linebox.features.calls.book import Place, place
from linebox.features.calls.model import Story, pressed, talked
from linebox.features.calls.segments import Key, Kind

#: PostgreSQL takes less than 8000 bytes in a NOTIFY; more ids than fit are told as ``*``.
_NOTIFY_BYTES = 7000

#: SQLSTATE of ``journal_move`` (migration 0002) when the position isn't where it should be.
OVERTAKEN = "LB001"

_TEXTS = "text[]"


def _insert(table: str, columns: dict[str, str], then: str = "") -> str:
    """SQL that inserts rows given as one JSON array of arrays, in the order of ``columns``.

    One statement for many rows, and unlike COPY one that can be sent without waiting for an answer.
    """
    values = []
    for n, kind in enumerate(columns.values()):
        if kind == _TEXTS:
            values.append(f"ARRAY(SELECT jsonb_array_elements_text(r -> {n}))")
        elif kind == "jsonb":
            values.append(f"r -> {n}")
        else:
            values.append(f"(r ->> {n})::{kind}")
    return (
        f"INSERT INTO {table} ({', '.join(columns)})"  # noqa: S608  names of our own
        f" SELECT {', '.join(values)} FROM jsonb_array_elements(%s) AS r {then}"
    )


_CEL_COLUMNS = {
    "event": "text",
    "at": "timestamptz",
    "cid_name": "text",
    "cid_num": "text",
    "ani": "text",
    "dnid": "text",
    "exten": "text",
    "context": "text",
    "channel": "text",
    "uniqueid": "text",
    "linkedid": "text",
    "account": "text",
    "extra": "text",
}
_CEL = ", ".join(_CEL_COLUMNS)
_PLACE = {"start_id": "text", "segment": "integer", "position": "bigint"}
_INSERT_CEL = _insert("cel", _PLACE | _CEL_COLUMNS)
_INSERT_QUEUE = _insert(
    "queue_events",
    _PLACE
    | {
        "at": "timestamptz",
        "callid": "text",
        "queue": "text",
        "agent": "text",
        "event": "text",
        "data": _TEXTS,
    },
)
_CALL_COLUMNS = {
    "id": "text",
    "start_id": "text",
    "direction": "text",
    "trunk": "text",
    "from_number": "text",
    "from_name": "text",
    "did": "text",
    "generation": "integer",
    "vip": "integer",
    "started_at": "timestamptz",
    "answered_at": "timestamptz",
    "connected_at": "timestamptz",
    "ended_at": "timestamptz",
    "result": "text",
    "cut": "boolean",
    "group_id": "integer",
    "agent": "text",
    "extension": "text",
    "wait_s": "double precision",
    "ring_s": "double precision",
    "talk_s": "double precision",
    "keys": "text",
    "rating": "smallint",
    "needs_follow_up": "boolean",
    "agents": "text[]",
    "pressed": "text[]",
    "recordings": "smallint",
}
_UPSERT_CALLS = _insert(
    "calls",
    _CALL_COLUMNS,
    "ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = EXCLUDED.{name}" for name in _CALL_COLUMNS if name != "id"),
)
_UPSERT_LINKS = _insert(
    "call_links",
    {"linkedid": "text", "call_id": "text"},
    "ON CONFLICT (linkedid) DO UPDATE SET call_id = EXCLUDED.call_id",
)
_INSERT_LEGS = _insert(
    "call_legs",
    {
        "uniqueid": "text",
        "call_id": "text",
        "channel": "text",
        "number": "text",
        "agent": "text",
        "started_at": "timestamptz",
        "answered_at": "timestamptz",
        "ended_at": "timestamptz",
        "cause": "integer",
        "lost": "boolean",
        "talk_s": "double precision",
    },
)
_INSERT_EVENTS = _insert(
    "call_events",
    {"call_id": "text", "n": "integer", "at": "timestamptz", "kind": "text", "fields": "jsonb"},
)
_encode = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":")).encode


def _rows(rows: Iterable[Sequence[object]]) -> Jsonb:
    return Jsonb(list(rows), dumps=_encode)


class Overtaken(LineboxError):
    """Another filer has moved the read position: what this one knows is out of date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """How far a file is filed; ``is_deleted``: it may be, or is, gone from the disk."""

    position: int
    is_deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall:
    """A call read back: its records in order, the ids and linkedids it stands under."""

    start: str
    ids: frozenset[str]
    links: frozenset[str]
    told: bool
    cel: tuple[tuple[Place, CelRecord], ...]
    queue: tuple[tuple[Place, QueueRecord], ...]


async def files(connection: AsyncConnection) -> dict[Key, FileState]:
    cursor = await connection.execute(
        "SELECT start_id, kind, segment, position, deleted_at IS NOT NULL FROM journal_files"
    )
    return {
        Key(start, Kind(kind), segment): FileState(position=position, is_deleted=deleted)
        for start, kind, segment, position, deleted in await cursor.fetchall()
    }


async def closed_starts(connection: AsyncConnection) -> set[str]:
    cursor = await connection.execute(
        "SELECT start_id FROM journal_starts WHERE closed_at IS NOT NULL"
    )
    return {start for (start,) in await cursor.fetchall()}


async def add_file(connection: AsyncConnection, key: Key) -> None:
    """Begin to follow a file, at its first byte."""
    await connection.execute(
        "INSERT INTO journal_starts (start_id) VALUES (%s) ON CONFLICT DO NOTHING", (key.start,)
    )
    await connection.execute(
        "INSERT INTO journal_files (start_id, kind, segment) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (key.start, key.kind, key.number),
    )


async def move(connection: AsyncConnection, key: Key, old: int, new: int) -> None:
    """Move the read position; when it isn't at ``old`` the transaction fails with ``OVERTAKEN``."""
    await connection.execute(
        "SELECT journal_move(%s, %s, %s, %s, %s)", (key.start, key.kind, key.number, old, new)
    )


async def file_cel(connection: AsyncConnection, key: Key, records: Sequence[CelRecord]) -> None:
    rows = ((key.start, key.number, *record) for record in records)
    await connection.execute(_INSERT_CEL, (_rows(rows),))


async def file_queue(connection: AsyncConnection, key: Key, records: Sequence[QueueRecord]) -> None:
    rows = ((key.start, key.number, *record) for record in records)
    await connection.execute(_INSERT_QUEUE, (_rows(rows),))


async def file_rejects(connection: AsyncConnection, key: Key, rejects: Sequence[Reject]) -> None:
    """Keep what couldn't be filed, and raise the alarm ``journal-rejects``."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO journal_rejects (start_id, kind, segment, position, bytes, reason)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (key.start, key.kind, key.number, r.position, r.data, r.reason[:200])
                for r in rejects
            ],
        )
    last = rejects[-1]
    await connection.execute(
        "INSERT INTO alarms (code, subject, count, fields) VALUES ('journal-rejects', %s, %s, %s)"
        " ON CONFLICT (code, subject) WHERE cleared_at IS NULL DO UPDATE"
        " SET count = alarms.count + EXCLUDED.count, last_at = now(), fields = EXCLUDED.fields",
        (
            f"{key.start}/{key.kind}",
            len(rejects),
            Jsonb({"segment": key.number, "position": last.position, "reason": last.reason[:200]}),
        ),
    )


def _call_row(story: Story) -> tuple[object, ...]:
    c = story.call
    return (
        *(c.id, c.start_id, c.direction, c.trunk, c.from_number, c.from_name, c.did, c.generation),
        *(c.vip, c.started_at, c.answered_at, c.connected_at, c.ended_at, c.result, c.cut),
        *(c.group_id, c.agent, c.extension, c.wait_s, c.ring_s, c.talk_s, c.keys, c.rating),
        c.needs_follow_up,
        *(talked(story), pressed(story), len(story.recordings) if c.ended_at else 0),
    )


async def put_calls(connection: AsyncConnection, stories: Iterable[Story]) -> None:
    """Write calls, whether or not an earlier state of them stands there."""
    await connection.execute(_UPSERT_CALLS, (_rows(map(_call_row, stories)),))


async def link(connection: AsyncConnection, links: dict[str, str]) -> None:
    """Note which call (value) a linkedid (key) belongs to."""
    await connection.execute(_UPSERT_LINKS, (_rows(links.items()),))


async def forget_details(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Take legs and events away, to be written anew."""
    await connection.execute("DELETE FROM call_legs WHERE call_id = ANY(%s)", (list(ids),))
    await connection.execute("DELETE FROM call_events WHERE call_id = ANY(%s)", (list(ids),))


async def forget_calls(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Take calls away that turned out to be part of another."""
    await connection.execute("DELETE FROM calls WHERE id = ANY(%s)", (list(ids),))


async def add_details(connection: AsyncConnection, stories: Sequence[Story]) -> None:
    """Write legs and events."""
    legs = [
        (
            *(leg.uniqueid, story.call.id, leg.channel, leg.number, leg.agent),
            *(leg.started_at, leg.answered_at, leg.ended_at, leg.cause, leg.lost),
            leg.talk_s,
        )
        for story in stories
        for leg in story.legs
    ]
    events = [
        (story.call.id, n, event.at, event.kind, event.fields)
        for story in stories
        for n, event in enumerate(story.events)
    ]
    await connection.execute(_INSERT_LEGS, (_rows(legs),))
    await connection.execute(_INSERT_EVENTS, (_rows(events),))


async def notify(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Tell channel ``calls`` which calls changed: ids joined by spaces, or ``*`` for too many."""
    payload = " ".join(ids)
    if len(payload) > _NOTIFY_BYTES:
        payload = "*"
    await connection.execute("SELECT pg_notify('calls', %s)", (payload,))


async def last_heard(connection: AsyncConnection, start: str) -> datetime | None:
    """When a start wrote its last CEL record."""
    cursor = await connection.execute(
        "SELECT at FROM cel WHERE start_id = %s ORDER BY segment DESC, position DESC LIMIT 1",
        (start,),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def close_start(connection: AsyncConnection, start: str) -> None:
    await connection.execute(
        "INSERT INTO journal_starts (start_id, closed_at) VALUES (%s, now())"
        " ON CONFLICT (start_id) DO UPDATE SET closed_at = now()",
        (start,),
    )


async def mark_deleted(connection: AsyncConnection, key: Key) -> None:
    """The file may go once this is on the disk: so this commit, unlike the others, waits."""
    await connection.execute("SET LOCAL synchronous_commit = on")
    await connection.execute(
        "UPDATE journal_files SET deleted_at = now()"
        " WHERE start_id = %s AND kind = %s AND segment = %s AND deleted_at IS NULL",
        (key.start, key.kind, key.number),
    )


async def open_calls(connection: AsyncConnection) -> list[StoredCall]:
    """Calls not over when last written."""
    cursor = await connection.execute("SELECT id FROM calls WHERE result = 'open'")
    return [await _call(connection, id_) for (id_,) in await cursor.fetchall()]


async def waiting_lines(connection: AsyncConnection) -> list[tuple[Place, QueueRecord]]:
    """queue_log lines of the last hour of living starts whose calls CEL hasn't told of."""
    cursor = await connection.execute(
        "SELECT segment, position, at, callid, queue, agent, event, data FROM queue_events q"
        " WHERE at > (SELECT max(at) FROM queue_events) - interval '1 hour' AND callid LIKE 's%-%'"
        " AND NOT EXISTS (SELECT 1 FROM call_links l WHERE l.linkedid = q.callid)"
        " AND NOT EXISTS (SELECT 1 FROM journal_starts s"
        "                  WHERE s.start_id = q.start_id AND s.closed_at IS NOT NULL)"
        " ORDER BY start_id, segment, position"
    )
    return [
        (
            place(segment, position),
            QueueRecord(position, at, callid, name, agent, event, tuple(data)),
        )
        for segment, position, at, callid, name, agent, event, data in await cursor.fetchall()
    ]


async def calls_by(connection: AsyncConnection, ids: Sequence[str]) -> list[StoredCall]:
    """The calls to which any of these linkedids or uniqueids belongs."""
    cursor = await connection.execute(
        "SELECT call_id FROM call_links WHERE linkedid = ANY(%(ids)s)"
        " UNION SELECT call_id FROM call_legs WHERE uniqueid = ANY(%(ids)s)",
        {"ids": list(ids)},
    )
    return [await _call(connection, id_) for (id_,) in await cursor.fetchall()]


async def _call(connection: AsyncConnection, id_: str) -> StoredCall:
    cursor = await connection.execute("SELECT start_id, result FROM calls WHERE id = %s", (id_,))
    row = await cursor.fetchone()
    cursor = await connection.execute("SELECT linkedid FROM call_links WHERE call_id = %s", (id_,))
    links = frozenset(linkedid for (linkedid,) in await cursor.fetchall())
    cursor = await connection.execute(
        f"SELECT segment, position, {_CEL} FROM cel WHERE linkedid = ANY(%s)"  # noqa: S608
        " ORDER BY segment, position",
        (list(links),),
    )
    cel = tuple(
        (place(segment, position), CelRecord(position, *rest))
        for segment, position, *rest in await cursor.fetchall()
    )
    cursor = await connection.execute(
        "SELECT segment, position, at, callid, queue, agent, event, data FROM queue_events"
        " WHERE callid = ANY(%s) ORDER BY segment, position",
        (list({record.uniqueid for _, record in cel}),),
    )
    queue = tuple(
        (
            place(segment, position),
            QueueRecord(position, at, callid, name, agent, event, tuple(data)),
        )
        for segment, position, at, callid, name, agent, event, data in await cursor.fetchall()
    )
    return StoredCall(
        start=row[0] if row else id_.partition("-")[0],
        ids=frozenset({id_}),
        links=links,
        told=row is not None and row[1] != "open",
        cel=cel,
        queue=queue,
    )
