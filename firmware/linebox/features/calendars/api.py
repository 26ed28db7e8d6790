"""Opening hours over HTTP (ACD-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base.shapes import Count, Range, problem
from linebox.features.calendars import store
from linebox.features.calendars.model import Calendar, Day, Hours
from linebox.features.settings.resources import Resource
from linebox.model.spelling import Name, OptionalName, RowId


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursInput:
    """Open from ``opens`` until just before ``closes`` on ISO ``weekday`` (1 = Monday)."""

    weekday: Annotated[int, Range(1, 7)]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class DayInput:
    """A date that differs: a holiday, or a make-up working day (调休), which has Monday's hours."""

    day: date
    is_open: bool
    name: OptionalName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarInput:
    name: Name
    always_open: bool = False
    hours: Annotated[tuple[HoursInput, ...], Count(0, 70)] = ()
    days: Annotated[tuple[DayInput, ...], Count(0, 1000)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRow(CalendarInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    items: tuple[CalendarRow, ...]


def _model(id_: int, given: CalendarInput) -> Calendar:
    return Calendar(
        id=id_,
        name=given.name,
        always_open=given.always_open,
        hours=tuple(
            Hours(weekday=one.weekday, opens=one.opens, closes=one.closes) for one in given.hours
        ),
        days=tuple(Day(day=one.day, is_open=one.is_open, name=one.name) for one in given.days),
    )


def _row(calendar: Calendar, etag: str) -> CalendarRow:
    return CalendarRow(
        id=calendar.id,
        name=calendar.name,
        always_open=calendar.always_open,
        hours=tuple(
            HoursInput(weekday=one.weekday, opens=one.opens, closes=one.closes)
            for one in calendar.hours
        ),
        days=tuple(
            DayInput(day=one.day, is_open=one.is_open, name=one.name) for one in calendar.days
        ),
        etag=etag,
    )


def check_hours(hours: Sequence[Hours]) -> None:
    """Raises ``InputError("invalid-input")`` at the first that ends early or overlaps another."""
    for n, one in enumerate(hours):
        if one.closes <= one.opens:
            raise problem(f"hours.{n}.closes", "closes-before-opens")
        for other in hours[:n]:
            apart = one.closes <= other.opens or other.closes <= one.opens
            if one.weekday == other.weekday and not apart:
                raise problem(f"hours.{n}.opens", "hours-overlap")


async def _check(_connection: AsyncConnection, calendar: Calendar) -> None:
    check_hours(calendar.hours)
    days = [one.day for one in calendar.days]
    for n, day in enumerate(days):
        if day in days[:n]:
            raise problem(f"days.{n}.day", "given-twice", value=day.isoformat())


CALENDARS = Resource(
    word="calendars",
    one_word="calendar",
    feature="calendars",
    key=RowId,
    new=CalendarInput,
    body=CalendarInput,
    model=Calendar,
    row=CalendarRow,
    rows=Calendars,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda _: None,
    make=lambda given: _model(0, given),
    change=lambda old, given: _model(old.id, given),
    answer=_row,
    check=_check,
)
ENDPOINTS = CALENDARS.endpoints()
