"""Cards as tables over HTTP (CRM-1): imported in parts with a rehearsal, exported as CSV."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated

from linebox.base import rights
from linebox.base.endpoints import Ask, BytesAnswer, endpoint
from linebox.base.messages import sentence
from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Count, Form, Length, Problem, Range, invalid
from linebox.features.customers import sheets, store
from linebox.model.spelling import LanguageCode
from linebox.store.pool import Database

log = logging.getLogger(__name__)

type Cells = Annotated[tuple[Annotated[str, Length(0, 10_000, lines=True)], ...], Count(0, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRows:
    """Some rows of a table. ``columns``: what each fills: ``name`` ``company`` ``numbers``
    ``level`` ``note`` ``owner``, a field's key, or empty. ``first_row``: the first one's number in
    the file. ``dry``: tell only what would become of them."""

    columns: Annotated[
        tuple[Annotated[str, Length(0, 10), Form("[a-z0-9]*", "列名", "a column")], ...],
        Count(1, 100),
    ]
    rows: Annotated[tuple[Cells, ...], Count(1, 500)]
    first_row: Annotated[int, Range(1, 10_000_000)] = 1
    dry: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """``field``: the column's."""

    field: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadCustomerRow:
    """``row``: its number in the file."""

    row: int
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCustomers:
    """``same``: rows that say what their card says already."""

    made: int
    changed: int
    same: int
    bad: tuple[BadCustomerRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportQuery:
    """``language``: of the columns' heads."""

    language: LanguageCode = "zh"


@endpoint(
    "POST",
    "/api/customers/import",
    "Take in some rows of a table, or only try",
    roles=SUPERVISORS,
    status=200,
    max_bytes=1_000_000,
)
async def import_customers(db: Database, ask: Ask, body: CustomerRows) -> ImportedCustomers:
    """A row whose number is on a card changes that card; empty cells leave it as it is."""
    async with db.transaction() as connection:
        private = ask.may(rights.CUSTOMERS_PRIVATE)
        fields = [
            one.key for one in await store.definitions(connection) if private or not one.private
        ]
        known = {*sheets.COLUMNS, *fields, ""}
        wrong = [
            Problem(f"columns.{n}", "column-unknown", {"value": one})
            for n, one in enumerate(body.columns)
            if one not in known
        ]
        given = [one for one in body.columns if one]
        wrong += [
            Problem(f"columns.{n}", "given-twice", {"value": one})
            for n, one in enumerate(given)
            if one in given[:n]
        ]
        if wrong:
            raise invalid(*wrong)
        taken = await sheets.take(connection, ask.who, body.columns, body.rows, dry=body.dry)
    return ImportedCustomers(
        made=taken.made,
        changed=taken.changed,
        same=taken.same,
        bad=tuple(
            BadCustomerRow(
                row=body.first_row + one.place,
                problems=tuple(_told(problem) for problem in one.problems),
            )
            for one in taken.bad
        ),
    )


@endpoint(
    "GET",
    "/api/customers/export",
    "All cards as CSV",
    roles=SUPERVISORS,
    right=rights.CUSTOMERS_EXPORT,
    also=rights.NUMBERS_WHOLE,
    audited="always",
    timeout_s=30.0,
)
async def export_customers(db: Database, ask: Ask, query: ExportQuery) -> BytesAnswer:
    async with db.transaction() as connection:
        table = await sheets.give(
            connection, query.language, private=ask.may(rights.CUSTOMERS_PRIVATE)
        )
    log.info("%s took all customers out as a table", ask.who)
    return BytesAnswer(body=table, media_type="text/csv")


def _told(problem: Problem) -> RowProblem:
    zh, en = sentence(problem.code, problem.fields)
    return RowProblem(field=problem.field, code=problem.code, zh=zh, en=en)


ENDPOINTS = (import_customers, export_customers)
