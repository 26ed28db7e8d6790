"""Figure of the calls' search: ``call-search-p95-ms``, over a million calls of a year.

A PostgreSQL of its own with the product's settings; the questions are those that people ask on the
page of calls, each answered with its counts and first page, as the API gives them.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import psycopg

from bench.rows import Row
from fixtures.boxes import REPO
from fixtures.postgres import Server, database, running
from linebox.features.calls.search import Wanted, page

CALLS = 1_000_000
YEAR_END = datetime(2026, 11, 22, tzinfo=UTC)
ASKED = 600

#: 60 agents, 12 groups, callers of 15 prefixes; the last digits and groups are uneven, as in life.
FILL = """
INSERT INTO calls (id, start_id, direction, trunk, from_number, did, started_at, answered_at,
    connected_at, ended_at, result, group_id, agent, wait_s, ring_s, talk_s, keys, rating,
    needs_follow_up, agents, pressed, recordings)
SELECT 's00000001-' || (1760000000 + n * 30) || '.' || n * 2, 's00000001', direction, 'trunk',
    CASE direction WHEN 'in' THEN caller ELSE 'w' || staff END,
    CASE direction WHEN 'in' THEN '400800123' || n %% 4 ELSE caller END,
    at, at, CASE result WHEN 'answered' THEN at + interval '20 s' END, at + interval '100 s', result,
    CASE direction WHEN 'in' THEN team END, CASE result WHEN 'answered' THEN staff END, wait,
    wait / 3, CASE result WHEN 'answered' THEN talk END, key,
    CASE WHEN result = 'answered' AND direction = 'in' AND c < 0.25 THEN 1 + floor(d * d * 5)::int END,
    result IN ('abandoned', 'voicemail', 'cut'),
    CASE WHEN result <> 'answered' THEN '{}' WHEN e < 0.05
         THEN ARRAY[staff, (1001 + n * 7 %% 60)::text] ELSE ARRAY[staff] END,
    CASE direction WHEN 'in' THEN ARRAY['1:' || key, key] ELSE '{}' END,
    (result = 'answered' AND e < 0.99)::int
FROM (SELECT n, timestamptz '2025-11-22' + n * interval '365 days' / %(calls)s AS at,
        random() AS a, random() AS b, random() AS c, random() AS d, random() AS e,
        random() * random() * 120 AS wait, -ln(random()) * 150 AS talk,
        (1 + floor(random() * random() * 9)::int)::text AS key,
        1 + floor(random() * random() * 12)::int AS team,
        (1001 + floor(random() * 60)::int)::text AS staff,
        (ARRAY['139', '138', '137', '136', '135', '158', '159', '186', '187', '131', '132', '180',
               '189', '177', '150'])[1 + floor(random() * 15)::int]
            || lpad(floor(random() * random() * 1e8)::bigint::text, 8, '0') AS caller
      FROM generate_series(%(first)s, %(last)s) n) dice,
    LATERAL (SELECT CASE WHEN a < 0.8 THEN 'in' WHEN a < 0.99 THEN 'out' ELSE 'internal' END
             AS direction) x,
    LATERAL (SELECT CASE WHEN direction = 'internal' THEN 'internal' WHEN b < 0.72 THEN 'answered'
        WHEN b < 0.84 OR direction = 'out' THEN 'abandoned' WHEN b < 0.91 THEN 'menu'
        WHEN b < 0.95 THEN 'selfservice' WHEN b < 0.97 THEN 'voicemail' WHEN b < 0.99 THEN 'closed'
        WHEN b < 0.998 THEN 'blocked' WHEN b < 0.9995 THEN 'unknown-did' ELSE 'cut' END AS result) y
"""
NOTES = """
INSERT INTO service_records (call_id, note, saved_by)
SELECT id, (ARRAY['客户咨询账单', '要求退款，已登记', '报修：水管漏水', '投诉服务态度', '查询进度'])
               [1 + floor(random() * 5)::int] || ' ' || floor(random() * 100000)::int, '1001'
  FROM calls WHERE result = 'answered' AND random() < 0.3
