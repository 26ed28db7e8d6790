"""Limits of calls out over HTTP (SEC-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.shapes import Count, Form, Length, Range, hints, parse, problem
from linebox.features.agents.calld import Calld
from linebox.features.limits import countries, store
from linebox.features.limits.model import CallLimits
from linebox.features.settings.model import Author, Change
from linebox.features.settings.rebuild import rebuilt
from linebox.features.settings.resources import author, etag, expect, lock
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


@endpoint("GET", "/api/limits", "What phones may call outside, and how long")
async def get_limits(db: Database) -> Limits:
    async with db.transaction() as connection:
        return _answer(await store.read(connection))


@endpoint("PUT", "/api/limits", "Change it", needs_match=True, errors=(412, 428))
async def replace_limits(db: Database, ask: Ask, body: LimitsInput) -> Limits:
    async with db.transaction() as connection:
        await lock(connection)
        expect(ask, etag(await store.read(connection)))
        await _save(connection, author(ask), body.model())
        return _answer(await store.read(connection))


@endpoint("GET", "/api/limits/now", "Whether calls out are stopped, what phones have spent today")
async def limits_now(calld: Calld) -> LimitsNow:
    return parse(LimitsNow, await calld.ask("GET", "/toll", None))


@endpoint("POST", "/api/limits/stop", "Stop all calls out at once, or let them go again")
async def stop_calls_out(calld: Calld, ask: Ask, body: StopWish) -> Stopped:
    """Without the database and without a generation; emergency numbers go on."""
    wish: dict[str, object] = {"stopped": body.stopped, "cut": body.cut, "by": ask.who}
    return parse(Stopped, await calld.ask("POST", "/toll", wish))


async def _save(connection: AsyncConnection, who: Author, new: CallLimits) -> None:
    try:
        await store.save(connection, who, new)
    except InputError as error:
        if error.code != "no-such-reference":
            raise
        raise problem("abroad_hours", error.code) from error


class LimitsKind:
    """The limits as a draft changes them: there is one row, always."""

    one_word: Final = "limits"
    word: Final = "limits"
    numbered: Final = False
    single: Final = True

    def key_of_model(self, _item: CallLimits) -> str:
        return "limits"

    async def state(self, connection: AsyncConnection, _key: str) -> CallLimits:
        return await store.read(connection)

    async def states(self, connection: AsyncConnection) -> dict[str, CallLimits]:
        return {"limits": await store.read(connection)}

    def shown(self, item: CallLimits) -> dict[str, Any]:
        return {
            "countries": list(item.countries),
            "abroad_hours": item.abroad_hours,
            "minutes_day": item.minutes_day,
            "calls_at_once": item.calls_at_once,
        }

    def planned(self, _old: CallLimits | None, after: Mapping[str, Any]) -> CallLimits:
        return parse(LimitsInput, after).model()

    def settable(self, *, new: bool) -> Mapping[str, object]:
        return {} if new else hints(LimitsInput)

    async def make_one(
        self, _connection: AsyncConnection, _who: Author, _after: Mapping[str, Any]
    ) -> CallLimits:
        raise InputError("already-exists", what="limits", key="limits")

    async def change_one(
        self, connection: AsyncConnection, who: Author, _old: CallLimits, after: Mapping[str, Any]
    ) -> CallLimits:
        new = parse(LimitsInput, after).model()
        await _save(connection, who, new)
        return new

    async def delete_one(self, _connection: AsyncConnection, _who: Author, _key: str) -> None:
        raise InputError("not-found", what="limits", key="limits")

    async def put_back(self, connection: AsyncConnection, who: Author, plain: object) -> None:
        await store.save(connection, who, rebuilt(CallLimits, plain))

    async def want(self, _connection: AsyncConnection, _id: int) -> None:
        raise InputError("already-exists", what="limits", key="limits")

    async def reserve(self, _connection: AsyncConnection) -> int:
        raise InputError("already-exists", what="limits", key="limits")

    async def told(self, _connection: AsyncConnection, _item: CallLimits) -> dict[str, str]:
        return {}

    async def many(
        self, _connection: AsyncConnection, _who: Author, _changes: Sequence[Change]
    ) -> None:
        return None


ENDPOINTS = (get_limits, replace_limits, limits_now, stop_calls_out)
