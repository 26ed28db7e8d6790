"""What happens to accounts and sessions, for log-in, one's own pages and administrators alike."""

from __future__ import annotations

import asyncio
import logging

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask
from linebox.base.errors import InputError, LineboxError
from linebox.base.rights import Catalogue
from linebox.base.roles import Role
from linebox.base.shapes import problem
from linebox.features.accounts import store
from linebox.features.accounts.model import OWNER, Account, SessionNote
from linebox.features.accounts.passwords import check_new
from linebox.features.accounts.secrets import hash_password
from linebox.features.accounts.service import Accounts
from linebox.store.pool import Database

log = logging.getLogger(__name__)


async def choose_owners_password(
    accounts: Accounts, db: Database, password: str, *, but: str
) -> None:
    """The owner's first own password, by whom the setup code let in; it then opens nothing more.

    Sessions but ``but`` end. Raises ``InputError("owner-password-chosen")`` when there is one, and
    as ``check_new``.
    """
    if accounts.owner_chose():
        raise InputError("owner-password-chosen")
    check_new(password, OWNER.login, "")
    await set_owners_password(accounts, db, password, but=but)


async def set_owners_password(accounts: Accounts, db: Database, password: str, *, but: str) -> None:
    """Holds without the database, too; sessions that only it knows of then live out their time."""
    accounts.set_owners_password(await asyncio.to_thread(hash_password, password))
    ended = {
        one.signed.id for one in accounts.in_use() if one.signed.person.login == OWNER.login
    } - {but}
    try:
        async with db.transaction() as connection:
            ended |= {one.id for one in await end_sessions(connection, OWNER.login, but=but)}
    except LineboxError as error:
        log.info("the owner's other sessions aren't ended in the database: %s", error)
    for id_ in ended:
        accounts.end(id_)


async def set_password(
    db: Database, accounts: Accounts, account: Account, password: str, *, but: str
) -> None:
    """A password of one's own; sessions that began with the old one end, ``but`` this one."""
    hashed = await asyncio.to_thread(hash_password, password)
    async with db.transaction() as connection:
        await store.set_password(connection, account.id, hashed, must_change=False)
        ended = await end_sessions(connection, account.login, but=but)
    for one in ended:
        accounts.end(one.id, one.agent)


async def end_sessions(
    connection: AsyncConnection, login: str, *, but: str = ""
) -> tuple[SessionNote, ...]:
    ended = tuple(one for one in await store.sessions(connection, login) if one.id != but)
    await store.end(connection, [one.id for one in ended])
    return ended


async def prove(password: str, ask: Ask, accounts: Accounts, account: Account | None) -> None:
    """The asker's own password, once more; ``account`` is None for the owner. Raises
    ``invalid-input`` at ``password``, ``locked``."""
    stored = account.password if account else accounts.owners_password()
    try:
        await accounts.check_password(password, ask.address, login=ask.who, stored=stored)
    except InputError as error:
        if error.code == "wrong-password":
            raise problem("password", error.code, **error.fields) from error
        raise


async def own_account(db: Database, ask: Ask) -> Account | None:
    """The asker's account; None for the owner, also with the database dead. Raises
    ``InputError("not-found")``."""
    if ask.who == OWNER.login:
        return None
    async with db.transaction() as connection:
        account = await store.by_login(connection, ask.who)
    if account is None:
        raise InputError("not-found")
    return account


def may_give(
    ask: Ask, accounts: Accounts, catalogue: Catalogue, role: Role, made: int | None
) -> None:
    """Nobody gives, or takes over, rights that they lack. Raises ``InputError("not-allowed")``."""
    kept = None if made is None else accounts.roles.kept(made)
    assert ask.role is not None
    if not catalogue.of(role, kept) <= catalogue.of(ask.role, ask.kept) and ask.kept is not None:
        raise InputError("not-allowed", right="more than one's own")
