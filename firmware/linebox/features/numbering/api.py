"""The box's numbers (TEL-8) and callers' lists (ACD-3) over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from linebox.base.endpoints import endpoint
from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Length, Range
from linebox.features.numbering import store
from linebox.features.numbering.model import Did, ListedNumber, NumberList
from linebox.features.settings.resources import Resource, etag
from linebox.model.languages import Language
from linebox.model.spelling import (
    CallerNumber,
    LanguageCode,
    OptionalName,
    PublicNumber,
    RouteShape,
    RowId,
)
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class DidInput:
    """What the callers of a number meet."""

    name: OptionalName = ""
    language: LanguageCode = "zh"
    calendar_id: RowId
    greeting_id: RowId | None = None
    destination: RouteShape
    mailbox: Annotated[int, Range(0, 9999)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDid(DidInput):
    number: PublicNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class DidRow(NewDid):
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dids:
    items: tuple[DidRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInput:
    """``black``: hears busy; ``white``: always gets through, past closed hours and menus;
    ``vip``: goes first, by ``level``. ``until``: no more after it."""

    list: Literal["black", "white", "vip"]
    level: Annotated[int, Range(1, 9)] = 1
    note: Annotated[str, Length(0, 500)] = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewListed(ListedInput):
    number: CallerNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRow(NewListed):
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNumbers:
    """Sorted by number. ``total``: how many match; ``next``: what ``after`` is to be to go on, null
    at the end."""

    items: tuple[ListedRow, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """``q``: a part of the number or of the note; ``after``: only larger numbers."""

    q: Annotated[str, Length(0, 60)] = ""
    list: Literal["black", "white", "vip"] | None = None
    after: Annotated[str, Length(1, 21)] | None = None
    limit: Annotated[int, Range(1, 500)] = 50


def _did(number: str, given: DidInput) -> Did:
    return Did(
        number=number,
        name=given.name,
        language=Language(given.language),
        calendar_id=given.calendar_id,
        greeting_id=given.greeting_id,
        destination=given.destination.destination(),
        mailbox=given.mailbox,
    )


def _did_row(did: Did, tag: str) -> DidRow:
    return DidRow(
        number=did.number,
        name=did.name,
        language=did.language.value,
        calendar_id=did.calendar_id,
        greeting_id=did.greeting_id,
        destination=RouteShape.of(did.destination),
        mailbox=did.mailbox,
        etag=tag,
    )


def _listed(number: str, given: ListedInput) -> ListedNumber:
    return ListedNumber(
        number=number,
        list=NumberList(given.list),
        level=given.level,
        note=given.note,
        until=given.until,
    )


def _listed_row(listed: ListedNumber, tag: str) -> ListedRow:
    return ListedRow(
        number=listed.number,
        list=listed.list.value,
        level=listed.level,
        note=listed.note,
        until=listed.until,
        etag=tag,
    )


DIDS = Resource(
    word="dids",
    readers=SUPERVISORS,
    one_word="did",
    feature="numbering",
    key=PublicNumber,
    new=NewDid,
    body=DidInput,
    model=Did,
    row=DidRow,
    rows=Dids,
    read=store.dids,
    one=store.did,
    save=store.save_did,
    delete=store.delete_did,
    key_of=lambda given: given.number,
    make=lambda given: _did(given.number, given),
    change=lambda old, given: _did(old.number, given),
    answer=_did_row,
)
NUMBERS = Resource(
    word="number_lists",
    one_word="number",
    feature="numbering",
    key=CallerNumber,
    new=NewListed,
    body=ListedInput,
    model=ListedNumber,
    row=ListedRow,
    rows=ListedNumbers,
    lists=False,
    save_many=store.save_many,
    delete_many=store.delete_many,
    read=store.listed,
    one=store.listed_one,
    save=store.save_listed,
    delete=store.delete_listed,
    key_of=lambda given: given.number,
    make=lambda given: _listed(given.number, given),
    change=lambda old, given: _listed(old.number, given),
    answer=_listed_row,
)


@endpoint("GET", "/api/number-lists", "Black, white and VIP numbers, page by page")
async def list_number_lists(db: Database, query: ListQuery) -> ListedNumbers:
    kind = None if query.list is None else NumberList(query.list)
    async with db.transaction() as connection:
        page = await store.page(
            connection, text=query.q, kind=kind, after=query.after, limit=query.limit
        )
    more = len(page.items) == query.limit
    return ListedNumbers(
        items=tuple(_listed_row(one, etag(one)) for one in page.items),
        total=page.total,
        next=page.items[-1].number if more else None,
    )


ENDPOINTS = (*DIDS.endpoints(), list_number_lists, *NUMBERS.endpoints())
