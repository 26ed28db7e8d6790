"""Cards as tables: rows taken in, some at a time, and all given out as CSV (CRM-1).

A page reads the file and sends its rows in parts, so no daemon ever holds a large file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from linebox.base.shapes import Problem
from linebox.features.customers import store
from linebox.features.customers.model import Card, FieldDefinition, plain
from linebox.features.customers.service import checked_fields, checked_numbers
from linebox.store.refusals import refusals

#: What a column can fill, beside the keys of the business's own fields.
COLUMNS: Final = ("name", "company", "numbers", "level", "note", "owner")
#: Heads of the exported columns.
_HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "zh": ("姓名", "单位", "电话", "VIP 等级", "备注", "归属坐席"),
    "en": ("Name", "Company", "Numbers", "VIP level", "Note", "Owner"),
}
_LENGTHS: Final = {"name": 100, "company": 100, "note": 2000}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that wasn't taken: its place in the batch and why. Fields are those of ``COLUMNS``."""

    place: int
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class Taken:
    """What became of a batch: new cards, changed ones, those that say it already, and bad rows."""

    made: int = 0
    changed: int = 0
    same: int = 0
    bad: list[BadRow] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """Cards as they are and will be, by place in ``cards``; which one has a number."""

    cards: list[Card]
    ids: list[int | None]
    touched: set[int]
    by_number: dict[str, int]


async def take(
    connection: AsyncConnection,
    author: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    dry: bool,
) -> Taken:
    """Take the rows in: one whose number is on a card changes that card, empty cells leave it as it
    was; others are new cards. ``dry``: only tell what would become of them.

    Raises as ``store.refusals``; then nothing of the batch is kept.
    """
    definitions = await store.definitions(connection)
    agents = {
        number
        for (number,) in await (await connection.execute("SELECT number FROM agents")).fetchall()
    }
    read = [_read(columns, row, definitions, agents) for row in rows]
    batch = await _known(connection, [number for card, _ in read for number in card.numbers])
    taken = Taken()
    for place, (card, problems) in enumerate(read):
        whose = {batch.by_number[number] for number in card.numbers if number in batch.by_number}
        if len(whose) > 1:
            first, second = (batch.cards[one].name for one in sorted(whose)[:2])
            fields = {"first": first, "second": second}
            problems.append(Problem("numbers", "numbers-of-two-cards", fields))
        if not whose and not card.name:
            problems.append(Problem("name", "missing", {}))
        if problems:
            taken.bad.append(BadRow(place=place, problems=tuple(problems)))
        else:
            _put(batch, taken, card, next(iter(whose), None))
    if not dry:
        await _save(connection, author, batch)
    return taken


def _read(
    columns: Sequence[str],
    row: Sequence[str],
    definitions: Sequence[FieldDefinition],
    agents: set[str],
) -> tuple[Card, list[Problem]]:
    """A row as a card, empty where its cells are, and what is wrong with it."""
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if name}
    problems = [
        Problem(name, "too-long", {"max": most})
        for name, most in _LENGTHS.items()
        if len(cells.get(name, "")) > most
    ]
    written = [one for one in re.split(r"[;；,，、/|\n]+", cells.get("numbers", "")) if one.strip()]
    numbers, wrong = checked_numbers(written, [plain(one) for one in written], "numbers")
    problems += [wrong_one._replace(field="numbers") for wrong_one in wrong]
    level = cells.get("level", "")
    if not re.fullmatch("[0-9]?", level):
        problems.append(Problem("level", "too-large", {"max": 9}))
        level = ""
    owner = cells.get("owner", "").split(" ")[0]
    if owner and owner not in agents:
        problems.append(Problem("owner", "no-such-reference", {}))
    own = {name: cell for name, cell in cells.items() if name not in COLUMNS}
    fields, wrong = checked_fields(definitions, own, {name: name for name in own})
    card = Card(
        name=cells.get("name", ""),
        company=cells.get("company", ""),
        level=int(level or 0),
        note=cells.get("note", ""),
        owner=owner or None,
        numbers=numbers,
        fields=fields,
    )
    return card, problems + wrong


async def _known(connection: AsyncConnection, numbers: Sequence[str]) -> _Batch:
    """The cards that have any of these numbers; nobody else changes them until the end."""
    cards = await store.cards_of(connection, numbers)
    ids = sorted({id_ for id_, _ in cards.values()})
    with refusals("customer"):
        await connection.execute(
            "SELECT 1 FROM customers WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (ids,)
        )
    found = await store.many(connection, ids)
    by_number = {number: n for n, one in enumerate(found) for number in one.card.numbers}
    return _Batch([one.card for one in found], [one.id for one in found], set(), by_number)


