"""Each group's figures since the company's midnight, for the live board (SUP-1)."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import AsyncConnection

from linebox.features.settings.days import MIDNIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """Calls that came to the group; ``in_20s`` were answered within 20 s, ``wait_total_s`` is all
    their waiting together; ``abandoned_15m`` gave up within the last 15 minutes (of today)."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    in_20s: int = 0
    abandoned_15m: int = 0
    wait_total_s: float = 0.0


_TODAY = f"""
SELECT group_id, count(*), count(connected_at),
    count(*) FILTER (WHERE result = 'abandoned'),
    count(*) FILTER (WHERE connected_at IS NOT NULL AND wait_s <= 20),
    coalesce(sum(wait_s), 0),
    count(*) FILTER (WHERE result = 'abandoned' AND ended_at > now() - interval '15 minutes')
FROM calls
WHERE group_id IS NOT NULL AND started_at >= {MIDNIGHT}
GROUP BY group_id
"""  # noqa: S608  a constant of ours


async def today(connection: AsyncConnection) -> dict[int, Today]:
    """Group → its figures; a group without a call today is missing."""
    rows = await (await connection.execute(_TODAY)).fetchall()
    return {
        int(group): Today(
            offered=offered,
            answered=answered,
            abandoned=abandoned,
            in_20s=in_20s,
            wait_total_s=round(float(wait_total_s), 1),
            abandoned_15m=abandoned_15m,
        )
        for group, offered, answered, abandoned, in_20s, wait_total_s, abandoned_15m in rows
    }
