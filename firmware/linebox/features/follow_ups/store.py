"""Who is still to be called back, in PostgreSQL (ACD-7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from linebox.features.calls.model import Direction, Story
from linebox.features.follow_ups.model import FollowUpState, Line

#: Lines of one number are one; what was closed is a line for each time it was closed.
_LINES: Final = """
WITH line AS (
    SELECT f.fold, f.closed_at, max(f.id) AS id, max(f.number) AS number, count(*) AS count,
           min(f.lost_at) AS first_at, max(f.lost_at) AS last_at,
           CASE WHEN bool_or(f.state = 'open') THEN 'open' WHEN bool_or(f.state = 'taken')
                THEN 'taken' ELSE max(f.state) END AS state,
           max(f.owner) AS owner, max(f.taken_at) AS taken_at, max(f.called_at) AS called_at,
           max(f.closed_by) AS closed_by, max(f.result) AS result, max(f.note) AS note,
           array_agg(DISTINCT f.kind) AS kinds, array_agg(f.group_id) AS groups
      FROM follow_ups f
     WHERE CASE WHEN %(closed)s THEN f.state = 'closed' ELSE f.state <> 'closed' END
       AND (%(number)s::text IS NULL OR strpos(f.number, %(number)s) > 0)
     GROUP BY f.fold, f.closed_at)
"""
_MATCHING: Final = """
   (%(state)s::text IS NULL OR l.state = %(state)s)
   AND (%(kind)s::text IS NULL OR %(kind)s = ANY(l.kinds))
   AND (%(group)s::integer IS NULL OR %(group)s = ANY(l.groups))
   AND (%(owner)s::text IS NULL OR coalesce(l.owner, '') = %(owner)s)
   AND (%(agent)s::text IS NULL OR CASE WHEN l.owner IS NULL
        THEN EXISTS (SELECT FROM group_agents ga
                      WHERE ga.agent = %(agent)s AND ga.group_id = ANY(l.groups))
             OR EXISTS (SELECT FROM follow_ups f JOIN queue_events q ON q.callid = f.call_id
                         WHERE f.fold = l.fold AND f.closed_at IS NOT DISTINCT FROM l.closed_at
                           AND q.event = 'RINGNOANSWER' AND q.agent = 'agent-' || %(agent)s)
        ELSE l.owner = %(agent)s END)
"""
_SHOWN: Final = """
SELECT l.id, l.fold, l.number, l.count, l.first_at, l.last_at, l.state, l.owner, l.taken_at,
       l.called_at, l.closed_at, l.closed_by, l.result, l.note, l.kinds, cu.id AS customer_id,
       cu.name AS customer, coalesce(oa.name, oc.name) AS owner_name,
       coalesce(ca.name, cc.name) AS closed_by_name,
       r.id AS reached_call, r.started_at AS reached_at, r.direction AS reached_by,
       b.count AS tries, b.last_at AS tried_at,
       ARRAY(SELECT jsonb_build_object('call_id', f.call_id, 'kind', f.kind, 'at', f.lost_at,
                 'group_id', f.group_id, 'group_name_zh', g.name_zh, 'group_name_en', g.name_en,
                 'voicemail', v.file IS NOT NULL, 'voicemail_s', v.duration_s,
                 'heard_at', v.heard_at)
               FROM follow_ups f
               LEFT JOIN groups g ON g.id = f.group_id
               LEFT JOIN LATERAL (SELECT file, duration_s, heard_at FROM voicemails
                                   WHERE call_id = f.call_id ORDER BY left_at LIMIT 1) v ON true
              WHERE f.fold = l.fold AND f.closed_at IS NOT DISTINCT FROM l.closed_at
              ORDER BY f.lost_at DESC LIMIT 20) AS calls
  FROM line l
  LEFT JOIN customer_numbers cn ON cn.number = l.number
  LEFT JOIN customers cu ON cu.id = cn.customer_id
  LEFT JOIN agents oa ON oa.number = l.owner
  LEFT JOIN accounts oc ON oc.login = l.owner
  LEFT JOIN agents ca ON ca.number = l.closed_by
  LEFT JOIN accounts cc ON cc.login = l.closed_by
  LEFT JOIN LATERAL (
      SELECT * FROM (
          (SELECT c.id, c.started_at, c.direction FROM calls c
            WHERE c.from_number = ANY(number_spellings(l.number)) AND c.started_at > l.last_at
              AND c.direction = 'in' AND c.result = 'answered' AND NOT c.needs_follow_up
            ORDER BY c.started_at DESC LIMIT 1)
          UNION ALL
          (SELECT c.id, c.started_at, c.direction FROM calls c
            WHERE c.did = ANY(number_spellings(l.number)) AND c.started_at > l.last_at
              AND c.direction = 'out' AND c.connected_at IS NOT NULL
            ORDER BY c.started_at DESC LIMIT 1)) either
       ORDER BY started_at DESC LIMIT 1) r ON l.closed_at IS NULL AND l.number ~ '[0-9]{3}'
  LEFT JOIN LATERAL (
      SELECT count(*) AS count, max(c.started_at) AS last_at FROM calls c
       WHERE c.did = ANY(number_spellings(l.number)) AND c.direction = 'out'
         AND c.started_at > l.first_at) b ON l.closed_at IS NULL AND l.number ~ '[0-9]{3}'
