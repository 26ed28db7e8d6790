"""Tables as files that table programs open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence


def csv_file(rows: Iterable[Sequence[str]]) -> bytes:
    """CSV in UTF-8 with a byte order mark: Excel takes it for something else without.

    A cell that a table program would take for a formula has a tab before it, so that it is shown
    and not reckoned; what reads our tables takes it away.
    """
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_unreckoned(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _unreckoned(cell: str) -> str:
    return f"\t{cell}" if cell[:1] in ("=", "+", "-", "@") else cell
