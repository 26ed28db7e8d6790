"""The list of calls and one call whole, read for people (REC-2). ``store.py`` writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from linebox.base.errors import InputError
from linebox.base.shapes import problem

_ROW: Final = """
SELECT c.id, c.direction, c.trunk, c.from_number, c.from_name, c.did, c.vip, c.generation,
       c.started_at, c.answered_at, c.connected_at, c.ended_at, c.result, c.cut,
       c.group_id, g.name_zh AS group_name_zh, g.name_en AS group_name_en,
       c.agent, a.name AS agent_name, c.extension, c.wait_s, c.ring_s, c.talk_s,
       c.keys, c.rating, c.needs_follow_up,
       (SELECT count(*) FROM recordings r WHERE r.call_id = c.id) AS recordings
  FROM calls c
  LEFT JOIN groups g ON g.id = c.group_id
  LEFT JOIN agents a ON a.number = c.agent
"""

_LIST: Final = (
    _ROW
    + """
 WHERE (%(since)s::timestamptz IS NULL OR c.started_at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR c.started_at < %(until)s)
   AND (%(number)s::text IS NULL
        OR strpos(c.from_number, %(number)s) > 0 OR strpos(c.did, %(number)s) > 0)
   AND (%(agent)s::text IS NULL OR c.agent = %(agent)s)
   AND (%(group)s::integer IS NULL OR c.group_id = %(group)s)
   AND (%(result)s::text IS NULL OR c.result = %(result)s)
   AND (%(rating)s::integer IS NULL OR c.rating = %(rating)s)
   AND (%(key)s::text IS NULL OR strpos(c.keys, %(key)s) > 0)
   AND (%(follow_up)s::boolean IS NULL OR c.needs_follow_up = %(follow_up)s)
   AND (%(before)s::timestamptz IS NULL OR (c.started_at, c.id) < (%(before)s, %(before_id)s))
 ORDER BY c.started_at DESC, c.id DESC
 LIMIT %(limit)s
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Conditions that must all hold; None means any. ``limit`` rows at most."""

    since: datetime | None = None
    until: datetime | None = None
    number: str | None = None
    agent: str | None = None
    group: int | None = None
    result: str | None = None
    rating: int | None = None
    key: str | None = None
    follow_up: bool | None = None
    limit: int = 50
    cursor: str | None = None


class Place(NamedTuple):
    """Where a page begins: after this call in the order of the list."""

    started_at: datetime
    id: str

    def text(self) -> str:
        """A cursor; exact to the microsecond."""
        return f"{(self.started_at - _EPOCH) // timedelta(microseconds=1)}.{self.id}"

    @classmethod
    def parse(cls, cursor: str) -> Place:
        """Raises ``InputError("invalid-input")`` for what isn't a cursor of ours."""
        if not (match := re.fullmatch(r"(-?[0-9]{1,16})\.([0-9A-Za-z.:_-]{1,80})", cursor)):
            raise problem("cursor", "bad-form", expected_zh="上一页给的值", expected_en="as given")
        return cls(_EPOCH + timedelta(microseconds=int(match[1])), match[2])


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def page(connection: AsyncConnection, wanted: Wanted) -> tuple[list[DictRow], str | None]:
    """The calls wanted, newest first, and the cursor of the next page if there is one."""
    start = Place.parse(wanted.cursor) if wanted.cursor else None
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            _LIST,
            {
                "since": wanted.since,
                "until": wanted.until,
                "number": wanted.number,
                "agent": wanted.agent,
                "group": wanted.group,
                "result": wanted.result,
                "rating": wanted.rating,
                "key": wanted.key,
                "follow_up": wanted.follow_up,
                "before": start and start.started_at,
                "before_id": start and start.id,
                "limit": wanted.limit + 1,
            },
            prepare=False,  # a plan made for any conditions would be bad for each
        )
        rows = await cursor.fetchall()
    if len(rows) <= wanted.limit:
        return rows, None
    rows.pop()
    return rows, Place(rows[-1]["started_at"], rows[-1]["id"]).text()


async def one(connection: AsyncConnection, call_id: str) -> DictRow:
    """The call's line of the list. Raises ``InputError("not-found")``."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_ROW + " WHERE c.id = %s", (call_id,))
        found = await cursor.fetchone()
    if found is None:
        raise InputError("not-found", what="call", key=call_id)
    return found


async def legs(connection: AsyncConnection, call_id: str) -> list[DictRow]:
    """The call's telephones, in order of time."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT uniqueid, channel, number, agent, started_at, answered_at, ended_at, cause,"
            " lost FROM call_legs WHERE call_id = %s ORDER BY started_at, uniqueid LIMIT 500",
            (call_id,),
        )
        return await cursor.fetchall()


async def events(connection: AsyncConnection, call_id: str) -> list[DictRow]:
    """What happened in the call, in order."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT n, at, kind, fields FROM call_events WHERE call_id = %s ORDER BY n LIMIT 2000",
            (call_id,),
        )
        return await cursor.fetchall()


async def recordings(connection: AsyncConnection, call_id: str) -> list[DictRow]:
    """The call's recordings, in order of time."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT file, started_at, stopped_at, state, duration_s, size_bytes"
            " FROM recordings WHERE call_id = %s ORDER BY started_at, file LIMIT 200",
            (call_id,),
        )
        return await cursor.fetchall()
