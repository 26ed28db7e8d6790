"""The owner's dictionary in the database, and prompts as it has them spoken (IVR-2)."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from linebox.features.prompts.defaults import SoundDefaults
from linebox.features.prompts.marks import has
from linebox.features.prompts.model import Prompt, Reading, Spoken
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found, new_id
from linebox.model.languages import Language


def spoken(prompt: Prompt, defaults: SoundDefaults, readings: Iterable[Reading]) -> Spoken:
    """The prompt as it is spoken now. Only a word that is in it makes it another sound."""

    def says(reading: Reading) -> bool:
        said = not prompt.builtin and not prompt.file(reading.lang)
        return said and has(prompt.text(reading.lang), reading.word)

    words = sorted(filter(says, readings), key=lambda one: (one.lang, one.word))
    return Spoken(
        id=prompt.id,
        name=prompt.name,
        text_zh=prompt.text_zh,
        text_en=prompt.text_en,
        voice_zh=prompt.voice_zh or defaults.voice_zh,
        voice_en=prompt.voice_en or defaults.voice_en,
        speed=prompt.speed or defaults.speed,
        builtin=prompt.builtin,
        file_zh=prompt.file_zh,
        file_en=prompt.file_en,
        words=tuple(words),
    )


async def read(connection: AsyncConnection) -> tuple[Reading, ...]:
    """All of them, by id."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, id_: int) -> Reading | None:
    """The reading with this id."""
    return next(iter(await _rows(connection, id_)), None)


async def save(connection: AsyncConnection, author: Author, reading: Reading) -> int:
    """Make it (``id`` 0) or change it; returns its id. Raises as ``changing``, and
    ``not-found``."""
    async with changing(connection, author, "reading", reading.id or reading.word) as change:
        values = {
            "id": reading.id,
            "lang": reading.lang,
            "word": reading.word,
            "reading": reading.reading,
        }
        if reading.id:
            change.before = found(await one(connection, reading.id), "reading", reading.id)
            await connection.execute(
                "UPDATE readings SET lang = %(lang)s, word = %(word)s, reading = %(reading)s"
                " WHERE id = %(id)s",
                values,
            )
            id_ = reading.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO readings (lang, word, reading)"
                " VALUES (%(lang)s, %(word)s, %(reading)s) RETURNING id",
                values,
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError("not-found")``."""
    async with changing(connection, author, "reading", id_) as change:
        change.before = found(await one(connection, id_), "reading", id_)
        await connection.execute("DELETE FROM readings WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Reading, ...]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT id, lang, word, reading FROM readings"
            " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
            {"id": id_},
        )
        return tuple(
            Reading(
                id=row["id"], lang=Language(row["lang"]), word=row["word"], reading=row["reading"]
            )
            for row in await cursor.fetchall()
        )
