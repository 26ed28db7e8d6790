"""Read models of the agent's desk: a caller's calls, what their keys meant.

Each is one query by indexes, whatever the number of calls: 1 ms at a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

#: The newest calls of each spelling by its index, then the newest of all.
_HISTORY: Final = """
WITH spelled AS (
    SELECT DISTINCT unnest(number_spellings(number)) AS number
      FROM unnest(%(numbers)s::text[]) AS n (number)
), newest AS (
    SELECT c.id FROM spelled s CROSS JOIN LATERAL (
        (SELECT id, started_at FROM calls
          WHERE from_number = s.number AND direction = 'in' AND started_at < %(before)s
          ORDER BY started_at DESC LIMIT %(limit)s)
        UNION ALL
        (SELECT id, started_at FROM calls
          WHERE did = s.number AND direction = 'out' AND started_at < %(before)s
          ORDER BY started_at DESC LIMIT %(limit)s)) AS c
     WHERE c.id <> %(but)s
     ORDER BY c.started_at DESC LIMIT %(limit)s
)
SELECT c.id AS call, c.direction, c.started_at, c.result, c.did, c.agent, a.name AS agent_name,
       g.name_zh AS group_name_zh, g.name_en AS group_name_en, c.wait_s, c.talk_s, c.rating,
       r.outcome, r.note, r.draft, k.name_zh AS category_zh, k.name_en AS category_en,
       h.name_zh AS head_zh, h.name_en AS head_en
  FROM newest JOIN calls c USING (id)
  LEFT JOIN agents a ON a.number = c.agent
  LEFT JOIN groups g ON g.id = c.group_id
  LEFT JOIN service_records r ON r.call_id = c.id
  LEFT JOIN service_categories k ON k.id = r.category
  LEFT JOIN service_categories h ON h.id = k.parent
 ORDER BY c.started_at DESC, c.id DESC
"""

_CALLER: Final = """
SELECT card_number(%(number)s) AS number, ast.caller_level(%(number)s) AS level,
       (SELECT customer_id FROM customer_numbers WHERE number = card_number(%(number)s)) AS customer
"""

_PATH: Final = """
SELECT o.kind, m.name AS menu_name, g.name_zh, g.name_en
  FROM unnest(%(menus)s::integer[], %(keys)s::text[]) WITH ORDINALITY AS p (menu, key, n)
  LEFT JOIN menu_options o ON o.menu_id = p.menu AND o.key = p.key
  LEFT JOIN menus m ON o.kind = 'menu' AND m.id = o.target
  LEFT JOIN groups g ON o.kind = 'group' AND g.id = o.target
 ORDER BY p.n
"""

_FOLLOW_UPS: Final = """
SELECT id, call_id AS call, kind, lost_at, state, owner FROM follow_ups
 WHERE fold = ANY(%(numbers)s) AND state <> 'closed' ORDER BY lost_at DESC LIMIT 20
"""


async def caller(connection: AsyncConnection, number: str) -> DictRow:
    """The number as cards have it, its VIP level as text (empty: none), its card's id or None."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_CALLER, {"number": number})
        row = await cursor.fetchone()
    assert row is not None  # a SELECT without FROM gives a row
    return row


async def history(
    connection: AsyncConnection, numbers: Sequence[str], *, before: datetime, limit: int, but: str
) -> list[DictRow]:
    """The calls from and to these plain numbers that began before ``before``, newest first, without
    the call ``but``, each with its service record."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            _HISTORY, {"numbers": list(numbers), "before": before, "limit": limit, "but": but}
        )
        return await cursor.fetchall()


async def path(connection: AsyncConnection, pressed: Sequence[tuple[int, str]]) -> list[DictRow]:
    """Where each key of a menu leads now: a kind of destination, and its name if it has one."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            _PATH,
            {"menus": [menu for menu, _ in pressed], "keys": [key for _, key in pressed]},
        )
        return await cursor.fetchall()


async def follow_ups(connection: AsyncConnection, numbers: Sequence[str]) -> list[DictRow]:
    """Calls of these plain numbers that were lost and still need somebody, newest first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_FOLLOW_UPS, {"numbers": list(numbers)})
        return await cursor.fetchall()


async def number_of(connection: AsyncConnection, call_id: str) -> str:
    """Who calls, or whom we call, in this call; empty when it isn't filed yet."""
    cursor = await connection.execute(
        "SELECT CASE direction WHEN 'out' THEN did ELSE from_number END FROM calls WHERE id = %s",
        (call_id,),
    )
    row = await cursor.fetchone()
    return str(row[0]) if row else ""
