"""One's own password and sessions; administrators end everybody's (SEC-1)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from linebox.base import rights
from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.rights import Catalogue
from linebox.base.roles import EVERYBODY, Role
from linebox.base.shapes import Form, Length
from linebox.features.accounts import store
from linebox.features.accounts.changes import (
    may_give,
    own_account,
    prove,
    set_owners_password,
    set_password,
)
from linebox.features.accounts.passwords import check_new
from linebox.features.accounts.service import Accounts
from linebox.features.accounts.session_api import Secret
from linebox.store.pool import Database

log = logging.getLogger(__name__)

type SessionId = Annotated[str, Length(24, 24), Form(r"[0-9a-f]{24}", "会话号", "a session's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    password: Secret = field(repr=False)
    new_password: Secret = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsQuery:
    """``all``: everybody's, for administrators; else one's own."""

    all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """``current``: the one that asks. ``device``: what its browser says it is."""

    id: str
    login: str
    name: str
    role: Role
    made_at: datetime
    seen_at: datetime
    until: datetime
    address: str
    device: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSessions:
    items: tuple[OpenSession, ...]


@endpoint(
    "POST",
    "/api/account/password",
    "Choose another password; one's other sessions end",
    status=204,
    roles=EVERYBODY,
    right=rights.OWN,
    max_bytes=4096,
    errors=(409, 429),
)
async def change_password(body: NewPassword, ask: Ask, accounts: Accounts, db: Database) -> None:
    """422 names what is wrong: at ``password`` the old one, at ``new_password`` the new one."""
    account = await own_account(db, ask)
    await prove(body.password, ask, accounts, account)
    check_new(body.new_password, ask.who, body.password)
    if account is None:
        await set_owners_password(accounts, db, body.new_password, but=ask.session_id)
    else:
        await set_password(db, accounts, account, body.new_password, but=ask.session_id)


@endpoint(
    "GET", "/api/sessions", "Open sessions, the last used first", roles=EVERYBODY, right=rights.OWN
)
async def list_sessions(
    query: SessionsQuery, ask: Ask, accounts: Accounts, db: Database
) -> OpenSessions:
    if query.all:
        if ask.role is not Role.ADMINISTRATOR:
            raise InputError("not-allowed", roles=[Role.ADMINISTRATOR])
        ask.need("accounts.see")
    async with db.transaction() as connection:
        await store.note(connection, accounts.in_use())  # as it is now, the asker's own among them
        notes = await store.sessions(connection, None if query.all else ask.who)
    return OpenSessions(
        items=tuple(
            OpenSession(
                id=note.id,
                login=note.login,
                name=note.name,
                role=note.role,
                made_at=note.made_at,
                seen_at=note.seen_at,
                until=note.until,
                address=note.address,
                device=note.device,
                current=note.id == ask.session_id,
            )
            for note in notes
        )
    )


@endpoint(
    "DELETE",
    "/api/sessions/{id}",
    "End a session, wherever it is",
    roles=EVERYBODY,
    right=rights.OWN,
    errors=(404,),
)
async def end_session(
    id: SessionId, ask: Ask, accounts: Accounts, catalogue: Catalogue, db: Database
) -> None:
    """Everybody ends their own, administrators all. Holds at once: its pages lose the live line."""
    everybodys = ask.role is Role.ADMINISTRATOR and ask.may("accounts.change")
    async with db.transaction() as connection:
        notes = await store.sessions(connection, None if everybodys else ask.who)
        found = next((one for one in notes if one.id == id), None)
        if found is None:
            raise InputError("not-found")
        if found.login != ask.who:
            account = await store.by_login(connection, found.login)
            may_give(ask, accounts, catalogue, found.role, account.made if account else None)
        await store.end(connection, [id])
    accounts.end(id, found.agent)
    ask.tell(subject=found.login)
    log.info("a session of %s was ended by %s", found.login, ask.who)


ENDPOINTS = (change_password, list_sessions, end_session)
