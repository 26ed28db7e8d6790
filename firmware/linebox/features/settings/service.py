"""The one way to save a setting: refusals told, the change counted and logged without secrets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import AsyncConnection, sql
from psycopg.abc import Params
from psycopg.types.json import Jsonb

from linebox.base.errors import InputError
from linebox.features.settings.model import Author
from linebox.store.refusals import refusals

#: Rows that go with a setting when it is deleted: table and the column that names it.
TAKEN_ALONG: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "group": (("group_agents", "group_id"), ("board_settings", "group_id")),
    "agent": (("accounts", "agent"),),
}


@dataclass(slots=True)
class Change:
    """What a store tells while it saves: the thing's key, and the thing itself before and after."""

    key: str = ""
    before: object = None
    after: object = None


@asynccontextmanager
async def changing(
    connection: AsyncConnection, author: Author, what: str, key: object = ""
) -> AsyncIterator[Change]:
    """Save a ``what`` (``"group"``) in a transaction of its own, or inside the caller's.

    Writers wait for each other, so ``before`` is true. A change that changes nothing isn't logged.
    Raises what ``store.refusals`` raises, ``InputError("no-company")`` without a company.
    """
    change = Change(key=str(key))
    with refusals(what, str(key)):
        async with connection.transaction():
            row = await connection.execute("SELECT version FROM company FOR UPDATE")
            if await row.fetchone() is None:
                raise InputError("no-company")
            along = await _along(connection, what, str(key))
            yield change
            if change.before != change.after:
                await logged(connection, author, what, [change], along)


async def logged(
    connection: AsyncConnection,
    author: Author,
    what: str,
    changes: Sequence[Change],
    along: Mapping[str, object] | None = None,
) -> None:
    """Count and log changes that were saved in this transaction. ``along``: what went with one
    that was deleted, table → rows."""
    rows = [
        {
            "key": one.key,
            "before": plain(one.before),
            "after": plain(one.after),
            "hidden": {
                "before": secrets_of(one.before),
                "after": secrets_of(one.after),
                "along": along if one.after is None else None,
            },
        }
        for one in changes
    ]
    await connection.execute(
        "WITH counted AS ("
        "  UPDATE company SET version = version + %(count)s RETURNING version - %(count)s AS first"
        ") INSERT INTO settings_log"
        " (made_by, from_address, what, key, before, after, hidden, version)"
        " SELECT %(by)s, %(address)s, %(what)s, row->>'key', nullif(row->'before', 'null'),"
        "  nullif(row->'after', 'null'), row->'hidden', first + place"
        " FROM counted, jsonb_array_elements(%(rows)s) WITH ORDINALITY AS all_rows(row, place)"
        " ORDER BY place",
        {
            "count": len(rows),
            "by": author.name,
            "address": author.address,
            "what": what,
            "rows": Jsonb(rows, dumps=lambda value: json.dumps(value, default=str)),
        },
    )


async def _along(
    connection: AsyncConnection, what: str, key: str
) -> dict[str, list[dict[str, object]]]:
    """Rows that go with it if it is deleted now; table → rows."""
    found: dict[str, list[dict[str, object]]] = {}
    for table, column in TAKEN_ALONG.get(what, ()):
        query = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE {}::text = %s").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        found[table] = [
            row for (row,) in await (await connection.execute(query, (key,))).fetchall()
        ]
    return found


def found[T](item: T | None, what: str, key: object) -> T:
    """``item``; raises ``InputError("not-found")`` when there is none."""
    if item is None:
        raise InputError("not-found", what=what, key=str(key))
    return item


async def new_id(connection: AsyncConnection, insert: LiteralString, values: Params) -> int:
    """Run an ``INSERT … RETURNING id``."""
    row = await (await connection.execute(insert, values)).fetchone()
    assert row is not None  # RETURNING gives a row or raises
    return int(row[0])


def plain(item: object) -> object:
    """A thing as JSON; of dataclasses without the fields that their repr hides (secrets)."""
    if dataclasses.is_dataclass(item):
        return {
            field.name: plain(getattr(item, field.name))
            for field in dataclasses.fields(item)
            if field.repr
        }
    if isinstance(item, Mapping):
        return {str(key): plain(value) for key, value in item.items()}
    if isinstance(item, Sequence) and not isinstance(item, str):
        return [plain(value) for value in item]
    return item


def secrets_of(item: object) -> dict[str, object] | None:
    """The fields that ``plain`` leaves out; None when there is none."""
    if not dataclasses.is_dataclass(item):
        return None
    hidden = [field.name for field in dataclasses.fields(item) if not field.repr]
    return {name: plain(getattr(item, name)) for name in hidden} or None
