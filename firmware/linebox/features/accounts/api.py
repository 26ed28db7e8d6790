"""Log in and out, one's own password and sessions; for administrators everybody's (SEC-1)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base import clock
from linebox.base.endpoints import Ask, Reply, endpoint
from linebox.base.errors import InputError, LineboxError
from linebox.base.roles import EVERYBODY, Role
from linebox.base.shapes import Form, Length, problem
from linebox.features.accounts import store
from linebox.features.accounts.model import (
    OWNER,
    Account,
    Opened,
    Person,
    SessionNote,
    Signed,
)
from linebox.features.accounts.passwords import check_new
from linebox.features.accounts.secrets import hash_password, new_code
from linebox.features.accounts.service import Accounts
from linebox.model.spelling import OptionalName, RowId
from linebox.store.pool import Database

log = logging.getLogger(__name__)

type Secret = Annotated[str, Length(1, 200)]
type Login = Annotated[
    str,
    Length(2, 30),
    Form(
        r"[a-z0-9][a-z0-9_-]*",
        "小写字母、数字、- 和 _，坐席填工号",
        "small letters, digits, - and _; for an agent the staff number",
    ),
]
type SessionId = Annotated[str, Length(24, 24), Form(r"[0-9a-f]{24}", "会话号", "a session's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """``login``: staff number or name, in any case; empty or ``owner``: the setup code's password.

    ``new_password`` takes the place of ``password``, whose other sessions end: a one-time password
    is good for nothing else.
    """

    password: Secret = field(repr=False)
    login: Annotated[str, Length(0, 60)] = ""
    new_password: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``user`` is the login, ``agent`` the staff number of who is an agent. ``name`` is empty for
    the owner, and as long as the database hasn't told it.

    ``tries_left`` before log-in is locked for ``locked_s`` more seconds (0 = it isn't);
    ``set_up``: the owner has a password; ``fresh``: it is still the setup code."""

    logged_in: bool
    user: str | None
    name: str
    role: Role | None
    agent: str | None
    id: str | None
    expires_at: datetime | None
    set_up: bool
    fresh: bool
    tries_left: int
    locked_s: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """``must_change``: its password is a one-time one that hasn't been used yet. ``agent``: the
    staff number of who is an agent. ``open_sessions`` now; ``seen_at``: last used, null = never."""

    id: int
    login: str
    name: str
    role: Role
    agent: str | None
    must_change: bool
    disabled: bool
    open_sessions: int
    seen_at: datetime | None
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRows:
    items: tuple[AccountRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInput:
    """``name`` counts for supervisors and administrators; an agent's is the one of the settings."""

    role: Role
    name: OptionalName = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An agent's ``login`` is the staff number."""

    login: Login
    role: Role
    name: OptionalName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWithPassword:
    """``one_time_password`` is told in this answer only; at log-in another must be chosen."""

    account: AccountRow
    one_time_password: str


def _state(accounts: Accounts, ask: Ask, opened: Opened | None = None) -> Session:
    locked_s, tries_left = accounts.allowance(ask.address, "")
    signed = opened.signed if opened else None
    return Session(
        logged_in=signed is not None,
        user=signed.person.login if signed else None,
        name=accounts.names.get(signed.person.login, "") if signed else "",
        role=signed.person.role if signed else None,
        agent=signed.person.agent or None if signed else None,
        id=signed.id if signed else None,
        expires_at=signed.until if signed else None,
        set_up=accounts.set_up(),
        fresh=not accounts.owner_chose(),
        tries_left=tries_left,
        locked_s=locked_s,
    )


@endpoint(
    "POST",
    "/api/session",
    "Log in",
    status=200,
    needs_session=False,
    max_bytes=4096,
    errors=(401, 403, 409, 429),
)
async def log_in(body: LogIn, ask: Ask, accounts: Accounts, db: Database) -> Reply[Session]:
    """The answer sets the cookie ``__Host-linebox``. A wrong password is answered slowly.

    409 ``password-must-change``: it was a one-time password; ask again with ``new_password``.
    """
    login = body.login.strip().lower() or OWNER.login
    accounts.refuse_locked(ask.address, login)
    if login == OWNER.login:
        opened = await _log_in_owner(body, ask, accounts, db)
    else:
        opened = await _log_in_person(login, body, ask, accounts, db)
    log.info("%s logged in from %s", login, ask.address)
    return Reply(
        answer=_state(accounts, ask, opened),
        cookie=opened.cookie,
        cookie_max_age_s=accounts.SESSION_S,
    )


async def _log_in_owner(body: LogIn, ask: Ask, accounts: Accounts, db: Database) -> Opened:
    stored = accounts.owners_password()
    if stored is None:
        raise InputError("not-set-up")
    await accounts.check_password(body.password, ask.address, stored=stored)
    if body.new_password is not None:
        check_new(body.new_password, OWNER.login, body.password)
        await _set_owners_password(accounts, db, body.new_password, but="")
    opened = accounts.new_session(OWNER)
    accounts.saw(opened.signed, ask.address, ask.device)  # ``watch`` notes it in the database
    return opened


async def _log_in_person(
    login: str, body: LogIn, ask: Ask, accounts: Accounts, db: Database
) -> Opened:
    async with db.transaction() as connection:
        account = await store.by_login(connection, login)
    await accounts.check_password(
        body.password, ask.address, login=login, stored=account.password if account else None
    )
    assert account is not None
    if account.disabled:
        raise InputError("account-disabled")
    if body.new_password is not None:
        check_new(body.new_password, login, body.password)
        await _set_password(db, accounts, account, body.new_password, but="")
    elif account.must_change:
        raise InputError("password-must-change")
    opened = accounts.new_session(account.person)
    async with db.transaction() as connection:
        await store.begin(connection, opened, clock.now(), ask.address, ask.device)
    accounts.names[login] = account.name
    return opened


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
    await _set_owners_password(accounts, db, password, but=but)


async def _set_owners_password(
    accounts: Accounts, db: Database, password: str, *, but: str
) -> None:
    """Holds without the database, too; sessions that only it knows of then live out their time."""
    accounts.set_owners_password(await asyncio.to_thread(hash_password, password))
    ended = {one.signed.id for one in accounts.in_use() if one.signed.person == OWNER} - {but}
    try:
        async with db.transaction() as connection:
            ended |= {one.id for one in await _end_sessions(connection, OWNER.login, but=but)}
    except LineboxError as error:
        log.info("the owner's other sessions aren't ended in the database: %s", error)
    for id_ in ended:
        accounts.end(id_)


async def _set_password(
    db: Database, accounts: Accounts, account: Account, password: str, *, but: str
) -> None:
    """A password of one's own; sessions that began with the old one end, ``but`` this one."""
    hashed = await asyncio.to_thread(hash_password, password)
    async with db.transaction() as connection:
        await store.set_password(connection, account.id, hashed, must_change=False)
        ended = await _end_sessions(connection, account.login, but=but)
    for one in ended:
        accounts.end(one.id, one.agent)


async def _end_sessions(
    connection: AsyncConnection, login: str, *, but: str = ""
) -> tuple[SessionNote, ...]:
    ended = tuple(one for one in await store.sessions(connection, login) if one.id != but)
    await store.end(connection, [one.id for one in ended])
    return ended


@endpoint(
    "GET", "/api/session", "Who is logged in, and how many tries are left", needs_session=False
)
async def session(ask: Ask, accounts: Accounts) -> Session:
    """Answers 200 to everybody: the log-in page asks it first."""
    return _state(accounts, ask, _opened(ask))


def _opened(ask: Ask) -> Opened | None:
    if ask.role is None or ask.session_until is None:
        return None
    person = Person(login=ask.who, role=ask.role, agent=ask.agent)
    signed = Signed(person=person, id=ask.session_id, until=ask.session_until)
    return Opened(cookie="", signed=signed)


@endpoint("DELETE", "/api/session", "Log out", needs_session=False)
async def log_out(ask: Ask, accounts: Accounts, db: Database) -> Reply[Session]:
    """The cookie is taken away and its session ends everywhere, with or without the database."""
    if ask.session_id:
        accounts.end(ask.session_id, ask.agent)
        try:
            async with db.transaction() as connection:
                await store.end(connection, [ask.session_id])
        except LineboxError as error:
            log.info("a log-out isn't noted in the database: %s", error)
    return Reply(answer=_state(accounts, ask), cookie="")


@endpoint(
    "POST",
    "/api/account/password",
    "Choose another password; one's other sessions end",
    status=204,
    roles=EVERYBODY,
    max_bytes=4096,
    errors=(409, 429),
)
async def change_password(body: NewPassword, ask: Ask, accounts: Accounts, db: Database) -> None:
    """422 names what is wrong: at ``password`` the old one, at ``new_password`` the new one."""
    if ask.who == OWNER.login:
        await _change_owners_password(body, ask, accounts, db)
        return
    async with db.transaction() as connection:
        account = await store.by_login(connection, ask.who)
    if account is None:
        raise InputError("not-found")
    try:
        await accounts.check_password(
            body.password, ask.address, login=account.login, stored=account.password
        )
    except InputError as error:
        if error.code == "wrong-password":
            raise problem("password", error.code, **error.fields) from error
        raise
    check_new(body.new_password, account.login, body.password)
    await _set_password(db, accounts, account, body.new_password, but=ask.session_id)


async def _change_owners_password(
    body: NewPassword, ask: Ask, accounts: Accounts, db: Database
) -> None:
    try:
        await accounts.check_password(body.password, ask.address, stored=accounts.owners_password())
    except InputError as error:
        if error.code == "wrong-password":
            raise problem("password", error.code, **error.fields) from error
        raise
    check_new(body.new_password, OWNER.login, body.password)
    await _set_owners_password(accounts, db, body.new_password, but=ask.session_id)


@endpoint("GET", "/api/sessions", "Open sessions, the last used first", roles=EVERYBODY)
async def list_sessions(
    query: SessionsQuery, ask: Ask, accounts: Accounts, db: Database
) -> OpenSessions:
    if query.all and ask.role is not Role.ADMINISTRATOR:
        raise InputError("not-allowed", roles=[Role.ADMINISTRATOR])
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
    "DELETE", "/api/sessions/{id}", "End a session, wherever it is", roles=EVERYBODY, errors=(404,)
)
async def end_session(id: SessionId, ask: Ask, accounts: Accounts, db: Database) -> None:
    """Everybody ends their own, administrators all. Holds at once: its pages lose the live line."""
    mine = None if ask.role is Role.ADMINISTRATOR else ask.who
    async with db.transaction() as connection:
        notes = [one for one in await store.sessions(connection, mine) if one.id == id]
        await store.end(connection, [one.id for one in notes])
    if not notes:
        raise InputError("not-found")
    accounts.end(id, notes[0].agent)
    log.info("a session of %s was ended by %s", notes[0].login, ask.who)


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
async def create_account(body: NewAccount, ask: Ask, db: Database) -> AccountWithPassword:
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
                password=hashed,
            )
        except InputError as error:
            raise _at_login(error) from error
        account = await store.one(connection, id_)
    assert account is not None
    log.info("account %s (%s) was made by %s", account.login, account.role, ask.who)
    return AccountWithPassword(account=_row(account), one_time_password=code)


