"""Who may log in, and a session as its cookie says it (SEC-1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from linebox.base.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account as a session bears it. ``agent``: the staff number, empty for who is no agent.

    ``made``: the owner-made role's id, None for the built-in ``role`` itself, ``MUST_ENROL`` for
    who may do nothing yet but set up a second factor.
    """

    login: str
    role: Role
    agent: str = ""
    made: int | None = None


#: No role's id: it keeps no right at all.
MUST_ENROL: Final = 0

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

    ``made``: id of the owner-made role. ``factors``: how many second factors there are, recovery
    codes not counted. ``state`` changes whenever a field does. ``open_sessions`` and ``seen_at``
    (None: never yet) are for the administrators' list.
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
    made: int | None = None
    factors: int = 0

    @property
    def person(self) -> Person:
        return Person(login=self.login, role=self.role, agent=self.agent, made=self.made)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRole:
    """A role of the owner's making: ``base`` with no more than ``rights``. ``id`` 0 for a new one;
    ``second_factor``: who has it must give one at log-in."""

    id: int
    name_zh: str
    name_en: str
    base: Role
    rights: frozenset[str]
    second_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRules:
    """What webd must know of roles with the database dead: the owner-made ones by id, and the
    built-in ones that demand a second factor."""

    made: tuple[MadeRole, ...] = ()
    second_factor: frozenset[Role] = frozenset()


class FactorKind(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A second factor. ``host``: the name that a passkey is for. ``secret``: sealed key of an
    authenticator, a passkey's public key, or a recovery code's hash. ``count``: the last step used,
    or a passkey's counter. ``id`` 0: not stored yet."""

    id: int
    kind: FactorKind
    name: str
    host: str
    secret: str = field(repr=False)
    count: int
    made_at: datetime
    used_at: datetime | None
