"""Cards in the database: one card, its numbers, the fields that the business defines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from linebox.base.errors import InputError
from linebox.features.customers.model import Card, Customer, FieldDefinition, FieldKind
from linebox.features.settings.service import found, new_id
from linebox.store.refusals import refusals

_ROW: Final = (
    "SELECT c.id, c.name, c.company, c.level, c.note, c.fields, c.owner, a.name AS owner_name,"
    " c.version, c.made_at, c.made_by, c.updated_at, c.updated_by,"
    " ARRAY(SELECT number FROM customer_numbers WHERE customer_id = c.id ORDER BY place) AS numbers"
    " FROM customers c LEFT JOIN agents a ON a.number = c.owner"
)


def customer(row: DictRow) -> Customer:
    """A row of ``_ROW``."""
    return Customer(
        id=row["id"],
        card=Card(
            name=row["name"],
            company=row["company"],
            level=row["level"],
            note=row["note"],
            owner=row["owner"],
            numbers=tuple(row["numbers"]),
            fields=row["fields"],
        ),
        owner_name=row["owner_name"],
        version=row["version"],
        made_at=row["made_at"],
        made_by=row["made_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
    )


async def one(connection: AsyncConnection, id_: int) -> Customer | None:
    """The card with this id."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_ROW + " WHERE c.id = %s", (id_,))
        row = await cursor.fetchone()
    return customer(row) if row else None


async def many(connection: AsyncConnection, ids: Sequence[int]) -> list[Customer]:
    """The cards with these ids, in this order."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            _ROW
            + " JOIN unnest(%s::integer[]) WITH ORDINALITY AS wanted (id, n) ON wanted.id = c.id"
            " ORDER BY wanted.n",
            (list(ids),),
        )
        return [customer(row) for row in await cursor.fetchall()]


async def locked(connection: AsyncConnection, id_: int) -> Customer:
    """The card, which nobody else changes until the end. Raises ``InputError("not-found")``."""
    with refusals("customer", str(id_)):
        await connection.execute("SELECT 1 FROM customers WHERE id = %s FOR UPDATE", (id_,))
    return found(await one(connection, id_), "customer", id_)


async def create(connection: AsyncConnection, author: str, card: Card) -> int:
    """A new card's id. Raises ``number-on-card`` and as ``store.refusals``."""
    with refusals("customer", card.name):
        id_ = await new_id(
            connection,
            "INSERT INTO customers (name, company, level, note, fields, owner, made_by, updated_by)"
            " VALUES (%(name)s, %(company)s, %(level)s, %(note)s, %(fields)s, %(owner)s,"
            " %(author)s, %(author)s) RETURNING id",
            _values(card, author),
        )
        await _keep_numbers(connection, id_, card.numbers)
    return id_


async def replace(connection: AsyncConnection, author: str, id_: int, card: Card) -> None:
    """The card as it now is. Raises ``number-on-card`` and as ``store.refusals``."""
    with refusals("customer", str(id_)):
        await connection.execute(
            "UPDATE customers SET name = %(name)s, company = %(company)s, level = %(level)s,"
            " note = %(note)s, fields = %(fields)s, owner = %(owner)s, version = version + 1,"
            " updated_at = now(), updated_by = %(author)s WHERE id = %(id)s",
            {**_values(card, author), "id": id_},
        )
        await connection.execute("DELETE FROM customer_numbers WHERE customer_id = %s", (id_,))
        await _keep_numbers(connection, id_, card.numbers)


async def delete(connection: AsyncConnection, id_: int) -> None:
    """The card and its numbers go; calls and service records stay."""
    with refusals("customer", str(id_)):
        await connection.execute("DELETE FROM customers WHERE id = %s", (id_,))


async def cards_of(
    connection: AsyncConnection, numbers: Iterable[str]
) -> dict[str, tuple[int, str]]:
    """Which card has a number: number → the card's id and name."""
    cursor = await connection.execute(
        "SELECT n.number, c.id, c.name FROM customer_numbers n"
        " JOIN customers c ON c.id = n.customer_id WHERE n.number = ANY(%s)",
        (list(numbers),),
    )
    return {number: (id_, name) for number, id_, name in await cursor.fetchall()}


