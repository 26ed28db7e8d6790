"""Service records over HTTP (AGT-9): written while the call lasts, changed later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.roles import ADMINISTRATORS, EVERYBODY, Role
from linebox.base.shapes import Count, Form, Length, Problem, Range, invalid
from linebox.features.service import store
from linebox.features.service.model import Category, Outcome, Record
from linebox.features.settings.resources import etag, expect
from linebox.model.spelling import RowId
from linebox.store.pool import Database

type CallId = Annotated[
    str,
    Length(3, 60),
    Form(r"s[0-9]{8}-[0-9]{1,12}\.[0-9]{1,12}", "通话编号", "a call's id"),
]
type CategoryName = Annotated[str, Length(1, 40)]
type CategoryId = Annotated[int, Range(0, 2**31 - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSubcategory:
    """``id``: 0 for a new one."""

    name_zh: CategoryName
    name_en: CategoryName
    id: CategoryId = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCategory(ServiceSubcategory):
    """A head of the tree; itself chosen when none of its children fits."""

    children: Annotated[tuple[ServiceSubcategory, ...], Count(0, 20)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCategoriesInput:
    """The whole tree in its order; what is left out can't be chosen any more."""

    items: Annotated[tuple[ServiceCategory, ...], Count(1, 20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCategories(ServiceCategoriesInput):
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecordInput:
    """``draft``: saved while somebody types, may lack what a finished one needs. ``seen``: the
    version that the writer saw, 0 for none: the last writer wins, and is told over whom."""

    category: RowId | None = None
    outcome: Outcome | None = None
    note: Annotated[str, Length(0, 2000, lines=True)] = ""
    draft: bool = True
    seen: Annotated[int, Range(0, 2**31 - 1)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwritten:
    """Who had written in between, when, and what of."""

    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """``version`` 0: nothing is written yet. ``by``: name or log-in of who wrote last."""

    call_id: str
    category: int | None
    outcome: Literal["solved", "follow-up", "transferred"] | None
    note: str
    draft: bool
    agent: str
    by: str
    version: int
    at: datetime | None
    overwrote: Overwritten | None


@endpoint("GET", "/api/service-categories", "What calls are about", roles=EVERYBODY)
async def get_service_categories(db: Database) -> ServiceCategories:
    async with db.transaction() as connection:
        return _tree(await store.categories(connection))


@endpoint(
    "PUT",
    "/api/service-categories",
    "Change the tree",
    roles=ADMINISTRATORS,
    needs_match=True,
    errors=(412, 428),
)
async def replace_service_categories(
    db: Database, ask: Ask, body: ServiceCategoriesInput
) -> ServiceCategories:
    async with db.transaction() as connection:
        await store.lock_categories(connection)
        old = await store.categories(connection)
        expect(ask, etag(old))
        await store.arrange(connection, _wanted(body, old))
        return _tree(await store.categories(connection))


@endpoint(
    "GET", "/api/calls/{id}/service-record", "A call's record", roles=EVERYBODY, errors=(404,)
)
async def get_service_record(db: Database, ask: Ask, id: CallId) -> ServiceRecord:
    """Of a call of which nothing is written yet: ``version`` 0."""
    async with db.transaction() as connection:
        if ask.role is Role.AGENT and not await store.is_theirs(connection, id, ask.agent):
            raise InputError("not-found", what="call", key=id)
        return _record(id, await store.one(connection, id), None)


@endpoint(
    "PUT",
    "/api/calls/{id}/service-record",
    "Write it",
    roles=EVERYBODY,
    audited="once",
    errors=(404,),
)
async def replace_service_record(
    db: Database, ask: Ask, id: CallId, body: ServiceRecordInput
) -> ServiceRecord:
    """``overwrote`` tells of a version that the writer hadn't seen."""
    async with db.transaction() as connection:
        if ask.role is Role.AGENT and not await store.is_theirs(connection, id, ask.agent):
            raise InputError("not-found", what="call", key=id)
        before = await store.one(connection, id, lock=True)
        problems = []
        if body.category is not None and not await store.is_known(connection, body.category):
            problems.append(Problem("category", "no-such-reference", {}))
        if not body.draft or (before is not None and not before.draft):
            given = (("category", body.category), ("outcome", body.outcome))
            problems += [Problem(name, "missing", {}) for name, value in given if value is None]
        if problems:
            raise invalid(*problems)
        await store.save(
            connection,
            id,
            category=body.category,
            outcome=body.outcome,
            note=body.note,
            draft=body.draft,
            agent=ask.agent,
            saved_by=ask.who,
        )
        missed = before if before and before.version != body.seen else None
        return _record(id, await store.one(connection, id), missed)


def _record(call_id: str, record: Record | None, missed: Record | None) -> ServiceRecord:
    return ServiceRecord(
        call_id=call_id,
        category=record.category if record else None,
        outcome=record.outcome.value if record and record.outcome else None,
        note=record.note if record else "",
        draft=record.draft if record else True,
        agent=record.agent if record else "",
        by=_writer(record) if record else "",
        version=record.version if record else 0,
        at=record.at if record else None,
        overwrote=Overwritten(by=_writer(missed), at=missed.at, note=missed.note)
        if missed
        else None,
    )


def _writer(record: Record) -> str:
    return record.agent_name or record.saved_by


def _tree(tree: tuple[Category, ...]) -> ServiceCategories:
    return ServiceCategories(
        items=tuple(
            ServiceCategory(
                id=head.id,
                name_zh=head.name_zh,
                name_en=head.name_en,
                children=tuple(
                    ServiceSubcategory(id=one.id, name_zh=one.name_zh, name_en=one.name_en)
                    for one in head.children
                ),
            )
            for head in tree
        ),
        etag=etag(tree),
    )


def _wanted(body: ServiceCategoriesInput, old: tuple[Category, ...]) -> tuple[Category, ...]:
    heads = {head.id for head in old}
    children = {child.id for head in old for child in head.children}
    problems: list[Problem] = []

    def known(given: int, ids: set[int], at: str) -> int:
        if given and given not in ids:
            problems.append(Problem(at, "no-such-reference", {}))
        ids.discard(given)
        return given

    tree = tuple(
        Category(
            id=known(head.id, heads, f"items.{n}.id"),
            name_zh=head.name_zh,
            name_en=head.name_en,
            children=tuple(
                Category(
                    id=known(one.id, children, f"items.{n}.children.{m}.id"),
                    name_zh=one.name_zh,
                    name_en=one.name_en,
                )
                for m, one in enumerate(head.children)
            ),
        )
        for n, head in enumerate(body.items)
    )
    if problems:
        raise invalid(*problems)
    return tree


ENDPOINTS = (
    get_service_categories,
    replace_service_categories,
    get_service_record,
    replace_service_record,
)
