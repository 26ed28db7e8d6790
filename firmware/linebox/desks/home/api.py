"""The home page over HTTP: today's calls, ceilings, plots (SET-9)."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from linebox.base.endpoints import endpoint
from linebox.config.paths import Paths
from linebox.desks.home import ceilings
from linebox.desks.home.today import TodayCalls, today
from linebox.features.diagnostics import samples
from linebox.features.host.model import Trouble
from linebox.features.host.trouble import trouble
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """What this box can do at once, from what it did: ``calls`` and ``agents`` (each talking, all
    recorded) by its processors, None until ``measured_call_min`` is ``enough_call_min``. The peaks
    are today's. ``recordings_left_h``: hours that fit, ``recordings_left_days`` at last week's
    rate; None: nothing was recorded yet."""

    calls: int | None
    agents: int | None
    peak_calls: int
    peak_agents: int
    peak_trunk_calls: int
    measured_call_min: float
    enough_call_min: float
    recordings_used_h: float
    recordings_left_h: float | None
    recordings_left_days: float | None
    disk_used_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """``certificate``: what is wrong with it, None: nothing."""

    today: TodayCalls
    ceilings: Ceilings
    certificate: Trouble | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Oldest first; ``processors``: so many times ``seconds`` is all their time."""

    processors: int
    items: tuple[samples.Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesQuery:
    span: samples.Span = "day"


@endpoint("GET", "/api/home", "Today's calls and the measured ceilings of this box")
async def get_home(db: Database, at: Paths) -> Home:
    disk = await asyncio.to_thread(os.statvfs, at.data)
    free, whole = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    async with db.transaction() as connection:
        calls = await today(connection)
        measured = await ceilings.measured(connection)
        peaks = await ceilings.peaks(connection)
        room = await ceilings.room(connection, free_bytes=free, disk_bytes=whole)
    most = measured.calls(os.cpu_count() or 1)
    days = None if not room.per_day_h or room.left_h is None else room.left_h / room.per_day_h
    return Home(
        today=calls,
        ceilings=Ceilings(
            calls=most,
            agents=most,
            peak_calls=peaks.calls,
            peak_agents=peaks.agents,
            peak_trunk_calls=peaks.trunk_calls,
            measured_call_min=measured.call_min,
            enough_call_min=ceilings.ENOUGH_CALL_MIN,
            recordings_used_h=room.used_h,
            recordings_left_h=room.left_h,
            recordings_left_days=None if days is None else round(days, 1),
            disk_used_percent=round(100 * (1 - free / max(1, whole))),
        ),
        certificate=await asyncio.to_thread(trouble, at),
    )


@endpoint("GET", "/api/samples", "Load of the box over a day or a month")
async def list_samples(db: Database, query: SamplesQuery) -> Samples:
    async with db.transaction() as connection:
        items = await samples.read(connection, query.span)
    return Samples(processors=os.cpu_count() or 1, items=items)


ENDPOINTS = (get_home, list_samples)
