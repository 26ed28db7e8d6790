"""Accounts and open sessions in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection, Connection

from linebox.base.roles import Role
from linebox.features.accounts.model import OWNER, Account, Opened, Seen, SessionNote
from linebox.store.refusals import refusals

#: An agent's name is the one of the settings; ``xmin`` changes with every change of the row.
_SELECT = (
    "SELECT a.id, a.login, coalesce(g.name, a.name), a.role, coalesce(a.agent, ''), a.password,"
    " a.must_change, a.disabled, a.xmin::text,"
    " (SELECT count(*) FROM sessions s"
    "  WHERE s.account = a.id AND ended_at IS NULL AND until > now()),"
    " (SELECT max(seen_at) FROM sessions s WHERE s.account = a.id), a.made_role,"
    " (SELECT count(*) FROM account_factors f WHERE f.account = a.id AND kind <> 'recovery')"
    " FROM accounts a LEFT JOIN agents g ON g.number = a.agent"
)

_ORDER = " ORDER BY array_position(ARRAY['administrator', 'supervisor', 'agent'], a.role), a.login"


def _account(row: tuple[object, ...]) -> Account:
    id_, login, name, role, agent, password, must_change, disabled, state, *rest = row
    sessions, seen_at, made, factors = rest
    assert isinstance(id_, int)
    assert isinstance(sessions, int)
    assert isinstance(seen_at, datetime | None)
    assert isinstance(made, int | None)
    assert isinstance(factors, int)
    return Account(
        id=id_,
        login=str(login),
        name=str(name),
        role=Role(str(role)),
        agent=str(agent),
        password=None if password is None else str(password),
        must_change=bool(must_change),
        disabled=bool(disabled),
        state=str(state),
        open_sessions=sessions,
        seen_at=seen_at,
        made=made,
        factors=factors,
    )


async def read(connection: AsyncConnection) -> tuple[Account, ...]:
    """All accounts, by role and login."""
    cursor = await connection.execute(_SELECT + _ORDER)
    return tuple(_account(row) for row in await cursor.fetchall())


async def one(connection: AsyncConnection, id_: int, *, lock: bool = False) -> Account | None:
    """The account with this id; ``lock``: nobody else changes it until the transaction's end."""
    if lock:
        await connection.execute("SELECT 1 FROM accounts WHERE id = %s FOR UPDATE", (id_,))
    cursor = await connection.execute(_SELECT + " WHERE a.id = %s", (id_,))
    row = await cursor.fetchone()
    return None if row is None else _account(row)


async def by_login(connection: AsyncConnection, login: str) -> Account | None:
    """The account of this login."""
    cursor = await connection.execute(_SELECT + " WHERE a.login = %s", (login,))
    row = await cursor.fetchone()
    return None if row is None else _account(row)


async def create(
    connection: AsyncConnection,
    *,
    login: str,
    name: str,
    role: Role,
    made: int | None,
    password: str,
) -> int:
    """A new account with a one-time password (as scrypt); an agent's is the agent ``login``.

    Raises ``InputError``: ``already-exists``, ``no-such-reference`` (there is no such agent).
    """
    with refusals("account", login):
        cursor = await connection.execute(
            "INSERT INTO accounts (login, name, role, made_role, agent, password)"
            " VALUES (%(login)s, %(name)s, %(role)s, %(made)s, %(agent)s, %(password)s)"
            " RETURNING id",
            {
                "login": login,
                "name": name,
                "role": role,
                "made": made,
                "agent": login if role is Role.AGENT else None,
                "password": password,
            },
        )
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def change(
    connection: AsyncConnection,
    account: Account,
    *,
    name: str,
    role: Role,
    made: int | None,
    disabled: bool,
) -> None:
    """Raises ``InputError("no-such-reference")`` when a new agent's login is no staff number."""
    with refusals("account", account.login):
        await connection.execute(
            "UPDATE accounts SET name = %(name)s, role = %(role)s, made_role = %(made)s,"
            " disabled = %(disabled)s, agent = %(agent)s WHERE id = %(id)s",
            {
                "id": account.id,
                "name": name,
                "role": role,
                "made": made,
                "disabled": disabled,
                "agent": account.login if role is Role.AGENT else None,
            },
        )


async def remove(connection: AsyncConnection, login: str) -> None:
    """The account is gone, and its sessions with it; no such login is no error."""
    await connection.execute("DELETE FROM accounts WHERE login = %s", (login,))


async def set_password(
    connection: AsyncConnection, id_: int, password: str, *, must_change: bool
) -> None:
    """``password`` as scrypt; ``must_change``: good only for choosing another."""
    await connection.execute(
        "UPDATE accounts SET password = %s, must_change = %s, password_at = now() WHERE id = %s",
        (password, must_change, id_),
    )


