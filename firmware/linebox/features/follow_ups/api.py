"""Who reached nobody, over HTTP (ACD-7): supervisors see all of it, agents what is theirs to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from linebox.base import rights
from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.roles import AGENTS, EVERYBODY, SUPERVISORS, Role
from linebox.base.shapes import Form, Length, Range, problem
from linebox.features.follow_ups import store
from linebox.features.follow_ups.model import CallBack, FollowUpKind, FollowUpState, Line
from linebox.model.masking import shown
from linebox.model.spelling import RowId
from linebox.store.pool import Database

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

type Login = Annotated[
    str, Length(1, 30), Form(r"[a-z0-9][a-z0-9_-]*", "登录名或工号", "a log-in or staff number")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpQuery:
    """``state``: ``unclosed`` is all but closed. ``owner``: a log-in, ``me``, or ``nobody``."""

    state: Literal["unclosed", "open", "taken", "called", "closed"] = "unclosed"
    kind: FollowUpKind | None = None
    owner: Login | None = None
    group: RowId | None = None
    number: Annotated[str, Length(3, 20), Form(r"[0-9]+", "数字", "digits")] | None = None
    limit: Annotated[int, Range(1, 200)] = 100
    cursor: Annotated[str, Length(1, 120)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpCall:
    """One lost call of a line. ``voicemail``: a message was left, of ``voicemail_s`` seconds."""

    call_id: str
    kind: FollowUpKind
    at: datetime
    group_id: int | None
    group_name_zh: str | None
    group_name_en: str | None
    voicemail: bool
    voicemail_s: float | None
    heard_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpReached:
    """Why closing is proposed: an answered call from (``in``) or to (``out``) the number since."""

    call_id: str
    at: datetime
    direction: Literal["in", "out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """All lost calls of one number, ``calls`` the latest 20 of ``count``. ``id`` names it in acts.

    ``number`` is whole for who owns it and for supervisors. ``tries``: calls out to it since.
    """

    id: int
    number: str
    customer_id: int | None
    customer: str | None
    kinds: tuple[FollowUpKind, ...]
    calls: tuple[FollowUpCall, ...]
    count: int
    first_at: datetime
    last_at: datetime
    state: FollowUpState
    owner: str | None
    owner_name: str | None
    taken_at: datetime | None
    called_at: datetime | None
    tries: int
    tried_at: datetime | None
    reached: FollowUpReached | None
    closed_at: datetime | None
    closed_by: str | None
    closed_by_name: str | None
    result: CallBack | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPage:
    """The longest waiting first, closed ones the last closed first. ``by_state``: lines not closed,
    under the same conditions but the state."""

    items: tuple[FollowUp, ...]
    next_cursor: str | None
    by_state: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpAct:
    """``assign`` (supervisors) needs ``owner``, ``close`` a ``result``."""

    do: Literal["take", "assign", "release", "called", "close", "reopen"]
    owner: Login | None = None
    result: CallBack | None = None
    note: Annotated[str, Length(0, 500, lines=True)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOwner:
    login: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOwners:
    items: tuple[FollowUpOwner, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpStep:
    """``name`` is null for who has no account any more; ``made_by`` is empty for the box."""

    at: datetime
    made_by: str
    name: str | None
    what: Literal["take", "assign", "release", "called", "close", "reopen", "heard"]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpSteps:
    items: tuple[FollowUpStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckQuery:
    """``day``: of the company's zone; nothing said: today."""

    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpCheck:
    """A day's calls against the list: ``offered`` = ``answered`` + ``followed`` + ``difference``,
    which must be 0. ``followed`` = ``closed`` + ``still_open``; ``wrong``: ids that don't fit."""

    day: date
    offered: int
    answered: int
    followed: int
    closed: int
    still_open: int
    difference: int
    wrong: tuple[str, ...]


def _line(row: DictRow, ask: Ask) -> FollowUp:
    reached = row.pop("reached_call")
    at, direction = row.pop("reached_at"), row.pop("reached_by")
    calls = tuple(
        FollowUpCall(
            **{
                **one,
                "kind": FollowUpKind(one["kind"]),
                "at": datetime.fromisoformat(one["at"]),
                "heard_at": one["heard_at"] and datetime.fromisoformat(one["heard_at"]),
            }
        )
        for one in row.pop("calls")
    )
    own = row["owner"] == ask.who
    return FollowUp(
        **{
            **row,
            "number": shown(row["number"], ask.role, own=own, whole=ask.may(rights.NUMBERS_WHOLE)),
            "customer": row["customer"] if _names_customer(ask, own=own) else None,
            "kinds": tuple(FollowUpKind(one) for one in row["kinds"]),
            "state": FollowUpState(row["state"]),
            "result": row["result"] and CallBack(row["result"]),
        },
        calls=calls,
        reached=FollowUpReached(call_id=reached, at=at, direction=direction) if reached else None,
    )


def _names_customer(ask: Ask, *, own: bool) -> bool:
    return (own or ask.role is not Role.AGENT) and ask.may("customers.see")


def _cursor(row: DictRow, *, closed: bool) -> str:
    at: datetime = row["closed_at"] if closed else row["first_at"]
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}.{row['fold']}"


def _place(cursor: str) -> tuple[object, str]:
    if not (match := re.fullmatch(r"(-?[0-9]{1,16})\.([0-9A-Za-z.+:_-]{1,80})", cursor)):
        raise problem("cursor", "bad-form", expected_zh="上一页给的值", expected_en="as given")
    return _EPOCH + timedelta(microseconds=int(match[1])), match[2]


