"""The first-run wizard over HTTP (SET-1): what it shows, and what each step saves.

Saving doesn't apply: the page then asks for a generation (``POST /api/generations``), as every
page does, so that what is wrong is told in the same words.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from linebox.base import clock
from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError, LineboxError
from linebox.base.shapes import Count, Length, problem
from linebox.desks.setup import answering, people
from linebox.desks.setup.people import Made, Newcomer
from linebox.features.accounts.api import Secret, choose_owners_password
from linebox.features.accounts.model import OWNER
from linebox.features.accounts.secrets import hash_password, new_code
from linebox.features.accounts.service import Accounts
from linebox.features.agents import store as agents
from linebox.features.agents.acts import Act, Do
from linebox.features.agents.calld import Calld
from linebox.features.calendars.api import HoursInput, check_hours
from linebox.features.calendars.model import Hours
from linebox.features.extensions import store as extensions
from linebox.features.numbering import store as numbering
from linebox.features.prompts.api import SoundFile
from linebox.features.settings import store as settings
from linebox.features.settings.resources import author
from linebox.features.setup import store
from linebox.features.setup.model import STEPS, Step, StepState
from linebox.model.languages import Language
from linebox.model.spelling import HouseNumber, LanguageCode, Name
from linebox.store.pool import Database

type GreetingText = Annotated[str, Length(0, 2000, lines=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStep:
    name: Step
    state: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupCompany:
    name_zh: str
    name_en: str
    time_zone: str
    language: LanguageCode


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPerson:
    """``practice``: came with the box. ``in_group``: answers for the first group."""

    number: str
    name: str
    practice: bool
    in_group: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPhone:
    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupGroup:
    id: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupGreeting:
    """Empty texts: what the box came with. A file (``POST /api/prompts/sounds``) goes before the
    text of its language."""

    text_zh: GreetingText = ""
    text_en: GreetingText = ""
    file_zh: SoundFile | None = None
    file_en: SoundFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupHours:
    """``always``: round the clock, whatever ``hours`` say."""

    always: bool
    hours: Annotated[tuple[HoursInput, ...], Count(0, 70)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How far the wizard has come, and what it begins each step with.

    ``left``: log-in no longer leads to it. ``fresh``: the owner has no password of their own yet.
    ``practice``: people who came with the box are still there. ``number``: the one that people are
    told, empty without any. ``at``: the box's clock.
    """

    done: bool
    left: bool
    step: Step
    steps: tuple[SetupStep, ...]
    fresh: bool
    at: datetime
    company: SetupCompany
    practice: bool
    people: tuple[SetupPerson, ...]
    phones: tuple[SetupPhone, ...]
    group: SetupGroup | None
    greeting: SetupGreeting
    hours: SetupHours
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWish:
    """``open``: go on there."""

    outcome: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersPassword:
    new_password: Secret = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """``extension``: of a telephone on the desk; null: the browser is all they need."""

    number: HouseNumber
    name: Name
    extension: HouseNumber | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPeople:
    people: Annotated[tuple[NewPerson, ...], Count(1, 20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePerson:
    """What the person must be told; in this answer only.

    ``one_time_password`` opens the pages once; ``extension``, ``secret`` and ``pin`` are for a
    telephone on the desk, empty without one."""

    number: str
    name: str
    one_time_password: str = field(repr=False)
    extension: str
    secret: str = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePeople:
    items: tuple[MadePerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeGone:
    """How many agents and telephones went."""

    agents: int
    extensions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWish:
    name_zh: Name
    name_en: Name
    members: Annotated[tuple[HouseNumber, ...], Count(0, 500)]


@endpoint("GET", "/api/setup", "The first-run wizard: how far it is, and what is there already")
async def get_setup(db: Database, accounts: Accounts) -> Setup:
    async with db.transaction() as connection:
        progress = await store.read(connection)
        company = await settings.company(connection)
        staff = await agents.read(connection)
        phones = await extensions.read(connection)
        practice = await people.practice(connection)
        group = await answering.first_group(connection)
        prompt = await answering.greeting(connection)
        opening = await answering.opening(connection)
        did = answering.main_number(await numbering.dids(connection))
    return Setup(
        done=progress.done_at is not None,
        left=progress.left_at is not None,
        step=progress.step,
        steps=tuple(SetupStep(name=one, state=progress.outcome(one)) for one in STEPS),
        fresh=not accounts.owner_chose(),
        at=clock.now(),
        company=SetupCompany(
            name_zh=company.name_zh,
            name_en=company.name_en,
            time_zone=company.time_zone,
            language=Language(company.language).value,
        ),
        practice=bool(practice),
        people=tuple(
            SetupPerson(
                number=one.number,
                name=one.name,
                practice=one.number in practice.agents,
                in_group=group is not None
                and any(joined.group_id == group.id for joined in one.memberships),
            )
            for one in staff
        ),
        phones=tuple(SetupPhone(number=one.number, name=one.name) for one in phones),
        group=SetupGroup(id=group.id, name_zh=group.name_zh, name_en=group.name_en)
        if group
        else None,
        greeting=SetupGreeting(
            text_zh=prompt.text_zh,
            text_en=prompt.text_en,
            file_zh=prompt.file_zh,
            file_en=prompt.file_en,
        )
        if prompt and not prompt.builtin
        else SetupGreeting(),
        hours=SetupHours(
            always=opening.always,
            hours=tuple(
                HoursInput(weekday=one.weekday, opens=one.opens, closes=one.closes)
                for one in opening.hours
            ),
        ),
        number=did.number if did else "",
    )


@endpoint("POST", "/api/setup/leave", "Leave the wizard for now: log-in no longer leads to it")
async def leave_setup(db: Database) -> None:
    """The box answers as it is set; the wizard goes on where it was when it is opened again."""
    async with db.transaction() as connection:
        await store.leave(connection)


@endpoint(
    "POST", "/api/setup/password", "The owner's first password of their own", errors=(403, 409)
)
async def choose_password(ask: Ask, accounts: Accounts, db: Database, body: OwnersPassword) -> None:
    """For the owner, let in by the setup code; that code opens nothing from then on."""
    if ask.who != OWNER.login:
        raise InputError("not-allowed", roles=[OWNER.login])
    await choose_owners_password(accounts, db, body.new_password, but=ask.session_id)


@endpoint(
    "POST",
    "/api/setup/people",
    "People with log-in and, if wanted, a telephone; what they must be told is in this answer only",
    status=201,
    timeout_s=28.0,
)
async def add_people(db: Database, ask: Ask, body: NewPeople) -> MadePeople:
    """All of them or none. They answer for the first group."""
    codes = [new_code() for _ in body.people]
    hashed = [await asyncio.to_thread(hash_password, code) for code in codes]
    newcomers = tuple(
        Newcomer(
            number=one.number,
            name=one.name,
            extension=one.extension or "",
            code=code,
            hashed_code=hash_,
        )
        for one, code, hash_ in zip(body.people, codes, hashed, strict=True)
    )
    async with db.transaction() as connection:
        language = Language((await settings.company(connection)).language)
        made = await people.add(connection, author(ask), newcomers, language)
    return MadePeople(items=tuple(_told(one) for one in made))


def _told(made: Made) -> MadePerson:
    has_phone = bool(made.extension)
    return MadePerson(
        number=made.number,
        name=made.name,
        one_time_password=made.code,
        extension=made.extension,
        secret=made.secret,
        pin=made.pin if has_phone else "",
    )


@endpoint("POST", "/api/setup/practice/remove", "Take the people away who came with the box")
async def remove_practice(db: Database, calld: Calld, ask: Ask) -> PracticeGone:
    """They are logged out first; their telephones know nothing more once it is applied."""
    async with db.transaction() as connection:
        there = await people.practice(connection)
    for number in sorted(there.agents):
        try:
            await calld.act(Act(do=Do.LOGOUT, agent=number, by=ask.who, reason="supervisor"))
        except LineboxError:
            continue  # is out, or nobody can be logged out now: their phone goes with them
    async with db.transaction() as connection:
        gone = await people.remove_practice(connection, author(ask))
    return PracticeGone(agents=len(gone.agents), extensions=len(gone.extensions))


@endpoint("POST", "/api/setup/group", "The first group's names and members", errors=(404,))
async def save_first_group(db: Database, ask: Ask, body: GroupWish) -> None:
    async with db.transaction() as connection:
        await answering.save_group(
            connection,
            author(ask),
            name_zh=body.name_zh,
            name_en=body.name_en,
            members=set(body.members),
        )


@endpoint("POST", "/api/setup/greeting", "What callers of the main number hear first")
async def save_greeting(db: Database, ask: Ask, body: SetupGreeting) -> None:
    """One language left empty is greeted by the company's name."""
    if not (body.text_zh.strip() or body.text_en.strip() or body.file_zh or body.file_en):
        raise problem("text_zh", "missing")
    async with db.transaction() as connection:
        company = await settings.company(connection)
        await answering.save_greeting(
            connection,
            author(ask),
            text_zh=body.text_zh.strip() or f"您好，欢迎致电{company.name_zh}。",
            text_en=body.text_en.strip() or f"Thank you for calling {company.name_en}.",
            file_zh=body.file_zh,
            file_en=body.file_en,
        )


@endpoint("POST", "/api/setup/hours", "When the main number is answered")
async def save_hours(db: Database, ask: Ask, body: SetupHours) -> None:
    hours = tuple(
        Hours(weekday=one.weekday, opens=one.opens, closes=one.closes) for one in body.hours
    )
    check_hours(hours)
    if not (body.always or hours):
        raise problem("hours", "too-few", min=1)
    async with db.transaction() as connection:
        await answering.save_opening(
            connection, author(ask), answering.Opening(always=body.always, hours=hours)
        )


@endpoint("POST", "/api/setup/steps/{step}", "A step is done or skipped, or is where to go on")
async def mark_step(step: Step, db: Database, body: StepWish) -> None:
    async with db.transaction() as connection:
        if body.outcome is StepState.OPEN:
            await store.go(connection, step)
        else:
            await store.mark(connection, step, body.outcome)


ENDPOINTS = (
    get_setup,
    leave_setup,
    choose_password,
    add_people,
    remove_practice,
    save_first_group,
    save_greeting,
    save_hours,
    mark_step,
)
