"""Menus in the database."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from linebox.features.ivr.model import Menu, Option
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found, new_id
from linebox.model.destinations import Destination, Kind


async def read(connection: AsyncConnection) -> tuple[Menu, ...]:
    """All menus, by id; their options by key."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, id_: int) -> Menu | None:
    """The menu with this id."""
    return next(iter(await _rows(connection, id_)), None)


async def save(connection: AsyncConnection, author: Author, menu: Menu) -> int:
    """Make it (``id`` 0) or change it, options and all; returns its id. Raises as ``changing``, and
    ``not-found``."""
    async with changing(connection, author, "menu", menu.id or menu.name) as change:
        values = {
            "id": menu.id,
            "name": menu.name,
            "prompt_id": menu.prompt_id,
            "timeout_s": menu.timeout_s,
            "tries": menu.tries,
            "fallback_kind": menu.fallback.kind,
            "fallback_id": menu.fallback.target,
        }
        if menu.id:
            change.before = found(await one(connection, menu.id), "menu", menu.id)
            await connection.execute(
                "UPDATE menus SET name = %(name)s, prompt_id = %(prompt_id)s,"
                " timeout_s = %(timeout_s)s, tries = %(tries)s, fallback_kind = %(fallback_kind)s,"
                " fallback_id = %(fallback_id)s WHERE id = %(id)s",
                values,
            )
            id_ = menu.id
        else:
            id_ = await new_id(
                connection,
                "INSERT INTO menus (name, prompt_id, timeout_s, tries, fallback_kind, fallback_id)"
                " VALUES (%(name)s, %(prompt_id)s, %(timeout_s)s, %(tries)s, %(fallback_kind)s,"
                " %(fallback_id)s) RETURNING id",
                values,
            )
        await connection.execute("DELETE FROM menu_options WHERE menu_id = %s", (id_,))
        for option in menu.options:
            await connection.execute(
                "INSERT INTO menu_options (menu_id, key, kind, target) VALUES (%s, %s, %s, %s)",
                (id_, option.key, option.destination.kind, option.destination.target),
            )
        change.key, change.after = str(id_), await one(connection, id_)
    return id_


async def delete(connection: AsyncConnection, author: Author, id_: int) -> None:
    """Raises ``InputError("not-found")``. What still leads to it is found at the apply."""
    async with changing(connection, author, "menu", id_) as change:
        change.before = found(await one(connection, id_), "menu", id_)
        await connection.execute("DELETE FROM menus WHERE id = %s", (id_,))


async def _rows(connection: AsyncConnection, id_: int | None) -> tuple[Menu, ...]:
    keys = {"id": id_}
    options: dict[int, list[Option]] = {}
    cursor = await connection.execute(
        "SELECT menu_id, key, kind, target FROM menu_options"
        ' WHERE %(id)s::integer IS NULL OR menu_id = %(id)s ORDER BY menu_id, key COLLATE "C"',
        keys,
    )
    for menu_id, key, kind, target in await cursor.fetchall():
        option = Option(key=key, destination=Destination(kind=Kind(kind), target=target))
        options.setdefault(menu_id, []).append(option)
    async with connection.cursor(row_factory=dict_row) as menus:
        await menus.execute(
            "SELECT id, name, prompt_id, timeout_s, tries, fallback_kind, fallback_id FROM menus"
            " WHERE %(id)s::integer IS NULL OR id = %(id)s ORDER BY id",
            keys,
        )
        return tuple(
            Menu(
                id=row["id"],
                name=row["name"],
                prompt_id=row["prompt_id"],
                timeout_s=row["timeout_s"],
                tries=row["tries"],
                fallback=Destination(kind=Kind(row["fallback_kind"]), target=row["fallback_id"]),
                options=tuple(options.get(row["id"], ())),
            )
            for row in await menus.fetchall()
        )
