"""Service records and their categories in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from linebox.features.service.model import Category, Outcome, Record
from linebox.features.settings.service import new_id
from linebox.store.refusals import refusals

_RECORD: Final = (
    "SELECT r.call_id, r.category, r.outcome, r.note, r.draft, r.agent, a.name AS agent_name,"
    " r.saved_by, r.version, r.made_at, r.at"
    " FROM service_records r LEFT JOIN agents a ON a.number = r.agent WHERE r.call_id = %s"
)


async def one(connection: AsyncConnection, call_id: str, *, lock: bool = False) -> Record | None:
    """The call's record; ``lock``: nobody else writes it until the end."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_RECORD + " FOR UPDATE OF r" if lock else _RECORD, (call_id,))
        row = await cursor.fetchone()
    if row is None:
        return None
    outcome = row.pop("outcome")
    return Record(outcome=Outcome(outcome) if outcome else None, **row)


async def save(
    connection: AsyncConnection,
    call_id: str,
    *,
    category: int | None,
    outcome: Outcome | None,
    note: str,
    draft: bool,
    agent: str,
    saved_by: str,
) -> None:
    """The record as it now is; a finished one stays finished. Raises as ``store.refusals``."""
    with refusals("service-record", call_id):
        await connection.execute(
            "INSERT INTO service_records (call_id, category, outcome, note, draft, agent, saved_by)"
            " VALUES (%(call)s, %(category)s, %(outcome)s, %(note)s, %(draft)s, %(agent)s, %(by)s)"
            " ON CONFLICT (call_id) DO UPDATE SET category = excluded.category,"
            " outcome = excluded.outcome, note = excluded.note,"
            " draft = service_records.draft AND excluded.draft, agent = excluded.agent,"
            " saved_by = excluded.saved_by, version = service_records.version + 1, at = now()",
            {
                "call": call_id,
                "category": category,
                "outcome": outcome,
                "note": note,
                "draft": draft,
                "agent": agent,
                "by": saved_by,
            },
        )


async def is_theirs(connection: AsyncConnection, call_id: str, agent: str) -> bool:
    """Whether the agent may write of the call: one that goes on or isn't filed yet, or in which
    they had a part."""
    cursor = await connection.execute(
        "SELECT c.result = 'open' OR c.agent = %(agent)s OR EXISTS ("
        " SELECT FROM call_legs l WHERE l.call_id = c.id AND l.agent = %(agent)s)"
        " FROM calls c WHERE c.id = %(call)s",
        {"call": call_id, "agent": agent},
    )
    row = await cursor.fetchone()
    return row is None or bool(row[0])


async def categories(connection: AsyncConnection) -> tuple[Category, ...]:
    """The tree that may be chosen from, in its order."""
    cursor = await connection.execute(
        "SELECT id, parent, name_zh, name_en FROM service_categories"
        " WHERE NOT hidden ORDER BY place, id"
    )
    rows = await cursor.fetchall()
    return tuple(
        Category(
            id=head,
            name_zh=zh,
            name_en=en,
            children=tuple(
                Category(id=id_, name_zh=name_zh, name_en=name_en)
                for id_, parent, name_zh, name_en in rows
                if parent == head
            ),
        )
        for head, above, zh, en in rows
        if above is None
    )


async def is_known(connection: AsyncConnection, category: int) -> bool:
    """Whether there is such a category, hidden ones too: old records keep theirs."""
    cursor = await connection.execute("SELECT 1 FROM service_categories WHERE id = %s", (category,))
    return await cursor.fetchone() is not None


async def lock_categories(connection: AsyncConnection) -> None:
    """Nobody else changes the tree until the end."""
    with refusals("service-category"):
        await connection.execute("LOCK TABLE service_categories IN SHARE ROW EXCLUSIVE MODE")


async def arrange(connection: AsyncConnection, tree: Sequence[Category]) -> None:
    """``tree`` is what may be chosen from now on. What is left out goes; where a record has it, it
    is only hidden. Raises as ``store.refusals``."""
    with refusals("service-category"):
        kept: list[int] = []
        for place, head in enumerate(tree):
            id_ = await _keep(connection, head, None, place)
            kept.append(id_)
            for n, child in enumerate(head.children):
                kept.append(await _keep(connection, child, id_, n))
        await connection.execute(
            "UPDATE service_categories SET hidden = true WHERE NOT id = ANY(%s)", (kept,)
        )
        await connection.execute(
            "DELETE FROM service_categories c WHERE hidden"
            " AND NOT EXISTS (SELECT FROM service_records r WHERE r.category = c.id)"
            " AND NOT EXISTS (SELECT FROM service_categories k"
            " LEFT JOIN service_records r ON r.category = k.id"
            " WHERE k.parent = c.id AND (NOT k.hidden OR r.call_id IS NOT NULL))"
        )


async def _keep(
    connection: AsyncConnection, category: Category, parent: int | None, place: int
) -> int:
    values = {
        "id": category.id,
        "parent": parent,
        "place": place,
        "zh": category.name_zh,
        "en": category.name_en,
    }
    if not category.id:
        return await new_id(
            connection,
            "INSERT INTO service_categories (parent, place, name_zh, name_en)"
            " VALUES (%(parent)s, %(place)s, %(zh)s, %(en)s) RETURNING id",
            values,
        )
    await connection.execute(
        "UPDATE service_categories SET parent = %(parent)s, place = %(place)s, name_zh = %(zh)s,"
        " name_en = %(en)s, hidden = false WHERE id = %(id)s",
        values,
    )
    return category.id
