"""Rows of build/bench.json: {name, value, unit, limit, ok}."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``limit`` None: a figure without a promise. ``at_least``: the limit is a floor, not a ceiling."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def ok(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def table(rows: list[Row]) -> str:
    lines = []
    for row in rows:
        limit = "" if row.limit is None else f"{'>=' if row.at_least else '<='} {row.limit:g}"
        lines.append(
            f"{'ok ' if row.ok else 'NOT'}  {row.name:28} {row.value:12.3f} {row.unit:10} {limit:10} {row.note}"
        )
    return "\n".join(lines)


def write(rows: list[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([{**asdict(r), "ok": r.ok} for r in rows], indent=1, ensure_ascii=False) + "\n"
    )
