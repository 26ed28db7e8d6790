"""The list of calls, one call whole, its recording (REC-2, RPT-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from linebox.base.endpoints import endpoint
from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Form, Length, Range
from linebox.features.calls import search
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
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """All given conditions must hold. ``number``: part of the caller's or called number, from 3
    digits; ``key``: a menu key that was pressed; ``cursor``: ``next_cursor`` of the page before."""

    since: datetime | None = None
    until: datetime | None = None
    number: Annotated[str, Length(3, 21), Form(r"\+?[0-9]+", "数字", "digits")] | None = None
    agent: HouseNumber | None = None
    group: RowId | None = None
    result: Result | None = None
    rating: Annotated[int, Range(1, 5)] | None = None
    key: Annotated[str, Length(1, 1), Form(r"[0-9*#]", "一个按键", "one key")] | None = None
    follow_up: bool | None = None
    limit: Annotated[int, Range(1, 200)] = 50
    cursor: Annotated[str, Length(1, 120)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One line of the list. Times of the stages are null when the call never came there."""

    id: str
    direction: Literal["in", "out", "internal"]
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
class CallPage:
    """Newest first. ``next_cursor`` is null on the last page."""

    items: tuple[CallRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLeg:
    """One telephone's part. ``cause``: Q.850; ``lost``: it went away without a hang-up."""

    uniqueid: str
    channel: str
    number: str
    agent: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: int | None
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """A step of the call: ``kind`` as docs/names.md lists them, and what it says."""

    n: int
    at: datetime
    kind: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecording:
    """``n`` counts from 0 in order of time and is what ``/recording?n=`` takes."""

    n: int
    file: str
    started_at: datetime
    stopped_at: datetime | None
    state: Literal["recording", "raw", "ready", "missing"]
    duration_s: float | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetail:
    call: CallRow
    legs: tuple[CallLeg, ...]
    events: tuple[CallEvent, ...]
    recordings: tuple[CallRecording, ...]


@endpoint("GET", "/api/calls", "Calls, newest first", roles=SUPERVISORS)
async def list_calls(db: Database, query: CallQuery) -> CallPage:
    async with db.transaction() as connection:
        rows, next_cursor = await search.page(
            connection,
            search.Wanted(
                since=query.since,
                until=query.until,
                number=query.number,
                agent=query.agent,
                group=query.group,
                result=query.result,
                rating=query.rating,
                key=query.key,
                follow_up=query.follow_up,
                limit=query.limit,
                cursor=query.cursor,
            ),
        )
    return CallPage(items=tuple(CallRow(**row) for row in rows), next_cursor=next_cursor)


@endpoint(
    "GET",
    "/api/calls/{id}",
    "One call with its legs, events and recordings",
    roles=SUPERVISORS,
    errors=(404,),
)
async def get_call(db: Database, id: CallId) -> CallDetail:
    async with db.transaction() as connection:
        call = CallRow(**await search.one(connection, id))
        legs = await search.legs(connection, id)
        events = await search.events(connection, id)
        recordings = await search.recordings(connection, id)
    return CallDetail(
        call=call,
        legs=tuple(CallLeg(**row) for row in legs),
        events=tuple(CallEvent(**row) for row in events),
        recordings=tuple(CallRecording(n=n, **row) for n, row in enumerate(recordings)),
    )


ENDPOINTS = (list_calls, get_call)