async def begin(
    connection: AsyncConnection, opened: Opened, at: datetime, address: str, device: str
) -> None:
    """Note a session that begins."""
    await note(
        connection, [Seen(signed=opened.signed, at=at, address=address, device=device)], begins=True
    )


async def note(connection: AsyncConnection, seen: Sequence[Seen], *, begins: bool = False) -> None:
    """When sessions were last used. One that isn't there isn't made, unless it ``begins`` or is the
    owner's, which may have begun without the database."""
    await connection.cursor().executemany(
        "INSERT INTO sessions (id, account, made_at, seen_at, until, address, device)"
        " SELECT %(id)s, (SELECT id FROM accounts WHERE login = %(login)s), %(at)s, %(at)s,"
        " %(until)s, %(address)s, %(device)s"
        " WHERE %(makes)s OR EXISTS (SELECT 1 FROM sessions WHERE id = %(id)s)"
        " ON CONFLICT (id) DO UPDATE SET seen_at = %(at)s, address = %(address)s,"
        " device = %(device)s",
        [
            {
                "id": one.signed.id,
                "login": one.signed.person.login,
                "makes": begins or one.signed.person.login == OWNER.login,
                "at": one.at,
                "until": one.signed.until,
                "address": one.address,
                "device": one.device,
            }
            for one in seen
        ],
    )


async def held(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, str]:
    """Those of the sessions that still have a right to be (neither ended, nor their account gone
    or disabled), with the person's name; the owner's is empty."""
    cursor = await connection.execute(
        "SELECT s.id, coalesce(g.name, a.name, '') FROM sessions s"
        " LEFT JOIN accounts a ON a.id = s.account LEFT JOIN agents g ON g.number = a.agent"
        " WHERE s.id = ANY(%s) AND ended_at IS NULL AND (account IS NULL OR NOT disabled)",
        (list(ids),),
    )
    return {str(id_): str(name) for id_, name in await cursor.fetchall()}


async def sessions(connection: AsyncConnection, login: str | None) -> tuple[SessionNote, ...]:
    """Open sessions, the last used first; of one login, or all (None)."""
    cursor = await connection.execute(
        "SELECT s.id, coalesce(a.login, %(owner)s), coalesce(g.name, a.name, ''),"
        " coalesce(a.role, 'administrator'), coalesce(a.agent, ''),"
        " s.made_at, s.seen_at, s.until, s.address, s.device"
        " FROM sessions s LEFT JOIN accounts a ON a.id = s.account"
        " LEFT JOIN agents g ON g.number = a.agent"
        " WHERE ended_at IS NULL AND until > now()"
        " AND (%(login)s::text IS NULL OR coalesce(a.login, %(owner)s) = %(login)s)"
        " ORDER BY s.seen_at DESC LIMIT 1000",
        {"login": login, "owner": OWNER.login},
    )
    return tuple(
        SessionNote(
            id=id_,
            login=who,
            name=name,
            role=Role(role),
            agent=agent,
            made_at=made_at,
            seen_at=seen_at,
            until=until,
            address=address,
            device=device,
        )
        for id_, who, name, role, agent, made_at, seen_at, until, address, device in (
            await cursor.fetchall()
        )
    )


async def end(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """These sessions are over; the notes of those over for a month go."""
    await connection.execute(
        "UPDATE sessions SET ended_at = now() WHERE id = ANY(%s) AND ended_at IS NULL", (list(ids),)
    )
    await connection.execute("DELETE FROM sessions WHERE until < now() - interval '30 days'")


def give(connection: Connection, *, login: str, name: str, role: Role, password: str) -> None:
    """Make an account with a one-time password (as scrypt), for a box's first start."""
    connection.execute(
        "INSERT INTO accounts (login, name, role, agent, password) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (login) DO NOTHING",
        (login, name, role, login if role is Role.AGENT else None, password),
    )


def reset(connection: Connection, login: str, password: str) -> bool:
    """Give the account a one-time password (as scrypt), end its sessions; False: there is none."""
    found = connection.execute(
        "UPDATE accounts SET password = %s, must_change = true, password_at = now()"
        " WHERE login = %s RETURNING id",
        (password, login),
    ).fetchone()
    if found is None:
        return False
    connection.execute(
        "UPDATE sessions SET ended_at = now() WHERE account = %s AND ended_at IS NULL", found
    )
    return True


def end_owners_sessions(connection: Connection) -> None:
    """The owner must log in again, everywhere."""
    connection.execute(
        "UPDATE sessions SET ended_at = now() WHERE account IS NULL AND ended_at IS NULL"
    )


def everybody(connection: Connection) -> tuple[Account, ...]:
    """All accounts, as ``read``, for a tool of root's."""
    return tuple(_account(row) for row in connection.execute(_SELECT + _ORDER).fetchall())
