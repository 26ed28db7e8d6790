"""Alarms that stand: what is wrong until somebody or something clears it (DIA-5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

#: Raised with the records of the journal that couldn't be filed; ``count`` is how many.
REJECTS = "journal-rejects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """``code`` says what, ``subject`` where; ``count``: how often since ``since``."""

    code: str
    subject: str
    since: datetime
    count: int


_STANDING = """
SELECT code, subject, since, count FROM alarms WHERE cleared_at IS NULL
    AND (code NOT LIKE 'toll-%%' AND code <> 'line-held' OR last_at > now() - interval '1 day')
ORDER BY since, code LIMIT 100
"""


async def standing(connection: AsyncConnection) -> tuple[Alarm, ...]:
    """The alarms that nobody cleared, the oldest first, at most 100."""
    rows = await (await connection.execute(_STANDING)).fetchall()
    return tuple(
        Alarm(code=code, subject=subject, since=since, count=count)
        for code, subject, since, count in rows
    )
