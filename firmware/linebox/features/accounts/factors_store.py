"""Second factors in the database: of everybody but the owner."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import AsyncConnection, Connection

from linebox.features.accounts.model import Factor, FactorKind
from linebox.store.refusals import refusals


async def of(connection: AsyncConnection, account: int) -> tuple[Factor, ...]:
    """An account's, the oldest first."""
    cursor = await connection.execute(
        "SELECT id, kind, name, host, secret, count, made_at, used_at FROM account_factors"
        " WHERE account = %s ORDER BY id",
        (account,),
    )
    return tuple(
        Factor(
            id=id_,
            kind=FactorKind(kind),
            name=name,
            host=host,
            secret=secret,
            count=count,
            made_at=made_at,
            used_at=used_at,
        )
        for id_, kind, name, host, secret, count, made_at, used_at in await cursor.fetchall()
    )


async def add(connection: AsyncConnection, account: int, factors: Sequence[Factor]) -> None:
    """New ones. Raises ``InputError("already-exists")`` for a second authenticator."""
    with refusals("factor", ""):
        await connection.cursor().executemany(
            "INSERT INTO account_factors (account, kind, name, host, secret, count, made_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (account, one.kind, one.name, one.host, one.secret, one.count, one.made_at)
                for one in factors
            ],
        )


async def use(connection: AsyncConnection, factor: Factor, count: int) -> bool:
    """It was used; a recovery code is gone. False: somebody was quicker with the same code."""
    if factor.kind is FactorKind.RECOVERY:
        cursor = await connection.execute(
            "DELETE FROM account_factors WHERE id = %s RETURNING id", (factor.id,)
        )
    else:
        cursor = await connection.execute(
            "UPDATE account_factors SET count = %(count)s, used_at = now()"
            " WHERE id = %(id)s AND (count < %(count)s OR (kind = 'passkey' AND %(count)s = 0))"
            " RETURNING id",
            {"id": factor.id, "count": count},
        )
    return await cursor.fetchone() is not None


async def drop(connection: AsyncConnection, account: int, ids: Sequence[int]) -> None:
    """These are no more."""
    await connection.execute(
        "DELETE FROM account_factors WHERE account = %s AND id = ANY(%s)", (account, list(ids))
    )


def drop_all(connection: Connection, login: str) -> bool:
    """For a tool of root's: somebody lost their telephone. False: there is no such account."""
    found = connection.execute("SELECT id FROM accounts WHERE login = %s", (login,)).fetchone()
    if found is None:
        return False
    connection.execute("DELETE FROM account_factors WHERE account = %s", found)
    return True
