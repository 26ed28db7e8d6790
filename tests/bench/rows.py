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
    """These rows replace those of their names; others, of benches not run now, stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = {row.name for row in rows}
    kept = json.loads(path.read_text()) if path.exists() else []
    told = [one for one in kept if one["name"] not in names]
    told += [{**asdict(row), "ok": row.ok} for row in rows]
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
