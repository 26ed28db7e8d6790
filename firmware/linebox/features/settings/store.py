"""The company's row and the log of settings."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import class_row

from linebox.base.errors import InputError
from linebox.features.settings.model import Author, Company, Logged
from linebox.features.settings.service import changing

_COMPANY = "SELECT name_zh, name_en, time_zone, language, version FROM company"


async def company(connection: AsyncConnection) -> Company:
    """Raises ``InputError("no-company")`` before there is one."""
    async with connection.cursor(row_factory=class_row(Company)) as cursor:
        found = await (await cursor.execute(_COMPANY)).fetchone()
    if found is None:
        raise InputError("no-company")
    return found


async def save(connection: AsyncConnection, author: Author, new: Company) -> None:
    """Change names, time zone, language; ``new.version`` is not looked at."""
    async with changing(connection, author, "company") as change:
        change.before = await company(connection)
        await connection.execute(
            "UPDATE company SET name_zh = %s, name_en = %s, time_zone = %s, language = %s",
            (new.name_zh, new.name_en, new.time_zone, new.language),
        )
        change.after = new


async def log(connection: AsyncConnection, *, before_id: int | None, limit: int) -> list[Logged]:
    """The newest changes, those before ``before_id`` if given."""
    async with connection.cursor(row_factory=class_row(Logged)) as cursor:
        await cursor.execute(
            "SELECT id, at, made_by, from_address, what, key, before, after FROM settings_log"
            " WHERE %(before)s::bigint IS NULL OR id < %(before)s ORDER BY id DESC LIMIT %(limit)s",
            {"before": before_id, "limit": limit},
        )
        return await cursor.fetchall()
