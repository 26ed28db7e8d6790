"""Trunks in the database."""

from __future__ import annotations

from dataclasses import asdict, replace

from psycopg import AsyncConnection
from psycopg.rows import class_row

from linebox.features.lines.model import Choice, Trunk, TrunkKind
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found, new_id


async def read(connection: AsyncConnection) -> tuple[Trunk, ...]:
    """All trunks, by id."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, id_: int) -> Trunk | None:
    """The trunk with this id."""
    return next(iter(await _rows(connection, id_)), None)


async def save(connection: AsyncConnection, author: Author, trunk: Trunk) -> int:
    """Make it (``id`` 0) or change it; returns its id.

    Raises as ``changing``, and ``not-found``.
    """
    async with changing(connection, author, "trunk", trunk.id or trunk.name) as change:
        values = {**asdict(trunk), "host": trunk.host or None}
        if trunk.id:
            change.before = found(await one(connection, trunk.id), "trunk", trunk.id)
            await connection.execute(
                "UPDATE trunks SET name = %(name)s, kind = %(kind)s, host = %(host)s,"
                " port = %(port)s, max_calls = %(max_calls)s, choice = %(choice)s,"
                " did_prefix = %(did_prefix)s WHERE id = %(id)s",
                values,
            )
            id_ = trunk.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO trunks (name, kind, host, port, max_calls, choice, did_prefix)"
                " VALUES (%(name)s, %(kind)s, %(host)s, %(port)s, %(max_calls)s, %(choice)s,"
                " %(did_prefix)s) RETURNING id",
                values,
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError``: ``not-found``, ``in-use`` by a span or port."""
    async with changing(connection, author, "trunk", id_) as change:
        change.before = found(await one(connection, id_), "trunk", id_)
        await connection.execute("DELETE FROM trunks WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Trunk, ...]:
    async with connection.cursor(row_factory=class_row(Trunk)) as cursor:
        await cursor.execute(
            "SELECT id, name, kind, coalesce(host(host), '') AS host, port, max_calls, choice,"
            " did_prefix FROM trunks"
            " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
            {"id": id_},
        )
        return tuple(
            replace(trunk, kind=TrunkKind(trunk.kind), choice=Choice(trunk.choice))
            for trunk in await cursor.fetchall()
        )
