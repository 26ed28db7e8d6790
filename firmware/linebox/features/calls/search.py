"""The list of calls and one call whole, read for people (REC-2). ``store.py`` writes them.

A million calls are searched within 100 ms (``call-search-p95-ms``): at most ``COUNTED`` matches are
gathered first. All of them there: they are counted, and the page is their newest. More: they lie so
densely that going through the calls from the newest on fills a page at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from linebox.base.errors import InputError
from linebox.base.shapes import problem
from linebox.features.settings.days import MIDNIGHT, ZONE

#: More matches than this are told as "more than".
COUNTED: Final = 5_000

_ROW: Final = """
SELECT c.id, c.direction, c.trunk, c.from_number, c.from_name, c.did, c.vip, c.generation,
       c.started_at, c.answered_at, c.connected_at, c.ended_at, c.result, c.cut,
       c.group_id, g.name_zh AS group_name_zh, g.name_en AS group_name_en,
       c.agent, a.name AS agent_name, c.extension, c.wait_s, c.ring_s, c.talk_s,
       c.keys, c.rating, c.needs_follow_up, c.recordings
  FROM calls c
  LEFT JOIN groups g ON g.id = c.group_id
  LEFT JOIN agents a ON a.number = c.agent
"""

#: What isn't asked for is NULL, and the planner, who knows the values, leaves its line out.
_WANTED: Final = """
   (%(since)s::timestamptz IS NULL OR c.started_at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR c.started_at < %(until)s)
   AND (%(part)s::text IS NULL OR c.from_number LIKE %(part)s OR c.did LIKE %(part)s)
   AND (%(agent)s::text IS NULL OR c.agents @> ARRAY[%(agent)s])
   AND (%(own)s::text IS NULL OR c.agents @> ARRAY[%(own)s])
   AND (%(group)s::integer IS NULL OR c.group_id = %(group)s)
   AND (%(direction)s::text IS NULL OR c.direction = %(direction)s)
   AND (%(result)s::text IS NULL OR c.result = %(result)s)
   AND (%(rating)s::integer IS NULL OR c.rating = %(rating)s)
   AND (%(key)s::text IS NULL OR c.pressed @> ARRAY[%(key)s])
   AND (%(talk_from)s::float8 IS NULL OR c.talk_s >= %(talk_from)s)
   AND (%(talk_to)s::float8 IS NULL OR c.talk_s <= %(talk_to)s)
   AND (%(recorded)s::boolean IS NULL OR CASE WHEN %(recorded)s
        THEN c.recordings > 0 ELSE c.recordings = 0 END)
   AND (%(follow_up)s::boolean IS NULL OR c.needs_follow_up = %(follow_up)s)
   AND (%(before)s::timestamptz IS NULL OR (c.started_at, c.id) < (%(before)s, %(before_id)s))
"""

#: Only where it is asked for: under an OR it couldn't become a join.
_NOTED: Final = """
   AND c.id IN (SELECT r.call_id FROM service_records r
                 WHERE text_grams(r.note) @> text_grams(%(note)s)
                   AND strpos(lower(r.note), %(note)s) > 0)
"""
_FOUND: Final = """
WITH found AS MATERIALIZED (
    SELECT c.id, c.started_at, c.result FROM calls c WHERE {wanted} LIMIT %(counted)s + 1)
SELECT (SELECT jsonb_object_agg(result, n)
          FROM (SELECT result, count(*) AS n FROM found GROUP BY result) q),
       ARRAY(SELECT id FROM found ORDER BY started_at DESC, id DESC LIMIT %(limit)s)
