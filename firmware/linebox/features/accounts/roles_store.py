"""Roles in the database: the owner's, and what is demanded of the built-in ones."""

from __future__ import annotations

from typing import Final, LiteralString

from psycopg import AsyncConnection

from linebox.base.roles import Role
from linebox.features.accounts.model import MadeRole, RoleRules
from linebox.store.refusals import refusals

_SELECT: Final[LiteralString] = (
    "SELECT id, name_zh, name_en, base, rights, second_factor FROM roles"
)


def _role(row: tuple[object, ...]) -> MadeRole:
    id_, zh, en, base, rights, second_factor = row
    assert isinstance(id_, int)
    assert isinstance(rights, list)
    return MadeRole(
        id=id_,
        name_zh=str(zh),
        name_en=str(en),
        base=Role(str(base)),
        rights=frozenset(rights),
        second_factor=bool(second_factor),
    )


async def rules(connection: AsyncConnection) -> RoleRules:
    """All of it."""
    cursor = await connection.execute(_SELECT + " ORDER BY id")
    made = tuple(_role(row) for row in await cursor.fetchall())
    cursor = await connection.execute("SELECT role FROM built_in_roles WHERE second_factor")
    return RoleRules(
        made=made, second_factor=frozenset(Role(role) for (role,) in await cursor.fetchall())
    )


async def one(connection: AsyncConnection, id_: int, *, lock: bool = False) -> MadeRole | None:
    """The owner-made role with this id; ``lock``: nobody changes it until the transaction's end."""
    cursor = await connection.execute(
        _SELECT + " WHERE id = %s" + (" FOR UPDATE" if lock else ""), (id_,)
    )
    row = await cursor.fetchone()
    return None if row is None else _role(row)


async def people(connection: AsyncConnection) -> dict[str, int]:
    """How many accounts have a role, by ``administrator`` … or an owner-made one's id."""
    cursor = await connection.execute(
        "SELECT coalesce(made_role::text, role), count(*) FROM accounts GROUP BY 1"
    )
    return dict(await cursor.fetchall())


async def create(connection: AsyncConnection, role: MadeRole) -> int:
    """A new role's id. Raises ``InputError("already-exists")`` for a name that is taken."""
    with refusals("role", role.name_zh):
        cursor = await connection.execute(
            "INSERT INTO roles (name_zh, name_en, base, rights, second_factor)"
            " VALUES (%s, %s, %s, %s, %s) RETURNING id",
            (role.name_zh, role.name_en, role.base, sorted(role.rights), role.second_factor),
        )
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def replace(connection: AsyncConnection, role: MadeRole) -> None:
    """Its base stays. Raises ``InputError("already-exists")`` for a name that is taken."""
    with refusals("role", role.name_zh):
        await connection.execute(
            "UPDATE roles SET name_zh = %s, name_en = %s, rights = %s, second_factor = %s"
            " WHERE id = %s",
            (role.name_zh, role.name_en, sorted(role.rights), role.second_factor, role.id),
        )


async def delete(connection: AsyncConnection, id_: int) -> None:
    """Raises ``InputError("in-use")`` while somebody has it."""
    with refusals("role", str(id_)):
        await connection.execute("DELETE FROM roles WHERE id = %s", (id_,))


async def demand(connection: AsyncConnection, role: Role, *, second_factor: bool) -> None:
    """Of who has the built-in role: a second factor at log-in."""
    await connection.execute(
        "UPDATE built_in_roles SET second_factor = %s WHERE role = %s", (second_factor, role)
    )
