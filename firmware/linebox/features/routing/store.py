"""Groups in the database."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from linebox.features.routing.model import Group, Strategy
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found, new_id
from linebox.model.destinations import Destination, Kind


async def read(connection: AsyncConnection) -> tuple[Group, ...]:
    """All groups, by id."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, id_: int) -> Group | None:
    """The group with this id."""
    return next(iter(await _rows(connection, id_)), None)


async def save(connection: AsyncConnection, author: Author, group: Group) -> int:
    """Make it (``id`` 0) or change it; returns its id. Raises as ``changing``, and ``not-found``.

    Who may join it is said by the agents' memberships.
    """
    async with changing(connection, author, "group", group.id or group.name_zh) as change:
        values = {
            "id": group.id,
            "name_zh": group.name_zh,
            "name_en": group.name_en,
            "strategy": group.strategy,
            "ring_s": group.ring_s,
            "wrapup_s": group.wrapup_s,
            "max_wait_s": group.max_wait_s,
            "limit_waiting": group.limit_waiting,
            "announce_s": group.announce_s,
            "overflow_kind": group.overflow.kind,
            "overflow_id": group.overflow.target,
            "asks_rating": group.asks_rating,
            "max_missed": group.max_missed,
            "records": group.records,
            "music_id": group.music_id,
        }
        if group.id:
            change.before = found(await one(connection, group.id), "group", group.id)
            await connection.execute(
                "UPDATE groups SET name_zh = %(name_zh)s, name_en = %(name_en)s,"
                " strategy = %(strategy)s, ring_s = %(ring_s)s, wrapup_s = %(wrapup_s)s,"
                " max_wait_s = %(max_wait_s)s, limit_waiting = %(limit_waiting)s,"
                " announce_s = %(announce_s)s, overflow_kind = %(overflow_kind)s,"
                " overflow_id = %(overflow_id)s, asks_rating = %(asks_rating)s,"
                " max_missed = %(max_missed)s, records = %(records)s,"
                " music_id = %(music_id)s WHERE id = %(id)s",
                values,
            )
            id_ = group.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO groups (name_zh, name_en, strategy, ring_s, wrapup_s, max_wait_s,"
                " limit_waiting, announce_s, overflow_kind, overflow_id, asks_rating, max_missed,"
                " records, music_id)"
                " VALUES (%(name_zh)s, %(name_en)s, %(strategy)s, %(ring_s)s, %(wrapup_s)s,"
                " %(max_wait_s)s, %(limit_waiting)s, %(announce_s)s, %(overflow_kind)s,"
                " %(overflow_id)s, %(asks_rating)s, %(max_missed)s,"
                " %(records)s, %(music_id)s) RETURNING id",
                values,
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError("not-found")``. Agents leave it; a menu that still leads to it is found
    when the settings are applied."""
    async with changing(connection, author, "group", id_) as change:
        change.before = found(await one(connection, id_), "group", id_)
        await connection.execute("DELETE FROM groups WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Group, ...]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT id, name_zh, name_en, strategy, ring_s, wrapup_s, max_wait_s, limit_waiting,"
            " announce_s, overflow_kind, overflow_id, asks_rating, max_missed, records,"
            " music_id FROM groups"
            " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
            {"id": id_},
        )
        return tuple(
            Group(
                id=row["id"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                strategy=Strategy(row["strategy"]),
                ring_s=row["ring_s"],
                wrapup_s=row["wrapup_s"],
                max_wait_s=row["max_wait_s"],
                limit_waiting=row["limit_waiting"],
                announce_s=row["announce_s"],
                overflow=Destination(kind=Kind(row["overflow_kind"]), target=row["overflow_id"]),
                asks_rating=row["asks_rating"],
                max_missed=row["max_missed"],
                records=row["records"],
                music_id=row["music_id"],
            )
            for row in await cursor.fetchall()
        )
