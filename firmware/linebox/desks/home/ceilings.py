"""The measured ceilings of this box (SET-9): what it did, and what that cost, tells what it can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection

from linebox.features.settings.days import MIDNIGHT

#: Of the processors' time; above it voice begins to wait.
_SHARE: Final = 0.8
#: So many minutes of calls must have been measured before a ceiling is told.
ENOUGH_CALL_MIN: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """``call_min``: minutes of calls within the last 30 days whose cost was measured.
    ``ms_per_call_min``: processor time of all services for a minute of a call, in ms, without what
    they need when nobody calls; None: not measured yet."""

    call_min: float
    ms_per_call_min: float | None

    def calls(self, processors: int) -> int | None:
        """How many calls at once the processors carry, all recorded as those measured were."""
        if self.ms_per_call_min is None or self.call_min < ENOUGH_CALL_MIN:
            return None
        return int(processors * _SHARE * 60_000 / self.ms_per_call_min)


_MEASURED: Final = """
SELECT coalesce(sum(call_s) FILTER (WHERE call_s > 0), 0) / 60,
    coalesce(sum(cpu_ms) FILTER (WHERE call_s > 0), 0),
    coalesce(sum(seconds) FILTER (WHERE call_s > 0), 0),
    coalesce(sum(cpu_ms) FILTER (WHERE call_s = 0), 0),
    coalesce(sum(seconds) FILTER (WHERE call_s = 0), 0)
FROM samples WHERE cpu_ms IS NOT NULL AND at > now() - interval '30 days'
"""


async def measured(connection: AsyncConnection) -> Measured:
    """From the samples of the last 30 days."""
    row = await (await connection.execute(_MEASURED)).fetchone()
    assert row is not None  # an aggregate has a row
    call_min, busy_ms, busy_s, idle_ms, idle_s = map(float, row)
    if call_min == 0:
        return Measured(call_min=0.0, ms_per_call_min=None)
    at_rest = idle_ms / idle_s * busy_s if idle_s else 0.0
    cost = max(1.0, busy_ms - at_rest) / call_min
    return Measured(call_min=round(call_min, 1), ms_per_call_min=cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The most at once since the company's midnight."""

    calls: int
    agents: int
    trunk_calls: int


_PEAKS: Final = f"""
SELECT coalesce(max(calls), 0), coalesce(max(agents), 0), coalesce(max(trunk_calls), 0)
FROM samples WHERE at >= {MIDNIGHT}
"""  # noqa: S608  a constant of ours


async def peaks(connection: AsyncConnection) -> Peaks:
    row = await (await connection.execute(_PEAKS)).fetchone()
    assert row is not None  # an aggregate has a row
    calls, agents, trunk_calls = row
    return Peaks(calls=calls, agents=agents, trunk_calls=trunk_calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """For recordings: ``used_h`` hours lie on the disk; ``left_h`` more fit before recording
    stops, at the size that they had so far; ``per_day_h``: recorded a day, over the last week.
    None: nothing was recorded yet."""

    used_h: float
    left_h: float | None
    per_day_h: float | None


_RECORDED: Final = """
SELECT coalesce(sum(duration_s), 0) / 3600,
    coalesce(sum(size_bytes) FILTER (WHERE state = 'ready'), 0),
    coalesce(sum(duration_s) FILTER (WHERE state = 'ready'), 0) / 3600,
    coalesce(sum(duration_s) FILTER (WHERE started_at > now() - interval '7 days'), 0) / 3600 / 7
FROM recordings WHERE state IN ('raw', 'ready')
"""
#: Recording stops at 95 % (disk-guard).
_KEPT_FREE: Final = 0.05


async def room(connection: AsyncConnection, *, free_bytes: int, disk_bytes: int) -> Room:
    """``free_bytes`` and ``disk_bytes`` are of the recordings' disk."""
    row = await (await connection.execute(_RECORDED)).fetchone()
    assert row is not None  # an aggregate has a row
    used_h, ready_bytes, ready_h, per_day_h = map(float, row)
    fits = max(0.0, free_bytes - disk_bytes * _KEPT_FREE)
    return Room(
        used_h=round(used_h, 1),
        left_h=round(fits / (ready_bytes / ready_h), 1) if ready_h and ready_bytes else None,
        per_day_h=round(per_day_h, 2) if used_h else None,
    )
