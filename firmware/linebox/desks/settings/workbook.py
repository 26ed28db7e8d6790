"""Tables as people have them: CSV in the encodings of Excel, and XLSX."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from linebox.base.errors import InputError

#: Rows and columns that are taken; more is a mistake, or a bomb.
ROWS: Final = 20_001
_COLUMNS: Final = 50
_UNPACKED: Final = 200 * 2**20


def rows_of(file: bytes) -> list[list[str]]:
    """The rows of the first sheet, empty ones left out, as texts.

    Raises ``InputError``: ``sheet-unreadable``, ``sheet-too-long``, ``sheet-empty``.
    """
    found: list[list[str]] = []
    for row in _xlsx(file) if file.startswith(b"PK") else _csv(file):
        if any(row):
            width = max(n for n, cell in enumerate(row, 1) if cell)
            found.append(row[: min(width, _COLUMNS)])
        if len(found) > ROWS:
            raise InputError("sheet-too-long", max=ROWS - 1)
    if not found:
        raise InputError("sheet-empty")
    return found


def _csv(file: bytes) -> Iterator[list[str]]:
    text = _decoded(file)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise InputError("sheet-unreadable", reason=str(error)) from error


def _decoded(file: bytes) -> str:
    """UTF-8, else what Excel in China writes."""
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        try:
            text = file.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError("sheet-unreadable", reason="UTF-8, GB 18030")


def _xlsx(file: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as packed:
            if sum(one.file_size for one in packed.infolist()) > _UNPACKED:
                raise InputError("sheet-too-long", max=ROWS - 1)
        book = load_workbook(io.BytesIO(file), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True, max_col=_COLUMNS):
            yield [_text(cell) for cell in row]
    except InputError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file makes it stumble over
        reason = type(error).__name__
        raise InputError("sheet-unreadable", reason=reason) from error


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer():
            return str(int(cell))  # Excel keeps 8001 as 8001.0
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell).strip()


def as_xlsx(rows: Sequence[Sequence[str]], title: str) -> bytes:
    """All cells are texts: a number with a 0 before it stays whole."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append([str(cell) for cell in row])
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.number_format = "@"
            cell.data_type = "s"
    for cell in sheet[1]:
        cell.font, cell.alignment = Font(bold=True), Alignment(horizontal="left")
    for n, head in enumerate(rows[0], 1):
        sheet.column_dimensions[get_column_letter(n)].width = max(14, 2 * len(head) + 4)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
