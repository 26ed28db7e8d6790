"""Customers' cards over HTTP (CRM-1): found, read, made, changed, deleted."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal

from psycopg import AsyncConnection

from linebox.base import rights
from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.roles import ADMINISTRATORS, EVERYBODY, SUPERVISORS, Role
from linebox.base.shapes import Count, Form, Length, Problem, Range, invalid, problem
from linebox.features.customers import search, store
from linebox.features.customers.model import (
    Card,
    FieldDefinition,
    FieldKind,
    kept_numbers,
)
from linebox.features.customers.model import Customer as CustomerModel
from linebox.features.customers.service import Sight, checked_fields, checked_numbers, sight
from linebox.features.settings.resources import etag, expect
from linebox.features.settings.service import found
from linebox.model.spelling import HouseNumber, Name, OptionalName, RowId
from linebox.store.pool import Database

log = logging.getLogger(__name__)

type FieldKey = Annotated[str, Length(2, 7), Form(r"f[0-9]{1,6}", "资料项的编号", "a field's key")]
type Level = Annotated[int, Range(0, 9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """What a card says in a field of the business's own; numbers and days are written as text."""

    key: FieldKey
    value: Annotated[str, Length(0, 500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerInput:
    """``numbers``: as people write them; one that was shown masked is sent back masked.

    ``level`` and ``owner`` (a staff number) are for supervisors; from agents they must be as they
    were.
    """

    name: Name
    company: OptionalName = ""
    level: Level = 0
    note: Annotated[str, Length(0, 2000, lines=True)] = ""
    owner: HouseNumber | None = None
    numbers: Annotated[tuple[Annotated[str, Length(1, 40)], ...], Count(0, 10)] = ()
    fields: Annotated[tuple[FieldValue, ...], Count(0, 50)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(CustomerInput):
    """``masked``: the asker sees the numbers only in part."""

    id: int
    owner_name: str | None
    masked: bool
    made_at: datetime
    made_by: str
    updated_at: datetime
    updated_by: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerQuery:
    """``text``: words, each found somewhere on the card: name, company, note, fields, numbers."""

    text: Annotated[str, Length(0, 100)] = ""
    min_level: Level = 0
    owner: HouseNumber | None = None
    sort: Literal["changed", "name", "company", "level"] = "changed"
    page: Annotated[int, Range(1, 10_000)] = 1
    limit: Annotated[int, Range(1, 200)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    """``total``: on all pages."""

    items: tuple[Customer, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerField:
    """``key``: empty for a new one. ``choices``: what a field of kind choice can say. ``private``:
    shown only with right ``customers.private``."""

    name_zh: Annotated[str, Length(1, 40)]
    name_en: Annotated[str, Length(1, 40)]
    kind: FieldKind = FieldKind.TEXT
    choices: Annotated[tuple[Annotated[str, Length(1, 60)], ...], Count(0, 50)] = ()
    private: bool = False
    key: Annotated[str, Length(0, 7), Form(r"(f[0-9]{1,6})?", "资料项的编号", "a field's key")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFieldsInput:
    """All fields, in their order; what is left out is deleted with what cards say in it."""

    items: Annotated[tuple[CustomerField, ...], Count(0, 30)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFields(CustomerFieldsInput):
    etag: str


def answer(customer: CustomerModel, seen: Sight) -> Customer:
    """A card as the asker may see it."""
    card, numbers = customer.card, seen.of(customer)
    return Customer(
        id=customer.id,
        name=card.name,
        company=card.company,
        level=card.level,
        note=card.note,
        owner=card.owner,
        numbers=numbers,
        fields=tuple(
            FieldValue(key=key, value=text) for key, text in sorted(seen.fields(customer).items())
        ),
        owner_name=customer.owner_name,
        masked=numbers != card.numbers,
        made_at=customer.made_at,
        made_by=customer.made_by,
        updated_at=customer.updated_at,
        updated_by=customer.updated_by,
        etag=str(customer.version),
    )


@endpoint("GET", "/api/customers", "Customers that fit, a page of them", roles=EVERYBODY)
async def list_customers(db: Database, ask: Ask, query: CustomerQuery) -> CustomerPage:
    wanted = search.Wanted(
        text=query.text,
        min_level=query.min_level,
        owner=query.owner,
        sort=search.Sort(query.sort),
        exact_numbers=ask.role is Role.AGENT or not ask.may(rights.NUMBERS_WHOLE),
        page=query.page,
        limit=query.limit,
    )
    async with db.transaction() as connection:
        seen = await sight(connection, ask)
        wanted = replace(wanted, but_fields=tuple(sorted(seen.private_fields)))
        ids, total = await search.page(connection, wanted)
        customers = await store.many(connection, ids)
    return CustomerPage(items=tuple(answer(one, seen) for one in customers), total=total)


@endpoint("GET", "/api/customers/{id}", "One card", roles=EVERYBODY, errors=(404,))
async def get_customer(db: Database, ask: Ask, id: RowId) -> Customer:
    async with db.transaction() as connection:
        customer = found(await store.one(connection, id), "customer", id)
        return answer(customer, await sight(connection, ask))


@endpoint("POST", "/api/customers", "Make a new card", roles=EVERYBODY, status=201, errors=(409,))
async def create_customer(db: Database, ask: Ask, body: CustomerInput) -> Customer:
    """409 ``number-on-card``: another card has that number; ``fields`` say which."""
    async with db.transaction() as connection:
        card = await _card(connection, ask, body, None)
        id_ = await _told(store.create(connection, ask.who, card))
        return answer(await store.locked(connection, id_), await sight(connection, ask))


@endpoint(
    "PUT",
    "/api/customers/{id}",
    "Change a card",
    roles=EVERYBODY,
    needs_match=True,
    errors=(404, 409, 412, 428),
)
async def replace_customer(db: Database, ask: Ask, id: RowId, body: CustomerInput) -> Customer:
    """409 ``number-on-card``: another card has that number; ``fields`` say which."""
    async with db.transaction() as connection:
        old = await store.locked(connection, id)
        expect(ask, str(old.version))
        card = await _card(connection, ask, body, old)
        if card != old.card:
            await _told(store.replace(connection, ask.who, id, card))
        return answer(await store.locked(connection, id), await sight(connection, ask))


@endpoint(
    "DELETE",
    "/api/customers/{id}",
    "Delete a card; its calls stay",
    roles=SUPERVISORS,
    needs_match=True,
    errors=(404, 412, 428),
)
async def delete_customer(db: Database, ask: Ask, id: RowId) -> None:
    async with db.transaction() as connection:
        old = await store.locked(connection, id)
        expect(ask, str(old.version))
        await store.delete(connection, id)
    log.info("%s deleted the card of customer %d", ask.who, id)


@endpoint("GET", "/api/customer-fields", "The business's own fields", roles=EVERYBODY)
async def get_customer_fields(db: Database, ask: Ask) -> CustomerFields:
    """Without the private ones for who may not see them."""
    async with db.transaction() as connection:
        return _fields(_seen(ask, await store.definitions(connection)))


def _seen(ask: Ask, definitions: tuple[FieldDefinition, ...]) -> tuple[FieldDefinition, ...]:
    private = ask.may(rights.CUSTOMERS_PRIVATE)
    return tuple(one for one in definitions if private or not one.private)


@endpoint(
    "PUT",
    "/api/customer-fields",
    "Define them",
    roles=ADMINISTRATORS,
    also=rights.CUSTOMERS_PRIVATE,
    needs_match=True,
    errors=(412, 428),
)
async def replace_customer_fields(
    db: Database, ask: Ask, body: CustomerFieldsInput
) -> CustomerFields:
    async with db.transaction() as connection:
        old = await store.definitions(connection)
        expect(ask, etag(old))
        await store.define(connection, _defined(body, old))
        return _fields(await store.definitions(connection))


def _fields(definitions: tuple[FieldDefinition, ...]) -> CustomerFields:
    return CustomerFields(
        items=tuple(
            CustomerField(
                key=one.key,
                name_zh=one.name_zh,
                name_en=one.name_en,
                kind=one.kind,
                choices=one.choices,
                private=one.private,
            )
            for one in definitions
        ),
        etag=etag(definitions),
    )


def _defined(
    body: CustomerFieldsInput, old: tuple[FieldDefinition, ...]
) -> tuple[FieldDefinition, ...]:
    kinds = {one.key: one.kind for one in old}
    problems: list[Problem] = []
    keys: set[str] = set()
    for n, one in enumerate(body.items):
        if one.key and (one.key not in kinds or one.key in keys):
            problems.append(Problem(f"items.{n}.key", "no-such-reference", {}))
        elif one.key and one.kind is not kinds[one.key]:
            problems.append(Problem(f"items.{n}.kind", "kind-stays", {}))
        keys.add(one.key)
        if (one.kind is FieldKind.CHOICE) != bool(one.choices):
            code = "missing" if one.kind is FieldKind.CHOICE else "too-many"
            problems.append(Problem(f"items.{n}.choices", code, {"max": 0}))
        if len(set(one.choices)) != len(one.choices):
            problems.append(Problem(f"items.{n}.choices", "given-twice", {"value": "…"}))
    if problems:
        raise invalid(*problems)
    return tuple(
        FieldDefinition(
            key=one.key,
            name_zh=one.name_zh,
            name_en=one.name_en,
            kind=one.kind,
            choices=one.choices,
            private=one.private,
        )
        for one in body.items
    )


async def _card(
    connection: AsyncConnection, ask: Ask, body: CustomerInput, old: CustomerModel | None
) -> Card:
    """``body`` as a card; all that is wrong with it is told at once."""
    known = old.card.numbers if old else ()
    everything = await store.definitions(connection)
    definitions = _seen(ask, everything)
    numbers, problems = checked_numbers(body.numbers, kept_numbers(body.numbers, known), "numbers")
    at = {one.key: f"fields.{n}.value" for n, one in enumerate(body.fields)}
    values, wrong = checked_fields(definitions, {one.key: one.value for one in body.fields}, at)
    problems += wrong
    if old is not None:  # what the asker doesn't see stays as it is
        unseen = {one.key for one in everything} - {one.key for one in definitions}
        values |= {key: text for key, text in old.card.fields.items() if key in unseen}
    level, owner = (old.card.level, old.card.owner) if old else (0, None)
    if ask.role is Role.AGENT:
        problems += [
            Problem(name, "for-supervisors", {})
            for name, new, was in (("level", body.level, level), ("owner", body.owner, owner))
            if new != was
        ]
    if not body.name.strip():
        problems.append(Problem("name", "missing", {}))
    if problems:
        raise invalid(*problems)
    return Card(
        name=body.name.strip(),
        company=body.company.strip(),
        level=body.level,
        note=body.note.rstrip(),
        owner=body.owner,
        numbers=numbers,
        fields=values,
    )


async def _told[T](saving: Awaitable[T]) -> T:
    """``saving``, with an owner who isn't there told at its field."""
    try:
        return await saving
    except InputError as error:
        if error.code == "no-such-reference":
            raise problem("owner", error.code) from error
        raise


ENDPOINTS = (
    list_customers,
    get_customer,
    create_customer,
    replace_customer,
    delete_customer,
    get_customer_fields,
    replace_customer_fields,
)