"""
_PAGE: Final = f"""{_LINES}{_SHOWN} WHERE {_MATCHING}
   AND (%(before)s::timestamptz IS NULL OR CASE WHEN %(closed)s
        THEN (l.closed_at, l.fold) < (%(before)s, %(before_fold)s)
        ELSE (l.first_at, l.fold) > (%(before)s, %(before_fold)s) END)
 ORDER BY CASE WHEN %(closed)s THEN l.closed_at END DESC, l.first_at, l.fold
 LIMIT %(limit)s
"""
_COUNTS: Final = f"""{_LINES} SELECT l.state, count(*) FROM line l
 WHERE {_MATCHING} GROUP BY l.state"""  # noqa: S608


async def file(connection: AsyncConnection, stories: Sequence[Story]) -> None:
    """Put the lost among these calls on the list, in the transaction that files them; calls out
    mark whom they were to as called back."""
    ids = [s.call.id for s in stories if s.call.direction is not Direction.INTERNAL]
    if ids:
        await connection.execute("SELECT follow_up(%s)", (ids,))


async def reconcile(connection: AsyncConnection, days: int) -> int:
    """Put on the list what the last days' calls have lost and the list doesn't know.

    Returns how many, and raises the alarm ``follow-ups-missing`` for them: filing had to do it.
    """
    cursor = await connection.execute(
        "SELECT coalesce(follow_up(array_agg(l.id)), 0) FROM lost_calls l"
        " WHERE l.started_at > now() - make_interval(days => %s)"
        " AND NOT EXISTS (SELECT FROM follow_ups f WHERE f.call_id = l.id)",
        (days,),
    )
    row = await cursor.fetchone()
    found = int(row[0]) if row else 0
    if found:
        await connection.execute(
            "INSERT INTO alarms (code, subject, count, fields)"
            " VALUES ('follow-ups-missing', '', %s, %s)"
            " ON CONFLICT (code, subject) WHERE cleared_at IS NULL DO UPDATE"
            " SET count = alarms.count + EXCLUDED.count, last_at = now()",
            (found, Jsonb({"count": found})),
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines; None means any. ``owner`` empty: nobody's. ``agent``: theirs, and nobody's that
    rang at them or belong to a group of theirs. ``after``: the place the page before ended at."""

    state: FollowUpState | None = None
    closed: bool = False
    kind: str | None = None
    owner: str | None = None
    group: int | None = None
    number: str | None = None
    agent: str | None = None
    after: tuple[object, str] | None = None
    limit: int = 100

    def values(self) -> dict[str, object]:
        before, fold = self.after or (None, None)
        return {
            "state": self.state,
            "closed": self.closed,
            "kind": self.kind,
            "owner": self.owner,
            "group": self.group,
            "number": self.number,
            "agent": self.agent,
            "before": before,
            "before_fold": fold,
            "limit": self.limit + 1,
        }


async def lines(connection: AsyncConnection, wanted: Wanted) -> list[DictRow]:
    """Lines, the longest waiting first; closed ones the last closed first. One more than the limit
    when there are more."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_PAGE, wanted.values(), prepare=False)
        return await cursor.fetchall()


async def counts(connection: AsyncConnection, wanted: Wanted) -> dict[str, int]:
    """How many lines match, by their state."""
    cursor = await connection.execute(_COUNTS, wanted.values(), prepare=False)
    return dict(await cursor.fetchall())


async def line(connection: AsyncConnection, id_: int, agent: str | None) -> Line | None:
    """The line of which this is a part, locked; ``agent``: only one that they may see."""
    cursor = await connection.execute(
        "SELECT fold, closed_at FROM follow_ups WHERE id = %s", (id_,)
    )
    if (row := await cursor.fetchone()) is None:
        return None
    fold, closed_at = row
    cursor = await connection.execute(
        "SELECT id, state, owner, number FROM follow_ups"
        " WHERE fold = %s AND closed_at IS NOT DISTINCT FROM %s ORDER BY id FOR UPDATE",
        (fold, closed_at),
    )
    rows = await cursor.fetchall()
    if not rows:
        return None  # closed by somebody between the two questions
    found = Line(
        ids=tuple(one[0] for one in rows),
        states=frozenset(FollowUpState(one[1]) for one in rows),
        owner=next((one[2] for one in rows if one[2]), None),
        number=rows[0][3],
    )
    if agent is not None:
        wanted = Wanted(
            agent=agent, closed=closed_at is not None, number=found.number or None, limit=5000
        )
        seen = {one["id"] for one in await lines(connection, wanted)}
        if not seen & set(found.ids):
            return None
    return found


async def change(
    connection: AsyncConnection,
    line: Line,
    *,
    who: str,
    what: str,
    state: FollowUpState,
    owner: str | None,
    result: str | None = None,
    note: str = "",
    detail: str = "",
) -> None:
    """Give the whole line this state and owner, and log who did it."""
    await connection.execute(
        "UPDATE follow_ups SET state = %(state)s, owner = %(owner)s,"
        " taken_at = CASE WHEN owner IS DISTINCT FROM %(owner)s THEN now() ELSE taken_at END,"
        " called_at = CASE WHEN %(state)s = 'called' THEN now() ELSE called_at END,"
        " closed_at = CASE WHEN %(state)s = 'closed' THEN now() END,"
        " closed_by = CASE WHEN %(state)s = 'closed' THEN %(who)s END,"
        " result = %(result)s, note = coalesce(nullif(%(note)s, ''), note) WHERE id = ANY(%(ids)s)",
        {
            "state": state,
            "owner": owner,
            "who": who,
            "result": result,
            "note": note,
            "ids": list(line.ids),
        },
    )
    await connection.execute(
        "INSERT INTO follow_up_log (made_by, follow_up, what, detail)"
        " SELECT %s, unnest(%s::integer[]), %s, %s",
        (who, list(line.ids), what, detail),
    )


async def is_owner(connection: AsyncConnection, login: str) -> bool:
    """Whether somebody can look after it: an account that isn't disabled."""
    cursor = await connection.execute(
        "SELECT FROM accounts WHERE login = %s AND NOT disabled", (login,)
    )
    return await cursor.fetchone() is not None


