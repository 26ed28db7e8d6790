"""What an agent's desk asks: the screen pop and a customer's history (AGT-3, CRM-1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from psycopg.rows import DictRow

from linebox.base import rights
from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.roles import EVERYBODY, Role
from linebox.base.shapes import Form, Length, Range
from linebox.desks.agent import store
from linebox.features.customers import store as customers
from linebox.features.customers.api import Customer, answer
from linebox.features.customers.regions import Regions
from linebox.features.customers.service import sight
from linebox.features.service import store as records
from linebox.features.settings.service import found
from linebox.model.masking import masked
from linebox.model.spelling import RowId
from linebox.store.pool import Database

type CallId = Annotated[
    str,
    Length(3, 60),
    Form(r"s[0-9]{8}-[0-9]{1,12}\.[0-9]{1,12}", "通话编号", "a call's id"),
]
type Caller = Annotated[
    str, Length(0, 21), Form(r"[0-9*#+]*|anonymous|invalid", "来电号码", "a caller's number")
]

_POP_CALLS: Final = 20
#: What a key leads to when that has no name of its own.
_KINDS: Final = {
    "voicemail": ("留言", "Voicemail"),
    "selfservice": ("自助查询", "Self service"),
    "repeat": ("重听", "Repeat"),
    "hangup": ("挂断", "Hang up"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PopQuery:
    """From the headers of the leg that rings (docs/names.md, "Browser phone"). ``keys``: menu and
    key, as ``1:1,3:2``; without ``from`` the call is looked up."""

    call: CallId | None = None
    from_: Caller = ""
    keys: Annotated[str, Length(0, 200)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionName:
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """A key that was pressed and what it meant; empty labels: the menu has no such key now."""

    menu: int
    key: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAgent:
    number: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRecord:
    """What was written of a call. ``category``: the head and what is under it."""

    category_zh: str
    category_en: str
    outcome: Literal["solved", "follow-up", "transferred"] | None
    note: str
    draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """A call of the customer. ``own``: the asker's, who may open it."""

    call: str
    direction: Literal["in", "out"]
    started_at: datetime
    result: str
    did: str
    agent: str | None
    agent_name: str | None
    group_name_zh: str | None
    group_name_en: str | None
    wait_s: float | None
    talk_s: float | None
    rating: int | None
    own: bool
    record: PastRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFollowUp:
    """A lost call that nobody has closed yet. ``owner``: the log-in of who looks after it."""

    id: int
    call: str
    kind: Literal["missed", "abandoned", "blocked", "voicemail", "cut"]
    lost_at: datetime
    state: Literal["open", "taken", "called"]
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop:
    """All that is known of a caller. ``vip``: the level now, 0 for none; ``last_agent``: who talked
    with them last."""

    call: str | None
    number: str
    region: RegionName | None
    vip: int
    customer: Customer | None
    last_agent: LastAgent | None
    history: tuple[PastCall, ...]
    open_follow_ups: tuple[OpenFollowUp, ...]
    path: tuple[PathStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Of a card, or of a ``number`` that may have none. ``before``: only calls that began then."""

    customer: RowId | None = None
    number: Caller = ""
    before: datetime | None = None
    limit: Annotated[int, Range(1, 100)] = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Newest first. ``more``: older ones are there."""

    items: tuple[PastCall, ...]
    more: bool


@endpoint(
    "GET",
    "/api/desk/pop",
    "All that is known of a caller",
    roles=EVERYBODY,
    right="desk.see",
    errors=(404,),
)
async def get_pop(db: Database, regions: Regions, ask: Ask, query: PopQuery) -> Pop:
    async with db.transaction() as connection:
        number = query.from_
        if not number and query.call:
            if ask.role is Role.AGENT and not await records.is_theirs(
                connection, query.call, ask.agent
            ):
                raise InputError("not-found", what="call", key=query.call)
            number = await store.number_of(connection, query.call)
        caller = await store.caller(connection, number)
        customer = (
            await customers.one(connection, caller["customer"]) if caller["customer"] else None
        )
        pressed = _pressed(query.keys)
        steps = await store.path(connection, pressed) if pressed else []
        seen = await sight(connection, ask)
        numbers: tuple[str, ...] = ()
        if number not in _NOBODY:
            numbers = (caller["number"], *(customer.card.numbers if customer else ()))
        past = await store.history(
            connection, numbers, before=datetime.now(UTC), limit=_POP_CALLS, but=query.call or ""
        )
        lost = await store.follow_ups(connection, numbers)
    place = await regions.of(number)
    return Pop(
        call=query.call,
        number=number if ask.may(rights.NUMBERS_WHOLE) else masked(number),
        region=RegionName(zh=place.zh, en=place.en) if place else None,
        vip=int(caller["level"] or 0),
        customer=answer(customer, seen) if customer and ask.may("customers.see") else None,
        last_agent=next(
            (
                LastAgent(number=one["agent"], name=one["agent_name"] or "", at=one["started_at"])
                for one in past
                if one["agent"]
            ),
            None,
        ),
        history=tuple(_past(one, ask) for one in past) if ask.may("calls.see") else (),
        open_follow_ups=tuple(OpenFollowUp(**one) for one in lost)
        if ask.may("follow_ups.see")
        else (),
        path=tuple(_step(*one, said) for one, said in zip(pressed, steps, strict=True)),
    )


@endpoint(
    "GET",
    "/api/desk/history",
    "A customer's calls",
    roles=EVERYBODY,
    right="customers.see",
    also="calls.see",
    errors=(404,),
)
async def get_history(db: Database, ask: Ask, query: HistoryQuery) -> History:
    async with db.transaction() as connection:
        numbers: tuple[str, ...]
        if query.customer is not None:
            card = found(
                await customers.one(connection, query.customer), "customer", query.customer
            )
            numbers = card.card.numbers
        elif query.number in _NOBODY:
            numbers = ()
        else:
            numbers = ((await store.caller(connection, query.number))["number"],)
        past = await store.history(
            connection,
            numbers,
            before=query.before or datetime.now(UTC),
            limit=query.limit + 1,
            but="",
        )
    return History(
        items=tuple(_past(one, ask) for one in past[: query.limit]), more=len(past) > query.limit
    )


_NOBODY: Final = ("", "anonymous", "invalid")


def _pressed(keys: str) -> list[tuple[int, str]]:
    """The path's steps; what isn't ``menu:key`` is passed over, as it tells nobody anything."""
    return [
        (int(menu), key) for menu, key in re.findall(r"(?:^|,)([0-9]{1,4}):([0-9*#])(?=,|$)", keys)
    ]


def _step(menu: int, key: str, said: DictRow) -> PathStep:
    name = said["menu_name"] or ""
    zh, en = _KINDS.get(said["kind"], (said["name_zh"] or name, said["name_en"] or name))
    return PathStep(menu=menu, key=key, label_zh=zh, label_en=en)


def _past(row: DictRow, ask: Ask) -> PastCall:
    record = None
    hides = row["direction"] == "out" and not ask.may(rights.NUMBERS_WHOLE)
    if row["draft"] is not None and ask.may("service.see"):
        record = PastRecord(
            category_zh=" · ".join(filter(None, (row["head_zh"], row["category_zh"]))),
            category_en=" · ".join(filter(None, (row["head_en"], row["category_en"]))),
            outcome=row["outcome"],
            note=row["note"],
            draft=row["draft"],
        )
    return PastCall(
        call=row["call"],
        direction=row["direction"],
        started_at=row["started_at"],
        result=row["result"],
        agent=row["agent"],
        agent_name=row["agent_name"],
        group_name_zh=row["group_name_zh"],
        group_name_en=row["group_name_en"],
        wait_s=row["wait_s"],
        talk_s=row["talk_s"],
        rating=row["rating"],
        did=masked(row["did"]) if hides else row["did"],
        own=ask.role is not Role.AGENT or row["agent"] == ask.agent,
        record=record,
    )


ENDPOINTS = (get_pop, get_history)
