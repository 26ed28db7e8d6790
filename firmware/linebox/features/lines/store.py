"""Trunks in the database."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import class_row

from linebox.features.lines.model import Trunk
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
        values = {
            "id": trunk.id,
            "name": trunk.name,
            "host": trunk.host,
            "port": trunk.port,
            "max_calls": trunk.max_calls,
        }
        if trunk.id:
            change.before = found(await one(connection, trunk.id), "trunk", trunk.id)
            await connection.execute(
                "UPDATE trunks SET name = %(name)s, host = %(host)s, port = %(port)s,"
                " max_calls = %(max_calls)s WHERE id = %(id)s",
                values,
            )
            id_ = trunk.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO trunks (name, host, port, max_calls)"
                " VALUES (%(name)s, %(host)s, %(port)s, %(max_calls)s) RETURNING id",
                values,
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError("not-found")``."""
    async with changing(connection, author, "trunk", id_) as change:
        change.before = found(await one(connection, id_), "trunk", id_)
        await connection.execute("DELETE FROM trunks WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Trunk, ...]:
    async with connection.cursor(row_factory=class_row(Trunk)) as cursor:
        await cursor.execute(
            "SELECT id, name, host(host) AS host, port, max_calls FROM trunks"
            " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
            {"id": id_},
        )
        return tuple(await cursor.fetchall())
