"""Who may log in, and a session as its cookie says it (SEC-1)."""

from __future__ import annotations

from dataclasses import dataclass
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
