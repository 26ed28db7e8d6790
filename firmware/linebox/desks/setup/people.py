"""People made in the wizard, whole: agent, log-in, telephone (SET-1); practice people removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg import AsyncConnection

from linebox.base.roles import Role
from linebox.base.shapes import Problem, invalid
from linebox.desks.installer import seed
from linebox.features.accounts import store as accounts
from linebox.features.agents import store as agents
from linebox.features.agents.model import Agent, Membership
from linebox.features.agents.service import hash_pin, new_pin
from linebox.features.extensions import store as extensions
from linebox.features.extensions.model import Extension
from linebox.features.extensions.service import new_secret
from linebox.features.routing import store as groups
from linebox.features.settings.model import Author
from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """``extension``: of the telephone on their desk; empty: the browser is all they need."""

    number: str
    name: str
    extension: str
    code: str = field(repr=False)
    hashed_code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the newcomer must be told; told once. ``pin`` and ``secret`` are the telephone's."""

    number: str
    name: str
    code: str = field(repr=False)
    extension: str
    pin: str = field(repr=False)
    secret: str = field(repr=False)


async def add(
    connection: AsyncConnection, author: Author, people: Sequence[Newcomer], language: Language
) -> tuple[Made, ...]:
    """All of them or none; they join the first group. Raises ``InputError("invalid-input")``."""
    await _refuse_taken(connection, people)
    first = next(iter(await groups.read(connection)), None)
    joins = (Membership(group_id=first.id, penalty=0),) if first else ()
    made = []
    for one in people:
        pin, secret = new_pin(), ""
        salt, hash_ = hash_pin(pin)
        agent = Agent(
            number=one.number,
            name=one.name,
            pin_salt=salt,
            pin_hash=hash_,
            language=language,
            memberships=joins,
        )
        await agents.save(connection, author, agent)
        await accounts.create(
            connection,
            login=one.number,
            name=one.name,
            role=Role.AGENT,
            made=None,
            password=one.hashed_code,
        )
        if one.extension:
            secret = new_secret()
            phone = Extension(number=one.extension, name=one.name, secret=secret)
            await extensions.save(connection, author, phone)
        made.append(
            Made(
                number=one.number,
                name=one.name,
                code=one.code,
                extension=one.extension,
                pin=pin,
                secret=secret,
            )
        )
    return tuple(made)


async def _refuse_taken(connection: AsyncConnection, people: Sequence[Newcomer]) -> None:
    """A number is one person's or one telephone's: both are dialled the same way."""
    taken = {one.number for one in await agents.read(connection)}
    taken |= {one.number for one in await extensions.read(connection)}
    taken |= {one.login for one in await accounts.read(connection)}
    problems = []
    for n, one in enumerate(people):
        for name, number in (("number", one.number), ("extension", one.extension)):
            if number in taken:
                problems.append(Problem(f"people.{n}.{name}", "already-exists", {"key": number}))
            elif number:
                taken.add(number)
    if problems:
        raise invalid(*problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """Numbers of those who came with the box, as far as nobody has changed them since."""

    agents: frozenset[str]
    extensions: frozenset[str]
    accounts: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.agents or self.extensions or self.accounts)


async def practice(connection: AsyncConnection) -> Practice:
    """Who of them is still there: known by number and name."""
    staff = {one.number: one.name for one in await agents.read(connection)}
    phones = {one.number: one.name for one in await extensions.read(connection)}
    logins = {one.login: one.name for one in await accounts.read(connection)}
    return Practice(
        agents=frozenset(n for n, name in seed.AGENTS.items() if staff.get(n) == name),
        extensions=frozenset(n for n, name in seed.PHONES.items() if phones.get(n) == name),
        accounts=frozenset(n for n, name in seed.STAFF.items() if logins.get(n) == name),
    )


async def remove_practice(connection: AsyncConnection, author: Author) -> Practice:
    """They are gone, with their log-ins; who were in, the caller has logged out before."""
    gone = await practice(connection)
    for number in sorted(gone.agents):
        await agents.delete(connection, author, number)
    for number in sorted(gone.extensions):
        await extensions.delete(connection, author, number)
    for login in sorted(gone.accounts):
        await accounts.remove(connection, login)
    return gone