async def _page(db: Database, ask: Ask, query: FollowUpQuery, agent: str | None) -> FollowUpPage:
    if query.number is not None:
        ask.need(rights.NUMBERS_WHOLE)
    closed = query.state == "closed"
    wanted = store.Wanted(
        state=None if query.state in ("unclosed", "closed") else FollowUpState(query.state),
        closed=closed,
        kind=query.kind,
        owner={"me": ask.who, "nobody": ""}.get(query.owner, query.owner) if query.owner else None,
        group=query.group,
        number=query.number,
        agent=agent,
        after=_place(query.cursor) if query.cursor else None,
        limit=query.limit,
    )
    async with db.transaction() as connection:
        rows = await store.lines(connection, wanted)
        by_state = await store.counts(connection, wanted)
    next_cursor = None
    if len(rows) > query.limit:
        rows.pop()
        next_cursor = _cursor(rows[-1], closed=closed)
    for row in rows:
        del row["fold"]
    return FollowUpPage(
        items=tuple(_line(row, ask) for row in rows), next_cursor=next_cursor, by_state=by_state
    )


@endpoint("GET", "/api/follow-ups", "Callers who reached nobody", roles=SUPERVISORS)
async def list_follow_ups(db: Database, ask: Ask, query: FollowUpQuery) -> FollowUpPage:
    return await _page(db, ask, query, None)


@endpoint("GET", "/api/me/follow-ups", "Callers I look after, or could take", roles=AGENTS)
async def list_my_follow_ups(db: Database, ask: Ask, query: FollowUpQuery) -> FollowUpPage:
    """Mine, and nobody's that rang at me or belong to a group of mine: their numbers are masked
    until I take them."""
    return await _page(db, ask, query, ask.agent)


@endpoint("GET", "/api/follow-ups/check", "A day's calls against the list", roles=SUPERVISORS)
async def check_follow_ups(db: Database, query: CheckQuery) -> FollowUpCheck:
    async with db.transaction() as connection:
        row = await store.check(connection, query.day)
    return FollowUpCheck(**{**row, "wrong": tuple(row["wrong"])})


@endpoint("GET", "/api/follow-ups/owners", "Who can look after a caller", roles=SUPERVISORS)
async def list_follow_up_owners(db: Database) -> FollowUpOwners:
    async with db.transaction() as connection:
        rows = await store.owners(connection)
    return FollowUpOwners(items=tuple(FollowUpOwner(**row) for row in rows))


@endpoint(
    "GET",
    "/api/follow-ups/{id}/log",
    "What was done about a caller",
    roles=SUPERVISORS,
    errors=(404,),
)
async def follow_up_log(db: Database, id: RowId) -> FollowUpSteps:
    async with db.transaction() as connection:
        rows = await store.log(connection, id)
    return FollowUpSteps(items=tuple(FollowUpStep(**row) for row in rows))


@endpoint(
    "POST",
    "/api/follow-ups/{id}",
    "Take, hand over, call back, close a caller's line",
    roles=EVERYBODY,
    errors=(404, 409),
)
async def act_on_follow_up(db: Database, ask: Ask, id: RowId, body: FollowUpAct) -> FollowUpPage:
    """All lost calls of the number together. Agents act on their own, and take nobody's.

    Answers the line as it is now. 409 ``follow-up-taken`` (``owner``), ``follow-up-closed``,
    ``follow-up-not-closed``.
    """
    agent = ask.agent or None
    async with db.transaction() as connection:
        line = await store.line(connection, id, agent)
        if line is None:
            raise InputError("not-found", what="follow-up", key=id)
        await _act(connection, ask, line, body)
        closed = body.do == "close"
        wanted = store.Wanted(closed=closed, number=line.number or None, limit=200)
        rows = [one for one in await store.lines(connection, wanted) if one["id"] in line.ids]
    for row in rows:
        del row["fold"]
    return FollowUpPage(items=tuple(_line(row, ask) for row in rows), next_cursor=None, by_state={})


async def _act(connection: AsyncConnection, ask: Ask, line: Line, body: FollowUpAct) -> None:
    if line.is_closed != (body.do == "reopen"):
        raise InputError("follow-up-closed" if line.is_closed else "follow-up-not-closed")
    is_agent = ask.role is Role.AGENT
    if line.owner not in (None, ask.who) and (is_agent or body.do == "take"):
        raise InputError("follow-up-taken", owner=line.owner)
    owner, state, detail = line.owner or ask.who, FollowUpState.TAKEN, ""
    match body.do:
        case "take":
            owner = ask.who
        case "assign":
            if is_agent:
                raise InputError("not-allowed", roles=sorted(SUPERVISORS))
            if body.owner is None:
                raise problem("owner", "missing")
            if not await store.is_owner(connection, body.owner):
                raise problem("owner", "no-such-reference")
            owner = detail = body.owner
        case "release":
            await store.change(
                connection, line, who=ask.who, what=body.do, state=FollowUpState.OPEN, owner=None
            )
            return
        case "called":
            state = FollowUpState.CALLED
        case "close":
            if body.result is None:
                raise problem("result", "missing")
            state, detail = FollowUpState.CLOSED, body.result
        case "reopen":
            pass
    await store.change(
        connection,
        line,
        who=ask.who,
        what=body.do,
        state=state,
        owner=owner,
        result=body.result if body.do == "close" else None,
        note=body.note.strip(),
        detail=detail,
    )


ENDPOINTS = (
    list_follow_ups,
    list_my_follow_ups,
    check_follow_ups,
    list_follow_up_owners,
    follow_up_log,
    act_on_follow_up,
)
