"""Log in and out. One account for now: the owner, by the setup code's password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from linebox.base.endpoints import Ask, Reply, endpoint
from linebox.base.roles import Role
from linebox.base.shapes import Length
from linebox.features.accounts.model import OWNER, Person
from linebox.features.accounts.service import Accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    password: Annotated[str, Length(1, 200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``user`` is the login, ``agent`` the staff number of who is an agent.

    ``tries_left`` before log-in is locked for ``locked_s`` more seconds (0 = it isn't);
    ``set_up``: a password exists."""

    logged_in: bool
    user: str | None
    role: Role | None
    agent: str | None
    expires_at: datetime | None
    set_up: bool
    tries_left: int
    locked_s: int


def _state(
    accounts: Accounts, ask: Ask, person: Person | None, expires_at: datetime | None
) -> Session:
    locked_s, tries_left = accounts.allowance(ask.address)
    return Session(
        logged_in=expires_at is not None,
        user=person.login if person else None,
        role=person.role if person else None,
        agent=person.agent or None if person else None,
        expires_at=expires_at,
        set_up=accounts.set_up(),
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
    errors=(401, 429),
)
async def log_in(body: LogIn, ask: Ask, accounts: Accounts) -> Reply[Session]:
    """The answer sets the cookie ``__Host-linebox``. A wrong password is answered slowly."""
    await accounts.check_password(body.password, ask.address)
    token, expires_at = accounts.new_session()
    return Reply(
        answer=_state(accounts, ask, OWNER, expires_at),
        cookie=token,
        cookie_max_age_s=accounts.SESSION_S,
    )


@endpoint(
    "GET", "/api/session", "Who is logged in, and how many tries are left", needs_session=False
)
async def session(ask: Ask, accounts: Accounts) -> Session:
    """Answers 200 to everybody: the log-in page asks it first."""
    person = Person(login=ask.who, role=ask.role, agent=ask.agent) if ask.role else None
    return _state(accounts, ask, person, ask.session_until)


@endpoint("DELETE", "/api/session", "Log out", needs_session=False)
async def log_out(ask: Ask, accounts: Accounts) -> Reply[Session]:
    """The cookie is taken away and its session ends everywhere."""
    accounts.end(ask.session_id)
    return Reply(answer=_state(accounts, ask, None, None), cookie="")


ENDPOINTS = (log_in, session, log_out)