"""

_NEWEST: Final = _ROW + " WHERE {wanted} ORDER BY c.started_at DESC, c.id DESC LIMIT %(limit)s"
_THESE: Final = _ROW + " WHERE c.id = ANY(%s) ORDER BY c.started_at DESC, c.id DESC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Conditions that must all hold; None means any. ``limit`` rows at most.

    ``agent`` took part in it, and so did ``own``: who may see no others. ``key``: ``1``, or ``3:1``
    for key 1 in menu 3. ``note``: words in the call's service record. ``talk_from_s`` and
    ``talk_to_s`` are both included.
    """

    since: datetime | None = None
    until: datetime | None = None
    number: str | None = None
    agent: str | None = None
    own: str | None = None
    group: int | None = None
    direction: str | None = None
    result: str | None = None
    rating: int | None = None
    key: str | None = None
    talk_from_s: float | None = None
    talk_to_s: float | None = None
    note: str | None = None
    recorded: bool | None = None
    follow_up: bool | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page. ``total``: how many match; ``by_result``: how many of these with each result; both
    None when there are more than ``COUNTED``."""

    rows: list[DictRow]
    next_cursor: str | None
    total: int | None
    by_result: Mapping[str, int] | None


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


def _query(sql: str, wanted: Wanted) -> bytes:
    return sql.replace("{wanted}", _WANTED + (_NOTED if wanted.note else "")).encode()


def _values(wanted: Wanted) -> dict[str, object]:
    start = Place.parse(wanted.cursor) if wanted.cursor else None
    return {
        "since": wanted.since,
        "until": wanted.until,
        "part": wanted.number and f"%{wanted.number}%",
        "agent": wanted.agent,
        "own": wanted.own,
        "group": wanted.group,
        "direction": wanted.direction,
        "result": wanted.result,
        "rating": wanted.rating,
        "key": wanted.key,
        "talk_from": wanted.talk_from_s,
        "talk_to": wanted.talk_to_s,
        "note": wanted.note and wanted.note.lower(),
        "recorded": wanted.recorded,
        "follow_up": wanted.follow_up,
        "before": start and start.started_at,
        "before_id": start and start.id,
        "limit": wanted.limit + 1,
        "counted": COUNTED,
    }


async def page(connection: AsyncConnection, wanted: Wanted) -> Found:
    """The calls wanted, newest first. Counts belong to the first page; later ones have None."""
    counts, newest = await _gather(connection, wanted)
    total = sum(counts.values())
    async with connection.cursor(row_factory=dict_row) as cursor:
        if total <= COUNTED:
            await cursor.execute(_THESE, (newest,), prepare=False)
        else:
            await cursor.execute(_query(_NEWEST, wanted), _values(wanted), prepare=False)
        rows = await cursor.fetchall()
    next_cursor = None
    if len(rows) > wanted.limit:
        rows.pop()
        next_cursor = Place(rows[-1]["started_at"], rows[-1]["id"]).text()
    if wanted.cursor:
        return Found(rows=rows, next_cursor=next_cursor, total=None, by_result=None)
    known = total <= COUNTED
    return Found(
        rows=rows,
        next_cursor=next_cursor,
        total=total if known else None,
        by_result=counts if known else None,
    )


async def _gather(
    connection: AsyncConnection, wanted: Wanted
) -> tuple[Mapping[str, int], list[str]]:
    """At most ``COUNTED`` + 1 matches by result, and the newest ids of these."""
    # Not prepared: a plan made for any conditions would be bad for each.
    cursor = await connection.execute(_query(_FOUND, wanted), _values(wanted), prepare=False)
    counts, newest = await cursor.fetchone() or ({}, [])
    return counts or {}, newest


async def one(connection: AsyncConnection, call_id: str, own: str | None = None) -> DictRow:
    """The call's line of the list. ``own``: only if that agent took part.

    Raises ``InputError("not-found")``.
    """
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            _ROW + " WHERE c.id = %(id)s AND (%(own)s::text IS NULL OR c.agents @> ARRAY[%(own)s])",
            {"id": call_id, "own": own},
        )
        found = await cursor.fetchone()
    if found is None:
        raise InputError("not-found", what="call", key=call_id)
    return found


async def legs(connection: AsyncConnection, call_id: str) -> list[DictRow]:
    """The call's telephones, in order of time."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT uniqueid, channel, number, agent, started_at, answered_at, ended_at, cause,"
            " lost, talk_s FROM call_legs WHERE call_id = %s"
            " ORDER BY started_at, uniqueid LIMIT 500",
            (call_id,),
        )
        return await cursor.fetchall()


_EVENTS: Final = """
WITH told AS (SELECT n::numeric AS n, at, kind, fields FROM call_events WHERE call_id = %(call)s),
held AS (
    SELECT (SELECT coalesce(max(n), 0) + 0.5 FROM told WHERE told.at <= h.at) AS n, h.at,
           CASE WHEN h.held THEN 'hold' ELSE 'unhold' END AS kind,
           jsonb_build_object('by', coalesce(nullif(l.agent, ''), l.number)) AS fields
      FROM call_legs l JOIN call_holds h ON h.channel = l.uniqueid WHERE l.call_id = %(call)s
)
SELECT (row_number() OVER (ORDER BY n, at) - 1)::integer AS n, at, kind, fields
  FROM (SELECT * FROM told UNION ALL SELECT * FROM held) e ORDER BY e.n, at LIMIT 2000
"""


async def events(connection: AsyncConnection, call_id: str) -> list[DictRow]:
    """What happened in the call, in order; holding is put where its time says."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_EVENTS, {"call": call_id})
        return await cursor.fetchall()


async def recordings(connection: AsyncConnection, call_id: str) -> list[DictRow]:
    """The call's recordings, in order of time."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT file, started_at, stopped_at, state, duration_s, size_bytes, kept_days"
            " FROM recordings WHERE call_id = %s ORDER BY started_at, file LIMIT 200",
            (call_id,),
        )
        return await cursor.fetchall()


async def today(connection: AsyncConnection, agent: str) -> DictRow:
    """An agent's figures since midnight of the company's day, among the calls that are over.

    What rang in vain is told by queue_log; its time is the box's, as everything's.
    """
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_TODAY, {"agent": agent, "mine": f"agent-{agent}"})
        found = await cursor.fetchone()
    assert found is not None  # aggregates give one row
    return found


_TODAY: Final = f"""
WITH day AS (SELECT (now() AT TIME ZONE {ZONE})::date AS day, {MIDNIGHT} AS since),
own AS (
    SELECT c.* FROM calls c, day WHERE c.agents @> ARRAY[%(agent)s] AND c.started_at >= day.since)
SELECT day.day,
       count(*) FILTER (WHERE direction = 'in' AND connected_at IS NOT NULL) AS answered,
       count(*) FILTER (WHERE direction = 'in' AND connected_at IS NOT NULL AND wait_s <= 20)
           AS in_20s,
       count(*) FILTER (WHERE direction = 'out') AS called,
       (SELECT count(DISTINCT q.callid) FROM queue_events q
         WHERE q.agent = %(mine)s AND q.event = 'RINGNOANSWER' AND q.at >= day.since) AS missed,
       coalesce(sum(talk_s), 0) AS talk_s,
       avg(talk_s) AS average_talk_s,
       avg(wait_s) FILTER (WHERE direction = 'in' AND connected_at IS NOT NULL) AS average_wait_s,
       count(rating) AS ratings,
       avg(rating)::float8 AS average_rating
  FROM day LEFT JOIN own ON true
 GROUP BY day.day, day.since
"""  # noqa: S608  constants of ours
