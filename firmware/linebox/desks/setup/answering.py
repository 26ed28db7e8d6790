"""What callers meet, as the wizard asks for it: first group, greeting, opening hours (SET-1).

It changes what the box came with: the first group, the greeting of the main number, its hours; the
rest stays as the settings pages have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from psycopg import AsyncConnection

from linebox.base.errors import InputError
from linebox.base.shapes import problem
from linebox.desks.installer.seed import DIDS
from linebox.features.agents import store as agents
from linebox.features.agents.model import Membership
from linebox.features.calendars import store as calendars
from linebox.features.calendars.model import Calendar, Hours
from linebox.features.numbering import store as numbering
from linebox.features.numbering.model import Did
from linebox.features.prompts import store as prompts
from linebox.features.prompts.model import Prompt
from linebox.features.routing import store as groups
from linebox.features.routing.model import Group
from linebox.features.settings.model import Author


def main_number(dids: Sequence[Did]) -> Did | None:
    """The number that people are told: a 400 or 800 number, else the first."""
    short = (one for one in dids if one.number.startswith(("400", "800")))
    return next(short, next(iter(dids), None))


async def first_group(connection: AsyncConnection) -> Group | None:
    return next(iter(await groups.read(connection)), None)


async def save_group(
    connection: AsyncConnection, author: Author, *, name_zh: str, name_en: str, members: set[str]
) -> None:
    """The first group's names, and exactly these members. Raises ``InputError``: ``not-found``;
    ``no-such-agent`` at ``members``."""
    group = await first_group(connection)
    if group is None:
        raise InputError("not-found", what="group", key="1")
    staff = await agents.read(connection)
    if members - {one.number for one in staff}:
        raise problem("members", "no-such-agent")
    await groups.save(connection, author, replace(group, name_zh=name_zh, name_en=name_en))
    for agent in staff:
        is_in = any(one.group_id == group.id for one in agent.memberships)
        wanted = agent.number in members
        if is_in == wanted:
            continue
        others = tuple(one for one in agent.memberships if one.group_id != group.id)
        joined = (*others, Membership(group_id=group.id, penalty=0)) if wanted else others
        await agents.save(connection, author, replace(agent, memberships=joined))


async def greeting(connection: AsyncConnection) -> Prompt | None:
    """What callers of the main number hear first."""
    did = main_number(await numbering.dids(connection))
    if did is None or did.greeting_id is None:
        return None
    return await prompts.one(connection, did.greeting_id)


async def save_greeting(
    connection: AsyncConnection,
    author: Author,
    *,
    text_zh: str,
    text_en: str,
    file_zh: str | None,
    file_en: str | None,
) -> None:
    """The main number says this from now on. Raises ``InputError("not-found")``."""
    did = main_number(await numbering.dids(connection))
    if did is None:
        raise InputError("not-found", what="did", key="")
    old = None if did.greeting_id is None else await prompts.one(connection, did.greeting_id)
    if old is not None:
        spoken = replace(
            old, text_zh=text_zh, text_en=text_en, file_zh=file_zh, file_en=file_en, builtin=None
        )
        await prompts.save(connection, author, spoken)
        return
    made = Prompt(
        id=0,
        name="欢迎语 Greeting",
        text_zh=text_zh,
        text_en=text_en,
        file_zh=file_zh,
        file_en=file_en,
    )
    id_ = await prompts.save(connection, author, made)
    await numbering.save_did(connection, author, replace(did, greeting_id=id_))


async def save_number(connection: AsyncConnection, author: Author, number: str) -> None:
    """People are told this number from now on: its callers meet what those of the main number met.
    The numbers that came with the box go."""
    there = await numbering.dids(connection)
    main = main_number(there)
    if main is None or main.number == number:
        return
    await numbering.save_did(connection, author, replace(main, number=number))
    for did in there:
        if did.number in DIDS and did.number != number:
            await numbering.delete_did(connection, author, did.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """``always``: round the clock, whatever ``hours`` say."""

    always: bool
    hours: tuple[Hours, ...]


async def opening(connection: AsyncConnection) -> Opening:
    """The main number's hours; those of the office, when it is open round the clock."""
    did = main_number(await numbering.dids(connection))
    known = {one.id: one for one in await calendars.read(connection)}
    own = None if did is None else known.get(did.calendar_id)
    office = own if own and not own.always_open else _office(known.values())
    return Opening(always=own is None or own.always_open, hours=office.hours if office else ())


async def save_opening(connection: AsyncConnection, author: Author, wish: Opening) -> None:
    """All numbers that kept the box's own hours keep these now."""
    known = {one.id: one for one in await calendars.read(connection)}
    always = next((one for one in known.values() if one.always_open), None)
    office = _office(known.values())
    theirs = {one.id for one in (always, office) if one is not None}
    if wish.always:
        id_ = always.id if always else await _new(connection, author, "全天 24/7", always=True)
    elif office is not None:
        id_ = office.id
        await calendars.save(connection, author, replace(office, hours=wish.hours))
    else:
        id_ = await _new(connection, author, "工作时间 Office", hours=wish.hours)
    for did in await numbering.dids(connection):
        if did.calendar_id in theirs and did.calendar_id != id_:
            await numbering.save_did(connection, author, replace(did, calendar_id=id_))


def _office(known: Iterable[Calendar]) -> Calendar | None:
    return next((one for one in known if not one.always_open), None)


async def _new(
    connection: AsyncConnection,
    author: Author,
    name: str,
    *,
    always: bool = False,
    hours: tuple[Hours, ...] = (),
) -> int:
    made = Calendar(id=0, name=name, always_open=always, hours=hours)
    return await calendars.save(connection, author, made)