async def worked_with(connection: AsyncConnection, agent: str) -> frozenset[str]:
    """The plain numbers that this agent talks with now, or did within a quarter of an hour."""
    cursor = await connection.execute(
        "SELECT DISTINCT card_number(CASE direction WHEN 'out' THEN did ELSE from_number END)"
        " FROM calls WHERE agent = %s AND started_at > now() - interval '12 hours'"
        " AND (ended_at IS NULL OR ended_at > now() - interval '15 minutes')",
        (agent,),
    )
    return frozenset(number for (number,) in await cursor.fetchall())


async def definitions(connection: AsyncConnection) -> tuple[FieldDefinition, ...]:
    """The fields of the business's own, in their order."""
    cursor = await connection.execute(
        "SELECT key, name_zh, name_en, kind, choices, private FROM customer_fields"
        " ORDER BY place, key"
    )
    return tuple(
        FieldDefinition(
            key=key,
            name_zh=zh,
            name_en=en,
            kind=FieldKind(kind),
            choices=tuple(choices),
            private=private,
        )
        for key, zh, en, kind, choices, private in await cursor.fetchall()
    )


async def private_fields(connection: AsyncConnection) -> frozenset[str]:
    """Keys of the fields that are shown only with right ``customers.private``."""
    cursor = await connection.execute("SELECT key FROM customer_fields WHERE private")
    return frozenset(key for (key,) in await cursor.fetchall())


async def define(connection: AsyncConnection, wanted: Sequence[FieldDefinition]) -> None:
    """``wanted`` are all the fields from now on; those with an empty key are new.

    What cards hold in a field that is no more is taken away with it.
    """
    with refusals("customer-field"):
        await connection.execute("LOCK TABLE customer_fields IN SHARE ROW EXCLUSIVE MODE")
        keys = {one.key for one in wanted if one.key}
        gone = [one.key for one in await definitions(connection) if one.key not in keys]
        if gone:
            await connection.execute("DELETE FROM customer_fields WHERE key = ANY(%s)", (gone,))
            await connection.execute(
                "UPDATE customers SET fields = fields - %(gone)s::text[], version = version + 1"
                " WHERE fields ?| %(gone)s::text[]",
                {"gone": gone},
            )
        for place, field in enumerate(wanted):
            await connection.execute(
                "INSERT INTO customer_fields (key, place, name_zh, name_en, kind, choices, private)"
                " VALUES (coalesce(nullif(%(key)s, ''), 'f' || nextval('customer_field_keys')),"
                " %(place)s, %(zh)s, %(en)s, %(kind)s, %(choices)s, %(private)s)"
                " ON CONFLICT (key) DO UPDATE SET place = %(place)s, name_zh = %(zh)s,"
                " name_en = %(en)s, kind = %(kind)s, choices = %(choices)s, private = %(private)s",
                {
                    "key": field.key,
                    "place": place,
                    "zh": field.name_zh,
                    "en": field.name_en,
                    "kind": field.kind,
                    "choices": list(field.choices),
                    "private": field.private,
                },
            )


async def _keep_numbers(connection: AsyncConnection, id_: int, numbers: Sequence[str]) -> None:
    for number, (other, name) in (await cards_of(connection, numbers)).items():
        raise InputError("number-on-card", number=number, customer_id=other, name=name)
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO customer_numbers (number, customer_id, place) VALUES (%s, %s, %s)",
            [(number, id_, place) for place, number in enumerate(numbers)],
        )


def _values(card: Card, author: str) -> dict[str, object]:
    return {
        "name": card.name,
        "company": card.company,
        "level": card.level,
        "note": card.note,
        "fields": Jsonb(card.fields),
        "owner": card.owner,
        "author": author,
    }
