"""What the journal's filer reads and writes in PostgreSQL. Everything runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from linebox.asterisk.journals import CelRecord, QueueRecord, Reject
from linebox.base.errors import LineboxError
from linebox.features.calls.book import Place, place
from linebox.features.calls.model import Story
from linebox.features.calls.segments import Key, Kind

#: PostgreSQL takes less than 8000 bytes in a NOTIFY; more ids than fit are told as ``*``.
_NOTIFY_BYTES = 7000

_CALL = (
    "id, start_id, direction, trunk, from_number, from_name, did, generation, vip, started_at,"
    " answered_at, connected_at, ended_at, result, cut, group_id, agent, extension, wait_s, ring_s,"
    " talk_s, keys, rating, needs_follow_up"
)
_COPY_CALLS = f"COPY calls ({_CALL}) FROM STDIN"
_UPSERT_CALL = (
    f"INSERT INTO calls ({_CALL}) VALUES ({', '.join(['%s'] * 24)}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608
    + ", ".join(f"{name} = EXCLUDED.{name}" for name in _CALL.split(", ")[1:])
)
_CEL = "event, at, cid_name, cid_num, ani, dnid, exten, context, channel, uniqueid, linkedid, peer, extra"


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
    """Move the read position; raises ``Overtaken`` when it isn't at ``old``."""
    cursor = await connection.execute(
        "UPDATE journal_files SET position = %s"
        " WHERE start_id = %s AND kind = %s AND segment = %s AND position = %s",
        (new, key.start, key.kind, key.number, old),
    )
    if cursor.rowcount != 1:
        raise Overtaken("journal-overtaken", file=f"{key.start}/{key.kind}/{key.number}")


async def file_cel(connection: AsyncConnection, key: Key, records: Sequence[CelRecord]) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY cel (start_id, segment, position, {_CEL}) FROM STDIN") as copy,
    ):
        for record in records:
            await copy.write_row((key.start, key.number, *record))


async def file_queue(connection: AsyncConnection, key: Key, records: Sequence[QueueRecord]) -> None:
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY queue_events (start_id, segment, position, at, callid, queue, agent, event, data)"
            " FROM STDIN"
        ) as copy,
    ):
        for r in records:
            row = (r.position, r.at, r.callid, r.queue, r.agent, r.event, list(r.data))
            await copy.write_row((key.start, key.number, *row))


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
    )


async def add_calls(connection: AsyncConnection, stories: Iterable[Story]) -> None:
    """Write calls that aren't in the database yet."""
    async with connection.cursor() as cursor, cursor.copy(_COPY_CALLS) as copy:
        for story in stories:
            await copy.write_row(_call_row(story))


async def change_calls(connection: AsyncConnection, stories: Iterable[Story]) -> None:
    """Write calls of which an earlier state may stand there."""
    async with connection.cursor() as cursor:
        await cursor.executemany(_UPSERT_CALL, [_call_row(story) for story in stories])


async def link(connection: AsyncConnection, links: Sequence[tuple[str, str]]) -> None:
    """Note which call a linkedid belongs to: pairs of linkedid and call id."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO call_links (linkedid, call_id) VALUES (%s, %s)"
            " ON CONFLICT (linkedid) DO UPDATE SET call_id = EXCLUDED.call_id",
            links,
        )


async def forget_details(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Take legs and events away, to be written anew."""
    await connection.execute("DELETE FROM call_legs WHERE call_id = ANY(%s)", (list(ids),))
    await connection.execute("DELETE FROM call_events WHERE call_id = ANY(%s)", (list(ids),))


async def forget_calls(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Take calls away that turned out to be part of another."""
    await connection.execute("DELETE FROM calls WHERE id = ANY(%s)", (list(ids),))


async def add_details(connection: AsyncConnection, stories: Sequence[Story]) -> None:
    """Write legs and events."""
    async with connection.cursor() as cursor:
        async with cursor.copy(
            "COPY call_legs (uniqueid, call_id, channel, number, agent, started_at, answered_at,"
            " ended_at, cause, lost) FROM STDIN"
        ) as copy:
            for story in stories:
                for leg in story.legs:
                    row = (leg.channel, leg.number, leg.agent, leg.started_at, leg.answered_at)
                    await copy.write_row(
                        (leg.uniqueid, story.call.id, *row, leg.ended_at, leg.cause, leg.lost)
                    )
        async with cursor.copy(
            "COPY call_events (call_id, n, at, kind, fields) FROM STDIN"
        ) as copy:
            for story in stories:
                for n, event in enumerate(story.events):
                    await copy.write_row(
                        (story.call.id, n, event.at, event.kind, Jsonb(event.fields))
                    )


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
        (place(segment, position), QueueRecord(position, at, callid, name, agent, event, tuple(data)))
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
