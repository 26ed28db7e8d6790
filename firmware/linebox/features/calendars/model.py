"""Opening hours (ACD-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Open from ``opens`` until just before ``closes`` on ISO ``weekday`` (1 = Monday)."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date that differs from its weekday: a holiday, or a make-up working day (调休), which has
    Monday's hours."""

    day: date
    is_open: bool
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    id: int
    name: str
    always_open: bool = False
    hours: tuple[Hours, ...] = ()
    days: tuple[Day, ...] = ()
