"""The list of calls and one call whole (REC-2, RPT-5); an agent's own of both (AGT-5, SEC-3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from linebox.base import rights
from linebox.base.endpoints import Ask, endpoint
from linebox.base.roles import AGENTS, EVERYBODY, SUPERVISORS
from linebox.base.shapes import Form, Length, Range
from linebox.features.calls import search
from linebox.model.masking import hidden, masked
from linebox.model.spelling import HouseNumber, RowId
from linebox.store.pool import Database

type CallId = Annotated[
    str,
    Length(3, 60),
    Form(r"s[0-9]{8}-[0-9]{1,12}\.[0-9]{1,12}", "通话编号", "a call's id"),
]
type Result = Literal[
    "open",
    "answered",
    "abandoned",
    "voicemail",
    "blocked",
    "closed",
    "menu",
    "selfservice",
    "unknown-did",
    "cut",
    "internal",
    "busy",
    "no-answer",
    "failed",
]


type Direction = Literal["in", "out", "internal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """All given conditions must hold. ``number``: part of the caller's or called number, from 3
    digits; ``agent`` took part in it; ``key``: a menu key that was pressed, ``1``, or in one menu,
    ``3:1``; ``talk_from_s``, ``talk_to_s``: seconds of talk, both included; ``note``: words in its
    service record; ``cursor``: ``next_cursor`` of the page before."""

    since: datetime | None = None
    until: datetime | None = None
    number: Annotated[str, Length(3, 21), Form(r"\+?[0-9]+", "数字", "digits")] | None = None
    agent: HouseNumber | None = None
    group: RowId | None = None
    direction: Direction | None = None
    result: Result | None = None
    rating: Annotated[int, Range(1, 5)] | None = None
    key: (
        Annotated[
            str,
            Length(1, 6),
            Form(r"(?:[1-9][0-9]{0,3}:)?[0-9*#]", "按键，如 1 或 3:1", "a key, as 1 or 3:1"),
        ]
        | None
    ) = None
    talk_from_s: Annotated[int, Range(0, 86_400)] | None = None
    talk_to_s: Annotated[int, Range(0, 86_400)] | None = None
    note: Annotated[str, Length(1, 60)] | None = None
    recorded: bool | None = None
    follow_up: bool | None = None
    limit: Annotated[int, Range(1, 200)] = 50
    cursor: Annotated[str, Length(1, 120)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One line of the list. Times of the stages are null when the call never came there."""

    id: str
    direction: Direction
    trunk: str
    from_number: str
    from_name: str
    did: str
    vip: int
    generation: int | None
    started_at: datetime
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    result: Result
    cut: bool
    group_id: int | None
    group_name_zh: str | None
    group_name_en: str | None
    agent: str | None
    agent_name: str | None
    extension: str | None
    wait_s: float | None
    ring_s: float | None
    talk_s: float | None
    keys: str
    rating: int | None
    needs_follow_up: bool
    recordings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCounts:
    """How many calls match, and how many of these with each result; both are null when there are
    more than ``most``."""

    most: int
    total: int | None
    by_result: Mapping[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """Newest first. ``next_cursor`` is null on the last page, ``counts`` on all but the first."""

    items: tuple[CallRow, ...]
    next_cursor: str | None
    counts: CallCounts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeg:
    """One telephone's part. ``cause``: Q.850; ``lost``: it went away without a hang-up; ``talk_s``:
    how long it was with the customer, null if never."""

    uniqueid: str
    channel: str
    number: str
    agent: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: int | None
    lost: bool
    talk_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """A step of the call: ``kind`` as docs/names.md lists them, and what it says."""

    n: int
    at: datetime
    kind: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecording:
    """``n`` counts from 0 in order of time and is what ``/recording?n=`` takes. ``kept_days``: of
    one that is ``removed``, after how many days that was."""

    n: int
    file: str
    started_at: datetime
    stopped_at: datetime | None
    state: Literal["recording", "raw", "ready", "missing", "removed"]
    duration_s: float | None
    size_bytes: int | None
    kept_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetail:
    call: CallRow
    legs: tuple[CallLeg, ...]
    events: tuple[CallEvent, ...]
    recordings: tuple[CallRecording, ...]


@endpoint("GET", "/api/calls", "Calls, newest first", roles=SUPERVISORS)
async def list_calls(db: Database, ask: Ask, query: CallQuery) -> CallPage:
    """Who lacks right ``numbers.whole`` sees numbers in part, and can't ask for one."""
    return await _page(db, ask, query, own=None)


@endpoint("GET", "/api/me/calls", "The calls I took part in, newest first", roles=AGENTS)
async def list_my_calls(db: Database, ask: Ask, query: CallQuery) -> CallPage:
    """Numbers are whole: these are the agent's own callers; without ``numbers.whole`` in part."""
    return await _page(db, ask, query, own=ask.agent)


def _row(row: Mapping[str, Any], *, whole: bool) -> CallRow:
    """A call's line; the other side's number in part unless ``whole``."""
    line = CallRow(**row)
    if whole:
        return line
    did = masked(line.did) if line.direction == "out" else line.did
    return replace(line, from_number=masked(line.from_number), did=did)


async def _page(db: Database, ask: Ask, query: CallQuery, *, own: str | None) -> CallPage:
    whole = ask.may(rights.NUMBERS_WHOLE)
    if query.number is not None:
        ask.need(rights.NUMBERS_WHOLE)
    if query.note is not None:
        ask.need("service.see")
    async with db.transaction() as connection:
        found = await search.page(
            connection,
            search.Wanted(
                since=query.since,
                until=query.until,
                number=query.number,
                agent=query.agent,
                own=own,
                group=query.group,
                direction=query.direction,
                result=query.result,
                rating=query.rating,
                key=query.key,
                talk_from_s=query.talk_from_s,
                talk_to_s=query.talk_to_s,
                note=query.note,
                recorded=query.recorded,
                follow_up=query.follow_up,
                limit=query.limit,
                cursor=query.cursor,
            ),
        )
    return CallPage(
        items=tuple(_row(row, whole=whole) for row in found.rows),
        next_cursor=found.next_cursor,
        counts=None
        if query.cursor
        else CallCounts(most=search.COUNTED, total=found.total, by_result=found.by_result),
    )


@endpoint(
    "GET",
    "/api/calls/{id}",
    "One call with its legs, events and recordings; for agents only their own",
    roles=EVERYBODY,
    errors=(404,),
)
async def get_call(db: Database, ask: Ask, id: CallId) -> CallDetail:
    async with db.transaction() as connection:
        whole = ask.may(rights.NUMBERS_WHOLE)
        call = _row(await search.one(connection, id, own=ask.agent or None), whole=whole)
        legs = await search.legs(connection, id)
        events = await search.events(connection, id)
        recordings = await search.recordings(connection, id)
    return CallDetail(
        call=call,
        legs=tuple(
            CallLeg(**{**row, "number": row["number"] if whole else masked(row["number"])})
            for row in legs
        ),
        events=tuple(
            CallEvent(**{**row, "fields": row["fields"] if whole else hidden(row["fields"])})
            for row in events
        ),
        recordings=tuple(CallRecording(n=n, **row) for n, row in enumerate(recordings)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MyDay:
    """An agent's figures since midnight of the company's day. ``in_20s``: taken within 20 s of
    joining the queue; ``missed``: rang at them and wasn't taken; averages are null without any."""

    day: date
    answered: int
    in_20s: int
    called: int
    missed: int
    talk_s: float
    average_talk_s: float | None
    average_wait_s: float | None
    ratings: int
    average_rating: float | None


@endpoint("GET", "/api/me/today", "My figures of today", roles=AGENTS)
async def my_today(db: Database, ask: Ask) -> MyDay:
    async with db.transaction() as connection:
        return MyDay(**await search.today(connection, ask.agent))


ENDPOINTS = (list_calls, list_my_calls, get_call, my_today)