def _put(batch: _Batch, taken: Taken, given: Card, place: int | None) -> None:
    if place is None:
        place = len(batch.cards)
        batch.cards.append(given)
        batch.ids.append(None)
        batch.touched.add(place)
        taken.made += 1
    else:
        old = batch.cards[place]
        new = replace(
            old,
            name=given.name or old.name,
            company=given.company or old.company,
            level=given.level or old.level,
            note=given.note or old.note,
            owner=given.owner or old.owner,
            numbers=tuple(dict.fromkeys((*old.numbers, *given.numbers))),
            fields={**old.fields, **given.fields},
        )
        if new == old:
            taken.same += 1
        else:
            batch.cards[place] = new
            batch.touched.add(place)
            taken.changed += 1
    for number in batch.cards[place].numbers:
        batch.by_number[number] = place


async def _save(connection: AsyncConnection, author: str, batch: _Batch) -> None:
    new = [place for place in sorted(batch.touched) if batch.ids[place] is None]
    cursor = await connection.execute(
        "SELECT nextval(pg_get_serial_sequence('customers', 'id'))::integer"
        " FROM generate_series(1, %s)",
        (len(new),),
    )
    ids = dict(zip(new, (id_ for (id_,) in await cursor.fetchall()), strict=True))
    touched = {place: ids.get(place) or batch.ids[place] for place in sorted(batch.touched)}
    with refusals("customer"):
        async with connection.cursor() as write:
            await write.executemany(
                "INSERT INTO customers (id, name, company, level, note, fields, owner, made_by,"
                " updated_by) OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(name)s, %(company)s,"
                " %(level)s, %(note)s, %(fields)s, %(owner)s, %(author)s, %(author)s)"
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name, company = excluded.company,"
                " level = excluded.level, note = excluded.note, fields = excluded.fields,"
                " owner = excluded.owner, version = customers.version + 1, updated_at = now(),"
                " updated_by = excluded.updated_by",
                [
                    {
                        "id": id_,
                        "name": batch.cards[place].name,
                        "company": batch.cards[place].company,
                        "level": batch.cards[place].level,
                        "note": batch.cards[place].note,
                        "fields": Jsonb(batch.cards[place].fields),
                        "owner": batch.cards[place].owner,
                        "author": author,
                    }
                    for place, id_ in touched.items()
                ],
            )
            await write.executemany(
                "INSERT INTO customer_numbers (number, customer_id, place) VALUES (%s, %s, %s)"
                " ON CONFLICT (number) DO UPDATE SET place = excluded.place"
                " WHERE customer_numbers.customer_id = excluded.customer_id",
                [
                    (number, id_, n)
                    for place, id_ in touched.items()
                    for n, number in enumerate(batch.cards[place].numbers)
                ],
            )


async def give(
    connection: AsyncConnection, language: Literal["zh", "en"], *, private: bool = True
) -> bytes:
    """All cards as CSV in UTF-8 with a mark at its head, which Excel needs to read it right.
    ``private``: with the fields of right ``customers.private``.

    Numbers, and cells that a table program would take for a formula, have a tab before them, so
    that it leaves them as they are; ``take`` takes it away.
    """
    definitions = [one for one in await store.definitions(connection) if private or not one.private]
    heads = [*_HEADS[language], *(getattr(one, f"name_{language}") for one in definitions)]
    texts = [
        sql.SQL("c.name"),
        sql.SQL("c.company"),
        sql.SQL(
            "(SELECT chr(9) || string_agg(number, '; ' ORDER BY place)"
            " FROM customer_numbers WHERE customer_id = c.id)"
        ),
        sql.SQL("nullif(c.level, 0)::text"),
        sql.SQL("c.note"),
        sql.SQL("c.owner"),
        *(sql.SQL("(c.fields ->> {})").format(sql.Literal(one.key)) for one in definitions),
    ]
    columns = sql.SQL(", ").join(
        sql.SQL("CASE WHEN {0} ~ '^[=+@-]' THEN chr(9) ELSE '' END || {0} AS {1}").format(
            text, sql.Identifier(f"{n}")
        )
        for n, text in enumerate(texts)
    )
    out = bytearray("\ufeff".encode())
    out += (",".join(f'"{head.replace(chr(34), chr(34) * 2)}"' for head in heads) + "\n").encode()
    query = sql.SQL("COPY (SELECT {} FROM customers c ORDER BY c.id) TO STDOUT (FORMAT csv)")
    async with connection.cursor() as cursor, cursor.copy(query.format(columns)) as copy:
        async for part in copy:
            out += part
    return bytes(out)
