"""Who may log in, and a session as its cookie says it (SEC-1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from linebox.base.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account as a session bears it. ``agent``: the staff number, empty for who is no agent."""

    login: str
    role: Role
    agent: str = ""


#: The box's owner: the setup code's password, no row in the database.
OWNER: Final = Person(login="owner", role=Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A session, after its cookie's signature held."""

    person: Person
    id: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that has just begun: its cookie, and what is noted of it."""

    cookie: str = field(repr=False)
    signed: Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When and from where a session was last used."""

    signed: Signed
    at: datetime
    address: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """``password``: scrypt, None before the first one. ``must_change``: it is a one-time one.

    ``state`` changes whenever a field does. ``open_sessions`` and ``seen_at`` (None: never yet)
    are for the administrators' list.
    """

    id: int
    login: str
    name: str
    role: Role
    agent: str
    password: str | None = field(repr=False)
    must_change: bool
    disabled: bool
    state: str
    open_sessions: int = 0
    seen_at: datetime | None = None

    @property
    def person(self) -> Person:
        return Person(login=self.login, role=self.role, agent=self.agent)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNote:
    """An open session as the database has noted it. ``login`` is the owner's for theirs."""

    id: str
    login: str
    name: str
    role: Role
    agent: str
    made_at: datetime
    seen_at: datetime
    until: datetime
    address: str
    device: str
