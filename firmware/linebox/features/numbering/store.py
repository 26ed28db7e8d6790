"""The box's own numbers, and callers' lists, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from linebox.features.numbering.model import Did, ListedNumber, NumberList
from linebox.features.settings.model import Author
from linebox.features.settings.service import Change, changing, found, logged
from linebox.model.destinations import Destination, Kind
from linebox.model.languages import Language
from linebox.store.refusals import refusals


async def dids(connection: AsyncConnection) -> tuple[Did, ...]:
    """All the box's numbers, sorted."""
    return await _dids(connection, None)


async def did(connection: AsyncConnection, number: str) -> Did | None:
    """The box's number, and what its callers meet."""
    return next(iter(await _dids(connection, number)), None)


async def save_did(connection: AsyncConnection, author: Author, new: Did) -> None:
    """Make or change it. Raises as ``changing``."""
    async with changing(connection, author, "did", new.number) as change:
        change.before = await did(connection, new.number)
        await connection.execute(
            "INSERT INTO dids (number, name, language, calendar_id, greeting_id, kind, target,"
            " mailbox) VALUES (%(number)s, %(name)s, %(language)s, %(calendar_id)s,"
            " %(greeting_id)s, %(kind)s, %(target)s, %(mailbox)s)"
            " ON CONFLICT (number) DO UPDATE SET name = %(name)s,"
            " language = %(language)s, calendar_id = %(calendar_id)s,"
            " greeting_id = %(greeting_id)s, kind = %(kind)s, target = %(target)s,"
            " mailbox = %(mailbox)s",
            {
                "number": new.number,
                "name": new.name,
                "language": new.language,
                "calendar_id": new.calendar_id,
                "greeting_id": new.greeting_id,
                "kind": new.destination.kind,
                "target": new.destination.target,
                "mailbox": new.mailbox,
            },
        )
        change.after = new


async def delete_did(connection: AsyncConnection, author: Author, number: str) -> None:
    """Raises ``InputError("not-found")``."""
    async with changing(connection, author, "did", number) as change:
        change.before = found(await did(connection, number), "did", number)
        await connection.execute("DELETE FROM dids WHERE number = %s", (number,))


async def listed(connection: AsyncConnection) -> tuple[ListedNumber, ...]:
    """All listed numbers, sorted; also those whose time is over."""
    return await _listed(connection, None)


async def listed_one(connection: AsyncConnection, number: str) -> ListedNumber | None:
    """What is known of a caller's number."""
    return next(iter(await _listed(connection, number)), None)


async def save_listed(connection: AsyncConnection, author: Author, new: ListedNumber) -> None:
    """Put a number on a list; it is on one only. Raises as ``changing``."""
    async with changing(connection, author, "number", new.number) as change:
        change.before = await listed_one(connection, new.number)
        await connection.execute(
            "INSERT INTO number_lists (number, list, level, note, until)"
            " VALUES (%(number)s, %(list)s, %(level)s, %(note)s, %(until)s)"
            " ON CONFLICT (number) DO UPDATE SET list = %(list)s, level = %(level)s,"
            " note = %(note)s, until = %(until)s",
            {
                "number": new.number,
                "list": new.list,
                "level": new.level,
                "note": new.note,
                "until": new.until,
            },
        )
        change.after = new


async def delete_listed(connection: AsyncConnection, author: Author, number: str) -> None:
    """Raises ``InputError("not-found")``."""
    async with changing(connection, author, "number", number) as change:
        change.before = found(await listed_one(connection, number), "number", number)
        await connection.execute("DELETE FROM number_lists WHERE number = %s", (number,))


