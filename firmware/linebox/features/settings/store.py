"""The company's row and the log of settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from psycopg import AsyncConnection
from psycopg.rows import class_row

from linebox.base.errors import InputError
from linebox.features.settings.model import Author, Company, LoggedChange
from linebox.features.settings.service import changing
from linebox.model.languages import Language

_COMPANY = "SELECT name_zh, name_en, time_zone, language FROM company"


async def company(connection: AsyncConnection) -> Company:
    """Raises ``InputError("no-company")`` before there is one."""
    async with connection.cursor(row_factory=class_row(Company)) as cursor:
        found = await (await cursor.execute(_COMPANY)).fetchone()
    if found is None:
        raise InputError("no-company")
    return replace(found, language=Language(found.language))


async def version(connection: AsyncConnection) -> int:
    """It grows by one with each saved change of any setting. Raises as ``company``."""
    row = await (await connection.execute("SELECT version FROM company")).fetchone()
    if row is None:
        raise InputError("no-company")
    return int(row[0])


async def save(connection: AsyncConnection, author: Author, new: Company) -> None:
    """Change names, time zone, language."""
    async with changing(connection, author, "company", "company") as change:
        change.before = await company(connection)
        await connection.execute(
            "UPDATE company SET name_zh = %s, name_en = %s, time_zone = %s, language = %s",
            (new.name_zh, new.name_en, new.time_zone, new.language),
        )
        change.after = new


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries of the log; None: all. ``before``: with a smaller id."""

    before: int | None = None
    what: str | None = None
    key: str | None = None
    by: str | None = None
    act: int | None = None


async def log(connection: AsyncConnection, wanted: Wanted, *, limit: int) -> list[LoggedChange]:
    """The newest entries of those ``wanted``."""
    async with connection.cursor(row_factory=class_row(LoggedChange)) as cursor:
        await cursor.execute(
            "SELECT id, act, at, made_by, from_address, what, key, before, after FROM settings_log"
            " WHERE (%(before)s::bigint IS NULL OR id < %(before)s)"
            " AND (%(what)s::text IS NULL OR what = %(what)s)"
            " AND (%(key)s::text IS NULL OR key = %(key)s)"
            " AND (%(by)s::text IS NULL OR made_by = %(by)s)"
            " AND (%(act)s::bigint IS NULL OR act = %(act)s)"
            " ORDER BY id DESC LIMIT %(limit)s",
            {**asdict(wanted), "limit": limit},
        )
        return await cursor.fetchall()


async def unapplied(
    connection: AsyncConnection, *, limit: int
) -> tuple[int, tuple[LoggedChange, ...]]:
    """How many changes were saved that what runs doesn't have yet, and the oldest of them."""
    row = await connection.execute(
        "SELECT coalesce(max(settings), 0) FROM generations WHERE state = 'current'"
    )
    (runs,) = await row.fetchone() or (0,)
    async with connection.cursor(row_factory=class_row(LoggedChange)) as cursor:
        await cursor.execute(
            "SELECT id, act, at, made_by, from_address, what, key, before, after FROM settings_log"
            " WHERE version > %s ORDER BY id LIMIT %s",
            (runs, limit),
        )
        items = tuple(await cursor.fetchall())
    row = await connection.execute("SELECT count(*) FROM settings_log WHERE version > %s", (runs,))
    (count,) = await row.fetchone() or (0,)
    return int(count), items


async def kinds(connection: AsyncConnection, log: Sequence[int], act: int | None) -> frozenset[str]:
    """The kinds of setting that these entries of the log, or all of that act, changed."""
    cursor = await connection.execute(
        "SELECT DISTINCT what FROM settings_log WHERE id = ANY(%s) OR act = %s", (list(log), act)
    )
    return frozenset(what for (what,) in await cursor.fetchall())
