"""Tables over HTTP: read, previewed, taken in and given out (SET-3)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Annotated, Literal

from linebox.base.endpoints import Ask, BytesAnswer, endpoint
from linebox.base.errors import InputError
from linebox.base.shapes import problem
from linebox.base.tables import csv_file
from linebox.desks.settings import document, sheets, workbook
from linebox.desks.settings.document_api import carried, expect_unchanged, planned
from linebox.desks.settings.shapes import (
    BadSheetRow,
    CellProblem,
    SheetColumn,
    SheetColumns,
    SheetFile,
    SheetRead,
    SheetRows,
    SheetTaken,
    TemplateQuery,
    What,
)
from linebox.features.settings import allowed, store
from linebox.features.settings.confd import Confd
from linebox.store.pool import Database

type Format = Annotated[Literal["xlsx", "csv"], "a file's ending"]

_TOLD = 200
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TITLES = {
    "extension": ("分机", "Extensions"),
    "agent": ("坐席", "Agents"),
    "number": ("名单", "Lists"),
}


@endpoint("GET", "/api/settings/sheets/{what}", "The columns of a table", errors=(404,))
async def get_sheet_columns(what: What) -> SheetColumns:
    return SheetColumns(
        items=tuple(
            SheetColumn(
                name=one.name,
                zh=one.zh,
                en=one.en,
                needed=one.needed,
                help_zh=one.help_zh,
                help_en=one.help_en,
            )
            for one in sheets.columns(what)
        )
    )


@endpoint(
    "POST",
    "/api/settings/sheets/read",
    "The rows of a CSV or XLSX file",
    status=200,
    audited="never",
    max_bytes=12 * 2**20,
    timeout_s=60.0,
    errors=(404, 413),
)
async def read_sheet(body: SheetFile) -> SheetRead:
    """Changes nothing. The first row is taken for the head."""
    sheets.columns(body.what)
    try:
        file = base64.b64decode(body.file, validate=True)
    except (binascii.Error, ValueError) as error:
        raise problem("file", "bad-form", expected_zh="base64", expected_en="base64") from error
    rows = await asyncio.to_thread(workbook.rows_of, file)
    if len(rows) < 2:
        raise InputError("sheet-empty")
    width = max(len(row) for row in rows)
    heads = rows[0] + [""] * (width - len(rows[0]))
    return SheetRead(
        heads=tuple(heads),
        columns=sheets.guessed(body.what, heads),
        rows=tuple(tuple(cell[:500] for cell in row) for row in rows[1:]),
        first_row=2,
    )


@endpoint(
    "POST",
    "/api/settings/sheets/{what}",
    "Take in the rows of a table, or only tell what would become of them",
    status=200,
    max_bytes=12 * 2**20,
    timeout_s=120.0,
    errors=(404, 409, 412, 428),
)
async def take_sheet(
    what: What, body: SheetRows, ask: Ask, db: Database, confd: Confd
) -> SheetTaken:
    """Bad rows are left out and told. 412: somebody changed a setting since the dry run."""
    sheets.columns(what)
    allowed.need_change(ask, (what,))
    async with db.transaction() as connection:
        version = await store.version(connection)
        there = await document.states(connection, "company", "group", what)
    taken = await asyncio.to_thread(
        sheets.take, there, what, body.columns, body.rows, first_row=body.first_row
    )
    done = None
    if not body.dry:
        expect_unchanged(body.seen, version)
        if taken.plans:
            done = await carried(confd, ask, body.note, taken.plans)
    return SheetTaken(
        made=taken.made,
        changed=taken.changed,
        same=taken.same,
        bad=tuple(_bad(one) for one in taken.bad),
        changes=planned(taken.plans, _TOLD),
        seen=str(version),
        applied=done,
    )


@endpoint(
    "GET",
    "/api/settings/sheets/{what}/template.{format}",
    "A file to fill in: the head row, or what there is",
    timeout_s=30.0,
    errors=(404,),
)
async def get_sheet_template(
    what: What, format: Format, query: TemplateQuery, db: Database, ask: Ask
) -> BytesAnswer:
    sheets.columns(what)
    allowed.need_see(ask, (what,))
    async with db.transaction() as connection:
        there = await document.states(connection, "company", "group", what)
    rows = await asyncio.to_thread(sheets.filled, there, what, query.language)
    rows = rows if query.filled else rows[:1]
    if format == "csv":
        return BytesAnswer(body=csv_file(rows), media_type="text/csv")
    title = _TITLES[what][query.language == "en"]
    body = await asyncio.to_thread(workbook.as_xlsx, rows, title)
    return BytesAnswer(body=body, media_type=_XLSX)


def _bad(one: sheets.BadRow) -> BadSheetRow:
    problems = []
    for each in one.problems:
        zh, en = sheets.told(each)
        problems.append(CellProblem(field=each.field, code=each.code, zh=zh, en=en))
    return BadSheetRow(row=one.row, problems=tuple(problems))


ENDPOINTS = (get_sheet_columns, read_sheet, take_sheet, get_sheet_template)