async def owners(connection: AsyncConnection) -> list[DictRow]:
    """Who can look after lines, by name."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT c.login, coalesce(a.name, c.name) AS name FROM accounts c"
            " LEFT JOIN agents a ON a.number = c.agent WHERE NOT c.disabled"
            " ORDER BY c.role = 'agent', c.login LIMIT 1000"
        )
        return await cursor.fetchall()


async def log(connection: AsyncConnection, id_: int) -> list[DictRow]:
    """What was done about a line, the latest first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT DISTINCT ON (l.at, l.what) l.at, l.made_by, coalesce(a.name, c.name) AS name,"
            " l.what, l.detail FROM follow_up_log l"
            " LEFT JOIN agents a ON a.number = l.made_by"
            " LEFT JOIN accounts c ON c.login = l.made_by"
            " WHERE l.follow_up IN (SELECT f.id FROM follow_ups f, follow_ups o WHERE o.id = %s"
            "   AND f.fold = o.fold AND f.closed_at IS NOT DISTINCT FROM o.closed_at)"
            " ORDER BY l.at DESC, l.what LIMIT 100",
            (id_,),
        )
        return await cursor.fetchall()


async def check(connection: AsyncConnection, day: date | None) -> DictRow:
    """A day's calls against the list (ACD-7): what came, what was answered, what is on the list.

    The calls are counted without ``lost_calls``, by which the list was filled: a call that came to
    a person's part (a queue, a phone, closed doors, all lines busy) was offered.
    """
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CHECK, {"day": day})
        found = await cursor.fetchone()
    assert found is not None  # aggregates give one row
    return found


_CHECK: Final = """
WITH zone AS (SELECT coalesce((SELECT time_zone FROM company), 'UTC') AS zone),
day AS (
    SELECT day, day::timestamp AT TIME ZONE zone AS since,
           (day + 1)::timestamp AT TIME ZONE zone AS until
      FROM zone, LATERAL (
           SELECT coalesce(%(day)s::date, (now() AT TIME ZONE zone)::date) AS day) d),
offered AS (
    SELECT c.id, c.result = 'answered' AND NOT c.needs_follow_up AS answered
      FROM calls c, day
     WHERE c.started_at >= day.since AND c.started_at < day.until
       AND c.direction = 'in' AND c.result <> 'open'
       AND (c.connected_at IS NOT NULL OR c.wait_s IS NOT NULL
            OR c.result IN ('abandoned', 'closed', 'voicemail', 'cut')
            OR EXISTS (SELECT FROM call_legs l WHERE l.call_id = c.id AND l.uniqueid <> c.id)
            OR EXISTS (SELECT FROM call_events e WHERE e.call_id = c.id AND e.kind = 'route'
                        AND e.fields->>'to' = 'full')))
SELECT day.day, count(o.id) AS offered, count(o.id) FILTER (WHERE o.answered) AS answered,
       count(f.id) AS followed, count(f.id) FILTER (WHERE f.state = 'closed') AS closed,
       count(f.id) FILTER (WHERE f.state <> 'closed') AS still_open,
       count(o.id) - count(o.id) FILTER (WHERE o.answered) - count(f.id) AS difference,
       coalesce((array_agg(o.id ORDER BY o.id) FILTER (
           WHERE o.id IS NOT NULL AND o.answered = (f.id IS NOT NULL)))[1:20], '{}') AS wrong
  FROM day LEFT JOIN offered o ON true LEFT JOIN follow_ups f ON f.call_id = o.id
 GROUP BY day.day
"""
