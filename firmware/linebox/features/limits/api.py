"""Limits of calls out over HTTP (SEC-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from linebox.base.endpoints import Ask, endpoint
from linebox.base.shapes import Count, Form, Length, Range, problem
from linebox.features.agents.calld import Calld
from linebox.features.limits import countries, store
from linebox.features.limits.model import CallLimits
from linebox.features.settings.resources import etag
from linebox.features.settings.single import Single
from linebox.model.spelling import RowId
from linebox.store.pool import Database

type CountryCode = Annotated[
    str, Length(2, 2), Form(r"[A-Z]{2}", "两个大写字母，如 HK", "two capitals, such as HK")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsInput:
    """``countries``: what may be called abroad, ISO 3166. ``abroad_hours``: the calendar in whose
    hours, null at any time. ``minutes_day``, ``calls_at_once``: of one phone; null: no limit."""

    countries: Annotated[tuple[CountryCode, ...], Count(0, 300)] = ()
    abroad_hours: RowId | None = None
    minutes_day: Annotated[int, Range(1, 1440)] | None = None
    calls_at_once: Annotated[int, Range(1, 100)] | None = None

    def model(self) -> CallLimits:
        """Raises ``InputError("invalid-input")`` for a country that isn't one, or our own."""
        for place, code in enumerate(self.countries):
            if code not in countries.abroad():
                raise problem(f"countries.{place}", "no-such-country", value=code)
        return CallLimits(
            countries=tuple(sorted(set(self.countries))),
            abroad_hours=self.abroad_hours,
            minutes_day=self.minutes_day,
            calls_at_once=self.calls_at_once,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(LimitsInput):
    """``known``: every country that may be allowed."""

    known: tuple[str, ...]
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSpent:
    """What a phone has called out on ``day`` (``yyyymmdd``)."""

    phone: str
    day: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsNow:
    """``stopped_since``: null while calls out go."""

    stopped_since: datetime | None
    spent: tuple[PhoneSpent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWish:
    """``cut``: end the calls out that go on, too (never those to emergency numbers)."""

    stopped: bool
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """``ended``: calls that were cut."""

    ended: int


def _answer(of: CallLimits) -> Limits:
    return Limits(
        countries=of.countries,
        abroad_hours=of.abroad_hours,
        minutes_day=of.minutes_day,
        calls_at_once=of.calls_at_once,
        known=tuple(sorted(countries.abroad())),
        etag=etag(of),
    )


LIMITS = Single(
    one_word="limits",
    word="limits",
    body=LimitsInput,
    model=CallLimits,
    read=store.read,
    save=store.save,
    reference="abroad_hours",
)


@endpoint("GET", "/api/limits", "What phones may call outside, and how long")
async def get_limits(db: Database) -> Limits:
    async with db.transaction() as connection:
        return _answer(await store.read(connection))


@endpoint("PUT", "/api/limits", "Change it", needs_match=True, errors=(412, 428))
async def replace_limits(db: Database, ask: Ask, body: LimitsInput) -> Limits:
    async with db.transaction() as connection:
        return _answer(await LIMITS.put(connection, ask, body.model()))


@endpoint("GET", "/api/limits/now", "Whether calls out are stopped, what phones have spent today")
async def limits_now(calld: Calld) -> LimitsNow:
    return await calld.told(LimitsNow, "GET", "/toll", None)


@endpoint("POST", "/api/limits/stop", "Stop all calls out at once, or let them go again")
async def stop_calls_out(calld: Calld, ask: Ask, body: StopWish) -> Stopped:
    """Without the database and without a generation; emergency numbers go on."""
    wish: dict[str, object] = {"stopped": body.stopped, "cut": body.cut, "by": ask.who}
    return await calld.told(Stopped, "POST", "/toll", wish)


ENDPOINTS = (get_limits, replace_limits, limits_now, stop_calls_out)