"""
SETTINGS = ("shared_buffers", "work_mem", "effective_cache_size", "random_page_cost", "jit")


def like_the_box(server: Server) -> None:
    """The settings of the product that decide about speed."""
    conf = (REPO / "image/rootfs/usr/share/linebox/postgresql/postgresql.conf").read_text()
    for name in SETTINGS:
        match = re.search(rf"^{name} = (\S+)$", conf, re.MULTILINE)
        assert match, name
        server.ask(f"ALTER SYSTEM SET {name} = '{match[1]}'")
    server.stop()
    server.start()


def fill(dsn: str, calls: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SELECT setseed(0.5)")
        for first in range(0, calls, 100_000):
            last = min(calls, first + 100_000) - 1
            connection.execute(FILL, {"first": first, "last": last, "calls": calls})
        connection.execute(NOTES)
        connection.execute("VACUUM ANALYZE calls, service_records")


def questions(numbers: list[str]) -> list[tuple[str, Wanted]]:
    """What is asked in a day, by name: the common often, the odd ones too."""
    dice = random.Random(7)

    def day(length: int) -> tuple[datetime, datetime]:
        until = YEAR_END - timedelta(days=dice.randrange(0, 365 - length))
        return until - timedelta(days=length), until

    def staff() -> str:
        return str(1001 + dice.randrange(60))

    def one() -> tuple[str, Wanted]:
        number = dice.choice(numbers)
        since, until = day(dice.choice([1, 1, 7, 30]))
        match dice.choices(range(15), [9, 9, 6, 6, 8, 9, 8, 5, 4, 5, 4, 3, 3, 3, 3])[0]:
            case 0:
                return "newest", Wanted()
            case 1:
                return "days", Wanted(since=since, until=until)
            case 2:
                return "whole number", Wanted(number=number)
            case 3:
                return "last four digits", Wanted(number=number[-4:])
            case 4:
                return "part of a number", Wanted(number=number[dice.randrange(4) :][:6])
            case 5:
                return "agent in days", Wanted(agent=staff(), since=since, until=until)
            case 6:
                return "agent", Wanted(agent=staff())
            case 7:
                return "group, abandoned", Wanted(group=dice.randrange(1, 13), result="abandoned")
            case 8:
                return "rating 1", Wanted(rating=1, agent=staff())
            case 9:
                return "result", Wanted(result=dice.choice(["cut", "voicemail", "blocked", "menu"]))
            case 10:
                return "key", Wanted(key=f"1:{dice.randrange(10)}", since=since, until=until)
            case 11:
                return "long talk", Wanted(talk_from_s=dice.choice([600, 900, 1500]))
            case 12:
                return "note", Wanted(note=dice.choice(["退款", "漏水", "9981", "没有"]))
            case 13:
                return "not recorded", Wanted(recorded=False, result="answered")
            case _:
                return "outgoing of an agent", Wanted(direction="out", agent=staff())

    return [one() for _ in range(ASKED)]


async def ask(dsn: str) -> dict[str, list[float]]:
    """Milliseconds of each answer by the question's name; once through before, as on a box in use."""
    took: dict[str, list[float]] = {}
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        cursor = await connection.execute(
            "SELECT from_number FROM calls TABLESAMPLE SYSTEM (0.1) WHERE direction = 'in' LIMIT 300"
        )
        asked = questions([number for (number,) in await cursor.fetchall()])
        for name, wanted in [*asked[:60], *asked]:
            began = time.perf_counter()
            async with connection.transaction():
                await page(connection, wanted)
            took.setdefault(name, []).append((time.perf_counter() - began) * 1e3)
    return took


def rows(calls: int = CALLS) -> list[Row]:
    """The row of bench.json."""
    with running() as server:
        like_the_box(server)
        with database(server.dsn("postgres"), "search") as dsn:
            fill(dsn, calls)
            took = asyncio.run(ask(dsn))
    for name, times in sorted(took.items(), key=lambda one: -max(one[1])):
        print(f"{name:22} {len(times):4} {statistics.median(times):8.1f} {max(times):8.1f} ms")
    every = [one for times in took.values() for one in times]
    slowest = max(took, key=lambda name: max(took[name]))
    return [
        Row(
            name="call-search-p95-ms",
            value=statistics.quantiles(every, n=20)[-1],
            unit="ms",
            limit=100,
            note=f"{calls} calls; median {statistics.median(every):.1f}, most {max(every):.0f}"
            f" ({slowest})",
        )
    ]


if __name__ == "__main__":
    for row in rows(*map(int, sys.argv[1:])):
        print(json.dumps({**asdict(row), "ok": row.ok}))
