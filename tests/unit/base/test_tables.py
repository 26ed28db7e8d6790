"""Tables as files that table programs open."""

from __future__ import annotations

import csv
import io

import pytest

from linebox.base.tables import csv_file


def test_file_says_what_encoding_it_has_and_keeps_every_cell() -> None:
    rows = [["号码", "说明"], ["13900001111", '他说"好，行"\n第二行']]

    file = csv_file(rows)

    assert file.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""))) == rows


@pytest.mark.parametrize("cell", ["=1+1", "+8613900001111", "-1", "@SUM(A1)"])
@pytest.mark.req("SEC-1")
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    assert csv_file([["x", cell]]).decode("utf-8-sig") == f"x,\t{cell}\r\n"
