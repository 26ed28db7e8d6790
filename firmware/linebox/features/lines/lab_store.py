"""Tests of lines in the database (TEL-10, TEL-12): the last ones of each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from linebox.base.shapes import Count, Length, parse, render
from linebox.hw.lab_job import LabJob, LabKind, LabStep, LineTold

#: So many of each line are kept.
_KEPT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTest:
    """``taken_at``: when what was learnt went into the line's settings; None: it didn't."""

    id: int
    at: datetime
    kind: LabKind
    number: str
    made_by: str
    told: LineTold
    taken_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTests:
    items: Annotated[tuple[KeptTest, ...], Count(0, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLine:
    """What a test needs of a line's settings. ``id``: of its row in ``ports``."""

    id: int
    number: Annotated[str, Length(0, 20)]


async def file(connection: AsyncConnection, job: LabJob) -> None:
    """A test that is over, once however often; older ones of its lines go."""
    if job.step is not LabStep.DONE:
        return
    for told in job.results:
        await connection.execute(
            "INSERT INTO line_tests (at, kind, key, number, made_by, told)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (at, key) DO NOTHING",
            (job.at, job.kind, told.key, job.number, job.by, Jsonb(render(told))),
        )
        await connection.execute(
            "DELETE FROM line_tests WHERE key = %(key)s AND id <="
            " (SELECT id FROM line_tests WHERE key = %(key)s ORDER BY id DESC"
            " OFFSET %(kept)s LIMIT 1)",
            {"key": told.key, "kept": _KEPT},
        )


async def of_line(connection: AsyncConnection, keys: Sequence[str], limit: int) -> KeptTests:
    """The newest first."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT id, at, kind, number, made_by, told, taken_at FROM line_tests"
            " WHERE key = ANY(%s) ORDER BY id DESC LIMIT %s",
            (list(keys), limit),
        )
        rows = await cursor.fetchall()
    return KeptTests(items=tuple(_kept(row) for row in rows))


async def one(connection: AsyncConnection, id_: int) -> KeptTest | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT id, at, kind, number, made_by, told, taken_at FROM line_tests WHERE id = %s",
            (id_,),
        )
        row = await cursor.fetchone()
    return None if row is None else _kept(row)


async def took(connection: AsyncConnection, id_: int) -> None:
    await connection.execute("UPDATE line_tests SET taken_at = now() WHERE id = %s", (id_,))


async def line_of(connection: AsyncConnection, key: str) -> OwnLine | None:
    """By boardd's key; None for a port that isn't filed."""
    cursor = await connection.execute(
        "SELECT p.id, p.number FROM ports p JOIN spans s ON s.id = p.span_id"
        " JOIN cards c ON c.id = s.card_id"
        " WHERE c.key || '/' || s.position || '/' || p.position = %s",
        (key,),
    )
    row = await cursor.fetchone()
    return None if row is None else OwnLine(id=row[0], number=row[1])


async def key_of(connection: AsyncConnection, line: int) -> str | None:
    """boardd's key of a line by the number that people call it."""
    cursor = await connection.execute(
        "SELECT c.key || '/' || s.position || '/' || p.position FROM ports p"
        " JOIN spans s ON s.id = p.span_id JOIN cards c ON c.id = s.card_id WHERE p.line = %s",
        (line,),
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


def _kept(row: dict[str, object]) -> KeptTest:
    told = parse(LineTold, row["told"])
    return KeptTest(**{**row, "told": told, "kind": LabKind(str(row["kind"]))})  # type: ignore[arg-type]
