"""Thresholds in the database."""

from __future__ import annotations

from psycopg import AsyncConnection

from linebox.base.errors import InputError
from linebox.features.alerts.model import Thresholds

_ALL = """
SELECT g.id, s.group_id IS NOT NULL, s.wait_s, s.waiting, s.level_percent, s.abandoned_15m,
    s.nobody_ready
FROM groups g LEFT JOIN board_settings s ON s.group_id = g.id
WHERE %(group)s::integer IS NULL OR g.id = %(group)s ORDER BY g.id
"""
_SAVE = """
INSERT INTO board_settings (group_id, wait_s, waiting, level_percent, abandoned_15m, nobody_ready,
    changed_by)
VALUES (%(group)s, %(wait_s)s, %(waiting)s, %(level_percent)s, %(abandoned_15m)s,
    %(nobody_ready)s, %(by)s)
ON CONFLICT (group_id) DO UPDATE SET wait_s = excluded.wait_s, waiting = excluded.waiting,
    level_percent = excluded.level_percent, abandoned_15m = excluded.abandoned_15m,
    nobody_ready = excluded.nobody_ready, changed_by = excluded.changed_by, changed_at = now()
"""


async def thresholds(
    connection: AsyncConnection, group: int | None = None
) -> dict[int, Thresholds]:
    """Group → its thresholds, for every group there is (or the one named); defaults where nobody
    set any."""
    cursor = await connection.execute(_ALL, {"group": group})
    return {
        id_: Thresholds(
            wait_s=wait_s,
            waiting=waiting,
            level_percent=level_percent,
            abandoned_15m=abandoned_15m,
            nobody_ready=nobody_ready,
        )
        if is_set
        else Thresholds()
        for (
            id_,
            is_set,
            wait_s,
            waiting,
            level_percent,
            abandoned_15m,
            nobody_ready,
        ) in await cursor.fetchall()
    }


async def one(connection: AsyncConnection, group: int) -> Thresholds:
    """A group's thresholds; no other writer changes them until the transaction's end.

    Raises ``InputError("not-found")``.
    """
    await connection.execute("SELECT 1 FROM groups WHERE id = %s FOR UPDATE", (group,))
    found = (await thresholds(connection, group)).get(group)
    if found is None:
        raise InputError("not-found", what="group", key=str(group))
    return found


async def save(connection: AsyncConnection, group: int, to: Thresholds, by: str) -> None:
    """Set them; ``by`` is the login of who does. The group must be there."""
    await connection.execute(
        _SAVE,
        {
            "group": group,
            "wait_s": to.wait_s,
            "waiting": to.waiting,
            "level_percent": to.level_percent,
            "abandoned_15m": to.abandoned_15m,
            "nobody_ready": to.nobody_ready,
            "by": by,
        },
    )
