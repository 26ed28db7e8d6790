"""The one way to save a setting: refusals told, the change counted and logged without secrets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import LiteralString

from psycopg import AsyncConnection
from psycopg.abc import Params
from psycopg.types.json import Jsonb

from linebox.base.errors import InputError
from linebox.features.settings.model import Author
from linebox.store.refusals import refusals


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
            yield change
            before, after = plain(change.before), plain(change.after)
            if change.before != change.after:
                await connection.execute("UPDATE company SET version = version + 1")
                await connection.execute(
                    "INSERT INTO settings_log (made_by, from_address, what, key, before, after)"
                    " VALUES (%s, %s, %s, %s, %s, %s)",
                    (author.name, author.address, what, change.key, _json(before), _json(after)),
                )


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


def _json(item: object) -> Jsonb | None:
    return None if item is None else Jsonb(item, dumps=lambda value: json.dumps(value, default=str))
