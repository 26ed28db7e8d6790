"""The home page's figures, as PostgreSQL has them (SET-9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from fixtures.postgres import Pg
from linebox.desks.home import ceilings
from linebox.desks.home.today import today
from linebox.features.diagnostics import samples
from linebox.store.db import connect_async

_CALL = """
INSERT INTO calls (id, start_id, direction, started_at, ended_at, connected_at, result, wait_s, rating)
VALUES (%s, 's00000001', %s, %s, %s, %s, %s, %s, %s)
"""


def minute(at: datetime, *, call_s: float, cpu_ms: int, calls: int = 0) -> samples.Sample:
    return samples.Sample(
        at=at,
        seconds=60.0,
        call_s=call_s,
        calls=calls,
        waiting=0,
        agents=2,
        trunk_calls=calls,
        trunk_capacity=30,
        cpu_ms=cpu_ms,
        asterisk_ms=cpu_ms // 2,
        memory_mb=500,
        disk_free_mb=1000,
        disk_mb=4000,
        journal_lag_s=0.0,
    )


@pytest.mark.req("SET-9")
async def test_todays_calls_by_half_hour_and_last_weeks(pg: Pg) -> None:
    with psycopg.connect(pg.dsn, autocommit=True) as connection:
        row = connection.execute("SELECT date_trunc('day', now())").fetchone()
        assert row is not None
        begins: datetime = row[0]
        connection.execute(
            "INSERT INTO company (name_zh, name_en, time_zone) VALUES ('a', 'a', %s)"
            " ON CONFLICT (only_row) DO UPDATE SET time_zone = excluded.time_zone",
            (connection.info.parameter_status("TimeZone"),),
        )
        first, second = begins + timedelta(minutes=5), begins + timedelta(minutes=40)
        week = timedelta(days=7)
        for call in (
            ("a", "in", first, first, first, "answered", 10.0, 5),
            ("b", "in", first, first, first, "answered", 20.0, None),
            ("c", "in", second, second, None, "abandoned", 5.0, None),
            ("d", "out", second, second, second, "answered", 1.0, None),
            ("e", "in", first - week, first, first, "answered", 1.0, None),
            ("f", "in", second - 2 * week, second, None, "abandoned", 1.0, None),
        ):
            connection.execute(_CALL, call)
    asking = await connect_async(autocommit=True)
    try:
        found = await today(asking)
    finally:
        await asking.close()
    assert (found.offered, found.answered, found.lost) == (3, 2, 1)
    assert (found.answer_s, found.rating) == (15.0, 5.0)
    assert len(found.halves) == 48
    told = [(half.offered, half.answered, half.lost, half.week_ago) for half in found.halves[:3]]
    assert told == [(2, 2, 0, 1), (1, 0, 1, 0), (0, 0, 0, 0)]


@pytest.mark.req("SET-9")
async def test_a_minutes_cost_of_a_call_is_what_came_on_top_of_rest(pg: Pg) -> None:
    asking = await connect_async(autocommit=True)
    now = datetime.now(UTC)
    try:
        for n in range(10):
            at = now - timedelta(minutes=n)
            await samples.save(asking, minute(at, call_s=0, cpu_ms=600))
            at -= timedelta(seconds=30)
            await samples.save(asking, minute(at, call_s=600, cpu_ms=9_000, calls=10))
        old = minute(now - timedelta(days=40), call_s=600, cpu_ms=60_000, calls=99)
        await samples.save(asking, old)
        found = await ceilings.measured(asking)
        peaks = await ceilings.peaks(asking)
        day = await samples.read(asking, "day")
        await samples.save(asking, minute(now + timedelta(minutes=1), call_s=0, cpu_ms=600))
        kept = await (await asking.execute("SELECT max(calls) FROM samples")).fetchone()
    finally:
        await asking.close()
    assert found.call_min == 100.0
    assert found.ms_per_call_min == pytest.approx(840.0)
    assert found.calls(2) == 114
    assert peaks.calls in (0, 10)  # the looks may lie before midnight
    assert sum(one.call_s for one in day) == 6_000
    assert kept == (10,), "what is older than 32 days is forgotten"
