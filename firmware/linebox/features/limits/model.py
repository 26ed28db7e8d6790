"""Limits of calls out (SEC-2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """``countries``: ISO 3166 codes that phones may call, sorted; none: no call leaves the country.

    ``abroad_hours``: the calendar in whose hours calls abroad go, None: always. ``minutes_day``:
    that one phone may talk to outside a day, ``calls_at_once``: how many such calls one phone may
    have; None: no limit. Emergency numbers are never limited.
    """

    countries: tuple[str, ...] = ()
    abroad_hours: int | None = None
    minutes_day: int | None = None
    calls_at_once: int | None = None
