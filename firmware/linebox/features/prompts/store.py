"""Prompts in the database."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import class_row

from linebox.features.prompts.model import Prompt
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found, new_id


async def read(connection: AsyncConnection) -> tuple[Prompt, ...]:
    """All prompts, by id."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, id_: int) -> Prompt | None:
    """The prompt with this id."""
    return next(iter(await _rows(connection, id_)), None)


async def save(connection: AsyncConnection, author: Author, prompt: Prompt) -> int:
    """Make it (``id`` 0) or change it; returns its id.

    Raises as ``changing``, and ``not-found``.

    What it says is spoken when the settings are applied, not here.
    """
    async with changing(connection, author, "prompt", prompt.id or prompt.name) as change:
        values = {
            "id": prompt.id,
            "name": prompt.name,
            "text_zh": prompt.text_zh,
            "text_en": prompt.text_en,
            "voice_zh": prompt.voice_zh,
            "voice_en": prompt.voice_en,
            "speed": prompt.speed,
            "builtin": prompt.builtin,
            "file_zh": prompt.file_zh,
            "file_en": prompt.file_en,
        }
        if prompt.id:
            change.before = found(await one(connection, prompt.id), "prompt", prompt.id)
            await connection.execute(
                "UPDATE prompts SET name = %(name)s, text_zh = %(text_zh)s, text_en = %(text_en)s,"
                " voice_zh = %(voice_zh)s, voice_en = %(voice_en)s, speed = %(speed)s,"
                " builtin = %(builtin)s, file_zh = %(file_zh)s,"
                " file_en = %(file_en)s WHERE id = %(id)s",
                values,
            )
            id_ = prompt.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO prompts (name, text_zh, text_en, voice_zh, voice_en, speed, builtin,"
                " file_zh, file_en)"
                " VALUES (%(name)s, %(text_zh)s, %(text_en)s, %(voice_zh)s, %(voice_en)s,"
                " %(speed)s, %(builtin)s, %(file_zh)s, %(file_en)s) RETURNING id",
                values,
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError`` ``not-found``, or ``in-use`` while a menu or number plays it."""
    async with changing(connection, author, "prompt", id_) as change:
        change.before = found(await one(connection, id_), "prompt", id_)
        await connection.execute("DELETE FROM prompts WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Prompt, ...]:
    async with connection.cursor(row_factory=class_row(Prompt)) as cursor:
        await cursor.execute(
            "SELECT id, name, text_zh, text_en, voice_zh, voice_en, speed, builtin,"
            " file_zh, file_en FROM prompts"
            " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
            {"id": id_},
        )
        return tuple(await cursor.fetchall())
