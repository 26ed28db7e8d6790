"""Everybody who may log in, for administrators (SEC-1)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.rights import Catalogue
from linebox.base.roles import Role
from linebox.base.shapes import Form, Length, problem
from linebox.features.accounts import factors_store, store
from linebox.features.accounts.changes import end_sessions, may_give
from linebox.features.accounts.model import OWNER, Account
from linebox.features.accounts.secrets import hash_password, new_code
from linebox.features.accounts.service import Accounts
from linebox.model.spelling import OptionalName, RowId
from linebox.store.pool import Database

log = logging.getLogger(__name__)

type Login = Annotated[
    str,
    Length(2, 30),
    Form(
        r"[a-z0-9][a-z0-9_-]*",
        "小写字母、数字、- 和 _，坐席填工号",
        "small letters, digits, - and _; for an agent the staff number",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """``must_change``: its password is a one-time one that hasn't been used yet. ``agent``: the
    staff number of who is an agent. ``made_role``: id of the owner-made role, null for the built-in
    one; ``factors``: second factors that are set up. ``open_sessions`` now; ``seen_at``: last used,
    null = never."""

    id: int
    login: str
    name: str
    role: Role
    made_role: int | None
    agent: str | None
    must_change: bool
    disabled: bool
    factors: int
    open_sessions: int
    seen_at: datetime | None
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRows:
    items: tuple[AccountRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInput:
    """``name`` counts for supervisors and administrators; an agent's is the one of the settings.
    ``made_role``: an owner-made role whose base is ``role``."""

    role: Role
    made_role: RowId | None = None
    name: OptionalName = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An agent's ``login`` is the staff number."""

    login: Login
    role: Role
    made_role: RowId | None = None
    name: OptionalName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWithPassword:
    """``one_time_password`` is told in this answer only; at log-in another must be chosen."""

    account: AccountRow
    one_time_password: str


@endpoint("GET", "/api/accounts", "Who may log in, as what")
async def list_accounts(db: Database) -> AccountRows:
    """The owner isn't among them: their password is the setup code, and they are always there."""
    async with db.transaction() as connection:
        return AccountRows(items=tuple(_row(one) for one in await store.read(connection)))


@endpoint(
    "POST",
    "/api/accounts",
    "Let somebody in; the one-time password is in this answer only",
    status=201,
    errors=(409,),
)
async def create_account(
    body: NewAccount, ask: Ask, accounts: Accounts, catalogue: Catalogue, db: Database
) -> AccountWithPassword:
    may_give(ask, accounts, catalogue, body.role, body.made_role)
    ask.tell(role_given=_role_text(body.role, body.made_role))
    if body.login == OWNER.login:
        raise InputError("already-exists", what="account", key=body.login)
    if body.role is not Role.AGENT and not body.name.strip():
        raise problem("name", "missing")
    code = new_code()
    hashed = await asyncio.to_thread(hash_password, code)
    async with db.transaction() as connection:
        if await store.by_login(connection, body.login) is not None:
            raise InputError("already-exists", what="account", key=body.login)
        try:
            id_ = await store.create(
                connection,
                login=body.login,
                name=body.name.strip() or body.login,
                role=body.role,
                made=body.made_role,
                password=hashed,
            )
        except InputError as error:
            raise _at_login(error) from error
        account = await store.one(connection, id_)
    assert account is not None
    log.info("account %s (%s) was made by %s", account.login, account.role, ask.who)
    return AccountWithPassword(account=_row(account), one_time_password=code)


def _at_login(error: InputError) -> InputError:
    if error.code != "no-such-reference":
        return error
    if error.fields.get("rule") == "accounts_made_role_fkey":
        return problem("made_role", error.code)
    return problem("login", "no-such-agent")


def _role_text(role: Role, made: int | None) -> str:
    return role if made is None else f"{role}:{made}"


