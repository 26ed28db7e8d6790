"""Music in the database."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from linebox.features.music.model import Music, Piece
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found, new_id, plain


async def read(connection: AsyncConnection) -> tuple[Music, ...]:
    """All of it, by id."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, id_: int) -> Music | None:
    """The music with this id."""
    return next(iter(await _rows(connection, id_)), None)


async def save(connection: AsyncConnection, author: Author, music: Music) -> int:
    """Make it (``id`` 0) or change it; returns its id. Raises as ``changing``, and
    ``not-found``."""
    async with changing(connection, author, "music", music.id or music.name) as change:
        values = {"id": music.id, "name": music.name, "pieces": Jsonb(plain(music.pieces))}
        if music.id:
            change.before = found(await one(connection, music.id), "music", music.id)
            await connection.execute(
                "UPDATE music SET name = %(name)s, pieces = %(pieces)s WHERE id = %(id)s", values
            )
            id_ = music.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO music (name, pieces) VALUES (%(name)s, %(pieces)s) RETURNING id",
                values,
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError`` ``not-found``, or ``in-use`` while a group or the box plays it."""
    async with changing(connection, author, "music", id_) as change:
        change.before = found(await one(connection, id_), "music", id_)
        await connection.execute("DELETE FROM music WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Music, ...]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT id, name, pieces FROM music"
            " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
            {"id": id_},
        )
        return tuple(
            Music(
                id=row["id"],
                name=row["name"],
                pieces=tuple(Piece(file=each["file"], name=each["name"]) for each in row["pieces"]),
            )
            for row in await cursor.fetchall()
        )