def _at_login(error: InputError) -> InputError:
    return problem("login", "no-such-agent") if error.code == "no-such-reference" else error


@endpoint(
    "PUT",
    "/api/accounts/{id}",
    "Change name or role, disable or enable; a loss of rights ends its sessions",
    needs_match=True,
    errors=(404, 409, 412, 428),
)
async def replace_account(
    id: RowId, body: AccountInput, ask: Ask, accounts: Accounts, db: Database
) -> AccountRow:
    async with db.transaction() as connection:
        old = await _seen(connection, ask, id)
        if old.login == ask.who and (body.disabled or body.role is not old.role):
            raise InputError("own-account")
        if body.role is not Role.AGENT and not body.name.strip():
            raise problem("name", "missing")
        try:
            await store.change(
                connection,
                old,
                name=body.name.strip() or old.name,
                role=body.role,
                disabled=body.disabled,
            )
        except InputError as error:
            raise _at_login(error) from error
        lost = body.disabled or body.role is not old.role
        ended = await _end_sessions(connection, old.login) if lost else ()
        account = await store.one(connection, id)
    for one in ended:
        accounts.end(one.id, one.agent or old.agent)
    assert account is not None
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
    id: RowId, ask: Ask, accounts: Accounts, db: Database
) -> AccountWithPassword:
    code = new_code()
    hashed = await asyncio.to_thread(hash_password, code)
    async with db.transaction() as connection:
        old = await _seen(connection, ask, id)
        await store.set_password(connection, id, hashed, must_change=True)
        ended = await _end_sessions(connection, old.login)
        account = await store.one(connection, id)
    for one in ended:
        accounts.end(one.id, one.agent or old.agent)
    assert account is not None
    log.info("account %s was given a one-time password by %s", account.login, ask.who)
    return AccountWithPassword(account=_row(account), one_time_password=code)


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
        agent=account.agent or None,
        must_change=account.must_change,
        disabled=account.disabled,
        open_sessions=account.open_sessions,
        seen_at=account.seen_at,
        etag=account.state,
    )


ENDPOINTS = (
    log_in,
    session,
    log_out,
    change_password,
    list_sessions,
    end_session,
    list_accounts,
    create_account,
    replace_account,
    reset_password,
)
