"""Today's calls of the whole box for the home page: each half hour, and the same day last week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection

from linebox.features.settings.days import MIDNIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfHour:
    """Calls that came in the half hour from ``at``; ``week_ago``: in that of seven days before."""

    at: datetime
    offered: int
    answered: int
    lost: int
    week_ago: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayCalls:
    """Since the company's midnight. ``lost``: abandoned or cut; ``answer_s``: how long those who
    were answered waited, on average; ``rating``: the callers', 1 to 5. None: there was none."""

    offered: int
    answered: int
    lost: int
    answer_s: float | None
    rating: float | None
    halves: tuple[HalfHour, ...]


_HALVES: Final = f"""
WITH day AS (SELECT {MIDNIGHT} AS begins),
    came AS (SELECT started_at, connected_at, result, false AS before FROM calls, day
            WHERE direction = 'in' AND started_at >= begins
        UNION ALL SELECT started_at + interval '7 days', NULL, result, true FROM calls, day
            WHERE direction = 'in' AND started_at >= begins - interval '7 days'
                AND started_at < begins - interval '6 days')
SELECT begins + n * interval '30 minutes', count(came) FILTER (WHERE NOT before),
    count(connected_at), count(came) FILTER (WHERE NOT before AND result IN ('abandoned', 'cut')),
    count(came) FILTER (WHERE before)
FROM day CROSS JOIN generate_series(0, 47) n LEFT JOIN came
    ON started_at >= begins + n * interval '30 minutes'
    AND started_at < begins + (n + 1) * interval '30 minutes'
GROUP BY begins, n ORDER BY n
"""  # noqa: S608  a constant of ours
_MEANS: Final = """
SELECT avg(wait_s) FILTER (WHERE connected_at IS NOT NULL), avg(rating) FROM calls
WHERE direction = 'in' AND started_at >= %s
"""


async def today(connection: AsyncConnection) -> TodayCalls:
    rows = await (await connection.execute(_HALVES)).fetchall()
    halves = tuple(
        HalfHour(at=at, offered=offered, answered=answered, lost=lost, week_ago=week_ago)
        for at, offered, answered, lost, week_ago in rows
    )
    means = await (await connection.execute(_MEANS, (halves[0].at,))).fetchone()
    assert means is not None  # an aggregate has a row
    answer_s, rating = means
    return TodayCalls(
        offered=sum(half.offered for half in halves),
        answered=sum(half.answered for half in halves),
        lost=sum(half.lost for half in halves),
        answer_s=None if answer_s is None else round(float(answer_s), 1),
        rating=None if rating is None else round(float(rating), 1),
        halves=halves,
    )
