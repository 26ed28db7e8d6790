"""Log in, in one step or two, and out (SEC-1)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from linebox.base import clock
from linebox.base.endpoints import Ask, Reply, endpoint
from linebox.base.errors import InputError, LineboxError
from linebox.base.rights import Catalogue
from linebox.base.roles import Role
from linebox.base.shapes import Form, Length
from linebox.features.accounts import factors as second
from linebox.features.accounts import passkeys, store
from linebox.features.accounts.changes import set_owners_password, set_password
from linebox.features.accounts.factors import Factors, Step, counted, passkeys_of
from linebox.features.accounts.model import (
    MUST_ENROL,
    OWNER,
    Account,
    Factor,
    FactorKind,
    Opened,
    Person,
    Signed,
)
from linebox.features.accounts.passwords import check_new
from linebox.features.accounts.service import Accounts
from linebox.store.pool import Database

log = logging.getLogger(__name__)

type Secret = Annotated[str, Length(1, 200)]
type Ticket = Annotated[str, Length(32, 32), Form(r"[0-9a-f]{32}", "登录票据", "a ticket")]


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
class SecondStep:
    """``ticket``: of the 409 ``second-factor``; either ``code`` (six digits of the authenticator,
    or a recovery code) or ``passkey`` (what the browser's ``navigator.credentials.get`` gave)."""

    ticket: Ticket
    code: Annotated[str, Length(0, 40)] = field(default="", repr=False)
    passkey: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``user`` is the login, ``agent`` the staff number of who is an agent. ``name`` is empty for
    the owner, and as long as the database hasn't told it. ``rights``: what this session may do
    (``base/rights.py``); ``role_zh`` and ``role_en``: the owner-made role's name, null for a
    built-in one. ``must_enrol``: nothing but setting up a second factor.

    ``tries_left`` before log-in is locked for ``locked_s`` more seconds (0 = it isn't);
    ``set_up``: the owner has a password; ``fresh``: it is still the setup code."""

    logged_in: bool
    user: str | None
    name: str
    role: Role | None
    role_zh: str | None
    role_en: str | None
    rights: tuple[str, ...]
    must_enrol: bool
    agent: str | None
    id: str | None
    expires_at: datetime | None
    set_up: bool
    fresh: bool
    tries_left: int
    locked_s: int


def state(
    accounts: Accounts, catalogue: Catalogue, ask: Ask, opened: Opened | None = None
) -> Session:
    """What the pages must know of a session; without one, of log-in."""
    locked_s, tries_left = accounts.allowance(ask.address, "")
    signed = opened.signed if opened else None
    person = signed.person if signed else None
    made = accounts.roles.one(person.made) if person and person.made else None
    return Session(
        logged_in=signed is not None,
        user=person.login if person else None,
        name=accounts.names.get(person.login, "") if person else "",
        role=person.role if person else None,
        role_zh=made.name_zh if made else None,
        role_en=made.name_en if made else None,
        rights=tuple(sorted(catalogue.of(person.role, accounts.kept(person)))) if person else (),
        must_enrol=person is not None and person.made == MUST_ENROL,
        agent=person.agent or None if person else None,
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
async def log_in(
    body: LogIn, ask: Ask, accounts: Accounts, factors: Factors, catalogue: Catalogue, db: Database
) -> Reply[Session]:
    """The answer sets the cookie ``__Host-linebox``. A wrong password is answered slowly.

    409 ``password-must-change``: it was a one-time password; ask again with ``new_password``.
    409 ``second-factor``: the password was right; go on at ``/api/session/second`` with
    ``fields.ticket``. ``fields.ways`` are ``totp``, ``passkey`` (then ``fields.passkey`` is what
    ``navigator.credentials.get`` takes) and ``recovery``; ``fields.hosts``: the names that passkeys
    are for.
    """
    login = body.login.strip().lower() or OWNER.login
    accounts.refuse_locked(ask.address, login)
    if login == OWNER.login:
        account, there = await _owner(body, ask, accounts, factors, db)
    else:
        account, there = await _person(login, body, ask, accounts, factors, db)
    if counted(there):
        raise _second_step(login, ask, factors, there)
    opened = await _open(account, ask, accounts, db, enrolled=False)
    return _logged_in(opened, ask, accounts, catalogue)


@endpoint(
    "POST",
    "/api/session/second",
    "Log in, second step",
    status=200,
    needs_session=False,
    max_bytes=32 * 1024,
    errors=(401, 403, 409, 429),
)
async def give_second_factor(
    body: SecondStep,
    ask: Ask,
    accounts: Accounts,
    factors: Factors,
    catalogue: Catalogue,
    db: Database,
) -> Reply[Session]:
    """401 ``wrong-code``: slow, counted and locked like a wrong password. 409 ``step-over``: begin
    with the password again."""
    step = factors.step(body.ticket)
    ask.tell(who=step.login)
    account = None
    if step.login != OWNER.login:
        async with db.transaction() as connection:
            account = await store.by_login(connection, step.login)
        if account is None or account.disabled:
            raise InputError("account-disabled")
    whose = second.whose(account)

    async def is_right() -> bool:
        if body.passkey is not None:
            return await factors.is_passkey(whose, step, body.passkey)
        return await factors.is_code(whose, body.code)

    await accounts.check(is_right, ask.address, step.login, wrong="wrong-code")
    factors.done(body.ticket)
    ask.tell(by="passkey" if body.passkey is not None else "code")
    opened = await _open(account, ask, accounts, db, enrolled=True)
    return _logged_in(opened, ask, accounts, catalogue)


def _logged_in(
    opened: Opened, ask: Ask, accounts: Accounts, catalogue: Catalogue
) -> Reply[Session]:
    person = opened.signed.person
    ask.tell(who=person.login, role=person.role)
    log.info("%s logged in from %s", person.login, ask.address)
    return Reply(
        answer=state(accounts, catalogue, ask, opened),
        cookie=opened.cookie,
        cookie_max_age_s=accounts.SESSION_S,
    )


def _second_step(login: str, ask: Ask, factors: Factors, there: tuple[Factor, ...]) -> InputError:
    """The password was right; what opens the second step."""
    here = passkeys_of(there, ask.host)
    options, given = passkeys.ask(ask.host, [one.secret for one in here]) if here else (None, None)
    ticket = factors.begin(Step(login=login, until=factors.until(), host=ask.host, state=given))
    kinds = {one.kind for one in there} - ({FactorKind.PASSKEY} if not here else set())
    return InputError(
        "second-factor",
        ticket=ticket,
        ways=sorted(kinds),
        hosts=sorted({one.host for one in there if one.kind is FactorKind.PASSKEY}),
        passkey=options,
    )


async def _owner(
    body: LogIn, ask: Ask, accounts: Accounts, factors: Factors, db: Database
) -> tuple[None, tuple[Factor, ...]]:
    stored = accounts.owners_password()
    if stored is None:
        raise InputError("not-set-up")
    ask.tell(who=OWNER.login)
    there = factors.owners.read()
    await accounts.check_password(
        body.password, ask.address, stored=stored, forgives=not counted(there)
    )
    if body.new_password is not None:
        check_new(body.new_password, OWNER.login, body.password)
        await set_owners_password(accounts, db, body.new_password, but="")
    return None, there


async def _person(
    login: str, body: LogIn, ask: Ask, accounts: Accounts, factors: Factors, db: Database
) -> tuple[Account, tuple[Factor, ...]]:
    async with db.transaction() as connection:
        account = await store.by_login(connection, login)
    there: tuple[Factor, ...] = ()
    if account is not None:
        ask.tell(who=account.login)
        there = await factors.of(account.id)
    await accounts.check_password(
        body.password,
        ask.address,
        login=login,
        stored=account.password if account else None,
        forgives=not counted(there),
    )
    assert account is not None
    if account.disabled:
        raise InputError("account-disabled")
    if body.new_password is not None:
        check_new(body.new_password, login, body.password)
        await set_password(db, accounts, account, body.new_password, but="")
    elif account.must_change:
        raise InputError("password-must-change")
    return account, there


async def _open(
    account: Account | None, ask: Ask, accounts: Accounts, db: Database, *, enrolled: bool
) -> Opened:
    """A new session; of who must have a second factor and hasn't, one to set it up."""
    person = account.person if account else OWNER
    if not enrolled and accounts.roles.demands_factor(person):
        person = replace(person, made=MUST_ENROL)
    opened = accounts.new_session(person)
    if account is None:
        accounts.saw(opened.signed, ask.address, ask.device)  # ``watch`` notes it in the database
        return opened
    async with db.transaction() as connection:
        await store.begin(connection, opened, clock.now(), ask.address, ask.device)
    accounts.names[account.login] = account.name
    return opened


@endpoint(
    "GET",
    "/api/session",
    "Who is logged in, with what rights, and how many tries are left",
    needs_session=False,
)
async def session(ask: Ask, accounts: Accounts, catalogue: Catalogue) -> Session:
    """Answers 200 to everybody: the log-in page asks it first."""
    return state(accounts, catalogue, ask, opened_of(ask))


def opened_of(ask: Ask) -> Opened | None:
    """The asker's session, without its cookie."""
    if ask.role is None or ask.session_until is None:
        return None
    person = Person(login=ask.who, role=ask.role, agent=ask.agent, made=ask.made)
    signed = Signed(person=person, id=ask.session_id, until=ask.session_until)
    return Opened(cookie="", signed=signed)


@endpoint("DELETE", "/api/session", "Log out", needs_session=False)
async def log_out(
    ask: Ask, accounts: Accounts, catalogue: Catalogue, db: Database
) -> Reply[Session]:
    """The cookie is taken away and its session ends everywhere, with or without the database."""
    if ask.session_id:
        accounts.end(ask.session_id, ask.agent)
        try:
            async with db.transaction() as connection:
                await store.end(connection, [ask.session_id])
        except LineboxError as error:
            log.info("a log-out isn't noted in the database: %s", error)
    return Reply(answer=state(accounts, catalogue, ask), cookie="")


ENDPOINTS = (log_in, give_second_factor, session, log_out)