@endpoint(
    "PUT",
    "/api/accounts/{id}",
    "Change name or role, disable or enable; a loss of rights ends its sessions",
    needs_match=True,
    errors=(404, 409, 412, 428),
)
async def replace_account(
    id: RowId,
    body: AccountInput,
    ask: Ask,
    accounts: Accounts,
    catalogue: Catalogue,
    db: Database,
) -> AccountRow:
    async with db.transaction() as connection:
        old = await _seen(connection, ask, id)
        lost = body.disabled or (body.role, body.made_role) != (old.role, old.made)
        if old.login == ask.who and lost:
            raise InputError("own-account")
        may_give(ask, accounts, catalogue, old.role, old.made)
        may_give(ask, accounts, catalogue, body.role, body.made_role)
        if body.role is not Role.AGENT and not body.name.strip():
            raise problem("name", "missing")
        try:
            await store.change(
                connection,
                old,
                name=body.name.strip() or old.name,
                role=body.role,
                made=body.made_role,
                disabled=body.disabled,
            )
        except InputError as error:
            raise _at_login(error) from error
        ended = await end_sessions(connection, old.login) if lost else ()
        account = await store.one(connection, id)
    for one in ended:
        accounts.end(one.id, one.agent or old.agent)
    assert account is not None
    ask.tell(subject=account.login, role_given=_role_text(body.role, body.made_role))
    log.info("account %s was changed by %s", account.login, ask.who)
    return _row(account)


@endpoint(
    "POST",
    "/api/accounts/{id}/password",
    "A new one-time password, told in this answer only; its sessions end",
    needs_match=True,
    errors=(404, 412, 428),
)
async def reset_password(
    id: RowId, ask: Ask, accounts: Accounts, catalogue: Catalogue, db: Database
) -> AccountWithPassword:
    code = new_code()
    hashed = await asyncio.to_thread(hash_password, code)
    async with db.transaction() as connection:
        old = await _seen(connection, ask, id)
        may_give(ask, accounts, catalogue, old.role, old.made)
        await store.set_password(connection, id, hashed, must_change=True)
        ended = await end_sessions(connection, old.login)
        account = await store.one(connection, id)
    for one in ended:
        accounts.end(one.id, one.agent or old.agent)
    assert account is not None
    ask.tell(subject=account.login)
    log.info("account %s was given a one-time password by %s", account.login, ask.who)
    return AccountWithPassword(account=_row(account), one_time_password=code)


@endpoint(
    "DELETE",
    "/api/accounts/{id}/factors",
    "Take all second factors of somebody away, who lost the telephone; their sessions end",
    needs_match=True,
    errors=(404, 412, 428),
)
async def reset_factors(
    id: RowId, ask: Ask, accounts: Accounts, catalogue: Catalogue, db: Database
) -> None:
    async with db.transaction() as connection:
        old = await _seen(connection, ask, id)
        may_give(ask, accounts, catalogue, old.role, old.made)
        there = await factors_store.of(connection, id)
        await factors_store.drop(connection, id, [one.id for one in there])
        ended = await end_sessions(connection, old.login)
    for one in ended:
        accounts.end(one.id, one.agent or old.agent)
    ask.tell(subject=old.login)
    log.info("second factors of %s were taken away by %s", old.login, ask.who)


async def _seen(connection: AsyncConnection, ask: Ask, id_: int) -> Account:
    """The account as the asker saw it. Raises ``not-found``, ``changed-by-other``."""
    account = await store.one(connection, id_, lock=True)
    if account is None:
        raise InputError("not-found", what="account", key=str(id_))
    if ask.seen() not in ("*", account.state):
        raise InputError("changed-by-other")
    return account


def _row(account: Account) -> AccountRow:
    return AccountRow(
        id=account.id,
        login=account.login,
        name=account.name,
        role=account.role,
        made_role=account.made,
        agent=account.agent or None,
        must_change=account.must_change,
        disabled=account.disabled,
        factors=account.factors,
        open_sessions=account.open_sessions,
        seen_at=account.seen_at,
        etag=account.state,
    )


ENDPOINTS = (list_accounts, create_account, replace_account, reset_password, reset_factors)
