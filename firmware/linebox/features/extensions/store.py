"""Extensions in the database."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import class_row

from linebox.features.extensions.model import Extension
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found


async def read(connection: AsyncConnection) -> tuple[Extension, ...]:
    """All extensions, by number."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, number: str) -> Extension | None:
    """The extension with this number."""
    return next(iter(await _rows(connection, number)), None)


async def save(connection: AsyncConnection, author: Author, extension: Extension) -> None:
    """Make or change the one of this number. Raises as ``changing``."""
    async with changing(connection, author, "extension", extension.number) as change:
        change.before = await one(connection, extension.number)
        await connection.execute(
            "INSERT INTO extensions (number, name, secret)"
            " VALUES (%(number)s, %(name)s, %(secret)s)"
            " ON CONFLICT (number) DO UPDATE SET name = %(name)s, secret = %(secret)s",
            {"number": extension.number, "name": extension.name, "secret": extension.secret},
        )
        change.after = extension


async def delete(connection: AsyncConnection, author: Author, number: str) -> None:
    """Raises ``InputError("not-found")``."""
    async with changing(connection, author, "extension", number) as change:
        change.before = found(await one(connection, number), "extension", number)
        await connection.execute("DELETE FROM extensions WHERE number = %s", (number,))


async def _rows(connection: AsyncConnection, number: str | None) -> tuple[Extension, ...]:
    async with connection.cursor(row_factory=class_row(Extension)) as cursor:
        await cursor.execute(
            "SELECT number, name, secret FROM extensions"
            " WHERE %(number)s::text IS NULL OR number = %(number)s ORDER BY number",
            {"number": number},
        )
        return tuple(await cursor.fetchall())