async def save_many(
    connection: AsyncConnection, author: Author, new: Sequence[ListedNumber]
) -> None:
    """Put thousands of numbers on lists in a few statements; what changes nothing isn't logged.
    The caller holds the settings' lock."""
    known = {one.number: one for one in await listed(connection)}
    changed = [one for one in new if known.get(one.number) != one]
    if not changed:
        return
    with refusals("number"):
        await connection.execute(
            "INSERT INTO number_lists (number, list, level, note, until)"
            " SELECT * FROM"
            " unnest(%s::text[], %s::text[], %s::int[], %s::text[], %s::timestamptz[])"
            " ON CONFLICT (number) DO UPDATE SET list = excluded.list, level = excluded.level,"
            " note = excluded.note, until = excluded.until",
            (
                [one.number for one in changed],
                [one.list.value for one in changed],
                [one.level for one in changed],
                [one.note for one in changed],
                [one.until for one in changed],
            ),
        )
        changes = [Change(one.number, known.get(one.number), one) for one in changed]
        await logged(connection, author, "number", changes)


async def delete_many(connection: AsyncConnection, author: Author, numbers: Sequence[str]) -> None:
    """Take thousands of numbers off. The caller holds the settings' lock."""
    known = {one.number: one for one in await listed(connection)}
    changes = [Change(number, known[number]) for number in numbers if number in known]
    if not changes:
        return
    with refusals("number"):
        await connection.execute(
            "DELETE FROM number_lists WHERE number = ANY(%s)", (list(numbers),)
        )
        await logged(connection, author, "number", changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the listed numbers; ``total``: how many match in all."""

    items: tuple[ListedNumber, ...]
    total: int


async def page(
    connection: AsyncConnection,
    *,
    text: str = "",
    kind: NumberList | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Listed numbers after the number ``after``, sorted; those with ``text`` in number or note."""
    cursor = await connection.execute(
        "WITH matching AS MATERIALIZED ("
        "  SELECT number, list, level, note, until FROM number_lists"
        "  WHERE (%(text)s = '' OR strpos(number, %(text)s) > 0"
        "   OR strpos(lower(note), lower(%(text)s)) > 0)"
        "  AND (%(kind)s::text IS NULL OR list = %(kind)s)"
        ") SELECT total, number, list, level, note, until"
        " FROM (SELECT count(*) AS total FROM matching) counted LEFT JOIN LATERAL ("
        "  SELECT number, list, level, note, until FROM matching"
        '  WHERE %(after)s::text IS NULL OR number COLLATE "C" > %(after)s'
        '  ORDER BY number COLLATE "C" LIMIT %(limit)s'
        ") shown ON true",
        {"text": text, "kind": kind, "after": after, "limit": limit},
    )
    rows = await cursor.fetchall()
    return Page(
        items=tuple(
            ListedNumber(number=number, list=NumberList(list_), level=level, note=note, until=until)
            for _, number, list_, level, note, until in rows
            if number is not None
        ),
        total=int(rows[0][0]),
    )


async def _dids(connection: AsyncConnection, number: str | None) -> tuple[Did, ...]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT number, name, language, calendar_id, greeting_id, kind, target, mailbox"
            " FROM dids WHERE %(number)s::text IS NULL OR number = %(number)s ORDER BY number",
            {"number": number},
        )
        return tuple(
            Did(
                number=row["number"],
                name=row["name"],
                language=Language(row["language"]),
                calendar_id=row["calendar_id"],
                greeting_id=row["greeting_id"],
                destination=Destination(kind=Kind(row["kind"]), target=row["target"]),
                mailbox=row["mailbox"],
            )
            for row in await cursor.fetchall()
        )


async def _listed(connection: AsyncConnection, number: str | None) -> tuple[ListedNumber, ...]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT number, list, level, note, until FROM number_lists"
            ' WHERE %(number)s::text IS NULL OR number = %(number)s ORDER BY number COLLATE "C"',
            {"number": number},
        )
        return tuple(
            ListedNumber(
                number=row["number"],
                list=NumberList(row["list"]),
                level=row["level"],
                note=row["note"],
                until=row["until"],
            )
            for row in await cursor.fetchall()
        )
