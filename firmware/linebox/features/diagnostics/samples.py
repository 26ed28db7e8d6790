"""What the box does and needs, once a minute (SET-9): the ground of its ceilings and plots."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from psycopg import AsyncConnection
from psycopg.rows import class_row

#: So often it is looked what goes on; a minute's row has the most of these.
LOOK_EVERY_S: Final = 5.0
ROW_EVERY_S: Final = 60.0
KEPT_DAYS: Final = 32

type Span = Literal["day", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What goes on at one moment. ``agents`` are those who are logged in."""

    calls: int = 0
    waiting: int = 0
    agents: int = 0
    trunk_calls: int = 0
    trunk_capacity: int = 0
    journal_lag_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the services need. CPU in ms since they began, memory in MB without what the kernel
    could give back at once; None where the system doesn't tell."""

    cpu_ms: int | None
    asterisk_ms: int | None
    memory_mb: int | None
    disk_free_mb: int
    disk_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A minute, as the table has it."""

    at: datetime
    seconds: float
    call_s: float
    calls: int
    waiting: int
    agents: int
    trunk_calls: int
    trunk_capacity: int
    cpu_ms: int | None
    asterisk_ms: int | None
    memory_mb: int | None
    disk_free_mb: int
    disk_mb: int
    journal_lag_s: float


class Minute:
    """Gathers looks into the row of a minute."""

    def __init__(self, begun_s: float, needs: Needs) -> None:
        self._begun_s = self._last_s = begun_s
        self._needs = needs
        self._call_s = 0.0
        self._most = Look()

    def look(self, at_s: float, seen: Look) -> None:
        """``seen`` holds since the look before. ``at_s``: a monotonic clock's."""
        self._call_s += seen.calls * max(0.0, at_s - self._last_s)
        self._last_s = at_s
        self._most = Look(
            **{
                one.name: max(getattr(self._most, one.name), getattr(seen, one.name))
                for one in fields(Look)
            }
        )

    def row(self, at: datetime, needs: Needs) -> Sample:
        """The minute until the last look."""
        most = self._most
        return Sample(
            at=at,
            seconds=max(0.001, round(self._last_s - self._begun_s, 3)),
            call_s=round(self._call_s, 1),
            calls=most.calls,
            waiting=most.waiting,
            agents=most.agents,
            trunk_calls=most.trunk_calls,
            trunk_capacity=most.trunk_capacity,
            cpu_ms=_since(self._needs.cpu_ms, needs.cpu_ms),
            asterisk_ms=_since(self._needs.asterisk_ms, needs.asterisk_ms),
            memory_mb=needs.memory_mb,
            disk_free_mb=needs.disk_free_mb,
            disk_mb=needs.disk_mb,
            journal_lag_s=most.journal_lag_s,
        )


def _since(before: int | None, now: int | None) -> int | None:
    """None also when the service began anew, so that its count fell."""
    return None if before is None or now is None or now < before else now - before


def needs(disk: Path, groups: Path = Path("/sys/fs/cgroup/system.slice")) -> Needs:
    """Read from the control groups (some small files): call it in a thread."""
    room = os.statvfs(disk)
    return Needs(
        cpu_ms=_cpu_ms(groups),
        asterisk_ms=_cpu_ms(groups / "asterisk.service"),
        memory_mb=_memory_mb(groups),
        disk_free_mb=room.f_bavail * room.f_frsize // 2**20,
        disk_mb=room.f_blocks * room.f_frsize // 2**20,
    )


def _table(path: Path) -> dict[str, int]:
    try:
        return {
            name: int(value) for name, value in map(str.split, path.read_text("ascii").splitlines())
        }
    except (OSError, ValueError):
        return {}


def _cpu_ms(group: Path) -> int | None:
    used = _table(group / "cpu.stat").get("usage_usec")
    return None if used is None else used // 1000


def _memory_mb(group: Path) -> int | None:
    try:
        all_ = int((group / "memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return (all_ - _table(group / "memory.stat").get("inactive_file", 0)) // 2**20


_COLUMNS: Final = tuple(one.name for one in fields(Sample))


async def save(connection: AsyncConnection, sample: Sample) -> None:
    """File a minute and forget those that are older than ``KEPT_DAYS``."""
    await connection.execute(
        "INSERT INTO samples (at, seconds, call_s, calls, waiting, agents, trunk_calls,"
        " trunk_capacity, cpu_ms, asterisk_ms, memory_mb, disk_free_mb, disk_mb, journal_lag_s)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [getattr(sample, name) for name in _COLUMNS],
    )
    await connection.execute(
        "DELETE FROM samples WHERE at < %s - make_interval(days => %s)", (sample.at, KEPT_DAYS)
    )


_READ: Final = """
SELECT max(at) AS at, sum(seconds) AS seconds, sum(call_s) AS call_s, max(calls) AS calls,
    max(waiting) AS waiting, max(agents) AS agents, max(trunk_calls) AS trunk_calls,
    max(trunk_capacity) AS trunk_capacity, sum(cpu_ms)::integer AS cpu_ms,
    sum(asterisk_ms)::integer AS asterisk_ms, max(memory_mb) AS memory_mb,
    min(disk_free_mb) AS disk_free_mb, max(disk_mb) AS disk_mb,
    max(journal_lag_s) AS journal_lag_s
FROM samples WHERE at > now() - make_interval(days => %(days)s)
GROUP BY floor(extract(epoch FROM at) / %(step_s)s) ORDER BY 1
"""


async def read(connection: AsyncConnection, span: Span) -> tuple[Sample, ...]:
    """A day in steps of 10 min or 31 days in steps of 4 h: of each the most, CPU in sum."""
    days, step_s = (1, 600) if span == "day" else (31, 14_400)
    async with connection.cursor(row_factory=class_row(Sample)) as cursor:
        await cursor.execute(_READ, {"days": days, "step_s": step_s})
        return tuple(await cursor.fetchall())


class Sampler:
    """The worker: looks, gathers, files. Without a database a minute is forgotten, not queued."""

    def __init__(
        self,
        seen: Callable[[], Look],
        needed: Callable[[], Awaitable[Needs]],
        file: Callable[[Sample], Awaitable[None]],
    ) -> None:
        self._seen = seen
        self._needed = needed
        self._file = file
        self._minute: Minute | None = None
        self._begun_s = 0.0

    async def tick(self, at_s: float, at: datetime) -> None:
        """Call it every ``LOOK_EVERY_S``. Raises what ``file`` raises, having begun anew."""
        if self._minute is None:
            self._minute, self._begun_s = Minute(at_s, await self._needed()), at_s
            return
        self._minute.look(at_s, self._seen())
        if at_s - self._begun_s >= ROW_EVERY_S:
            needed = await self._needed()
            row = self._minute.row(at, needed)
            self._minute, self._begun_s = Minute(at_s, needed), at_s
            await self._file(row)
