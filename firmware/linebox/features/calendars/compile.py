"""Calendars → dialplan: is it open now (ACD-2)? By the box's time zone, no look-up."""

from __future__ import annotations

from datetime import time

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import context
from linebox.features.calendars.model import Calendar

_MONDAY = 1


def calendar(out: Writer, one: Calendar, *, time_zone: str) -> None:
    """``lb-hours-<id>``: GOSUB_RETVAL ``open`` or ``closed``.

    ``at`` is ISO weekday, hour and minute as one number: 10930 is Monday, half past nine. A day of
    its own is an extension: closed, or (调休) taken as a Monday.
    """
    out.section(context("hours", one.id))
    out.extension("s")
    if one.always_open:
        out.step("Return", "open")
        return
    out.step("Set", Code.of("LOCAL(at)=${STRFTIME(,<zone>,%u%H%M)}", zone=time_zone))
    out.step("Set", Code.of("LOCAL(day)=d${STRFTIME(,<zone>,%Y%m%d)}", zone=time_zone))
    here = context("hours", one.id)
    out.step("GotoIf", Code.of("${DIALPLAN_EXISTS(<here>,${day},1)}?${day},1", here=here))
    for hours in one.hours:
        out.step(
            "GotoIf",
            Code.of(
                "$[${at} >= <opens> & ${at} < <closes>]?open",
                opens=_mark(hours.weekday, hours.opens),
                closes=_mark(hours.weekday, hours.closes),
            ),
            label="hours" if hours is one.hours[0] else "",
        )
    out.step("Return", "closed", label="closed" if one.hours else "hours")
    out.step("Return", "open", label="open")
    for day in one.days:
        out.extension(f"d{day.day:%Y%m%d}")
        if day.is_open:
            out.step("Set", Code.of("at=<monday>${at:1}", monday=_MONDAY))
            out.step("Goto", "s", "hours")
        else:
            out.step("Return", "closed")


def _mark(weekday: int, at: time) -> int:
    return weekday * 10_000 + at.hour * 100 + at.minute
