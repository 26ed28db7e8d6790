"""Figures of the journal: what filing costs, and how quickly days are caught up.

``journal-ms-per-record``: CPU of the filer and of PostgreSQL for a record filed live, in batches of
a second at 4 calls a second. ``journal-lines-per-s``: lines of CEL and queue_log a second, filed
at one go. The calls are the recorded ones of tests/fixtures/journal with other numbers and times.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import psycopg

from bench.rows import Row
from fixtures.postgres import Server, database, running
from linebox.desks.journal import filer
from linebox.features.calls.journal import Limits
from linebox.store.db import connect_async

RECORDED = Path(__file__).parents[1] / "fixtures/journal/s00000001"
#: The call of the recorded start that was answered, recorded and rated.
CALL = b"s00000001-1795351080.1"
LEG = b"s00000001-1795351082.2"
TIMES = range(1795351080, 1795351089)


class Generator:
    """Writes calls as Asterisk would, from the bytes of a real one."""

    def __init__(self, folder: Path) -> None:
        (folder / "cel-custom").mkdir(parents=True)
        cel = (RECORDED / "cel-custom/cel.csv").read_bytes()
        self._cel = b"".join(r + b"\n" for r in cel.split(b"\n") if CALL + b'"' in r)
        lines = (RECORDED / "queue_log").read_bytes().splitlines(keepends=True)
        self._queue = b"".join(line for line in lines if CALL in line)
        self._cel_file = (folder / "cel-custom/cel.csv").open("ab", buffering=1 << 20)
        self._queue_file = (folder / "queue_log").open("ab", buffering=1 << 20)
        self.records_per_call = self._cel.count(b"\n")
        self.lines = 0

    def call(self, number: int, at: int) -> None:
        """Call ``number`` of this start, begun at epoch second ``at``."""
        self._cel_file.write(self._moved(self._cel, number, at))
        self._queue_file.write(self._moved(self._queue, number, at))
        self.lines += self.records_per_call + self._queue.count(b"\n")

    def flush(self) -> None:
        self._cel_file.flush()
        self._queue_file.flush()

    def _moved(self, text: bytes, number: int, at: int) -> bytes:
        ids = b"s00000001-%d.%d"
        text = text.replace(CALL, ids % (at, number * 2)).replace(
            LEG, ids % (at + 2, number * 2 + 1)
        )
        for second in TIMES:
            text = text.replace(b"%d" % second, b"%d" % (at + second - TIMES[0]))
        return text


def children_cpu_s(server: Server) -> float:
    """CPU time of PostgreSQL, its ended sessions included."""
    ticks = 0
    for pid in server.processes():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:13]))
        if pid == server.processes()[0]:
            ticks += sum(map(int, fields[13:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def live(
    server: Server, journal: Path, calls: int = 120, per_s: int = 4
) -> tuple[float, float]:
    """CPU seconds of the filer and of PostgreSQL for each record, at ``per_s`` calls a second.

    A call's records come at once here, not over its 9 s: the number of batches is the same, since
    there is one every half second.
    """
    generator = Generator(journal / "s00000001")
    worker = asyncio.create_task(filer(journal, connect_async, limits=Limits()).run())
    await asyncio.sleep(1.5)
    own, theirs = own_cpu_s(), children_cpu_s(server)
    for number in range(calls):
        generator.call(number, 1795351080 + number)
        generator.flush()
        await asyncio.sleep(1 / per_s)
    await asyncio.sleep(1.5)
    own, theirs = own_cpu_s() - own, children_cpu_s(server) - theirs
    worker.cancel()
    await asyncio.wait({worker})
    return own / generator.lines, theirs / generator.lines


async def idle(journal: Path, seconds: float = 10) -> float:
    """The share of one core that following a quiet journal takes."""
    worker = asyncio.create_task(filer(journal, connect_async).run())
    await asyncio.sleep(1.5)
    before = own_cpu_s()
    await asyncio.sleep(seconds)
    used = own_cpu_s() - before
    worker.cancel()
    await asyncio.wait({worker})
    return used / seconds


async def catch_up(journal: Path, calls: int) -> float:
    """Lines a second, from files that are all there."""
    generator = Generator(journal / "s00000001")
    for number in range(calls):
        generator.call(number, 1795351080 + number // 10)
    generator.flush()
    began = time.monotonic()
    await filer(journal, connect_async).catch_up()
    return generator.lines / (time.monotonic() - began)


def rows(calls: int = 100_000) -> list[Row]:
    """The rows of bench.json."""
    with (
        tempfile.TemporaryDirectory(prefix="lb-bench-") as name,
        running() as server,
        database(server.dsn("postgres"), "live") as live_dsn,
        database(server.dsn("postgres"), "many") as many_dsn,
    ):
        folder = Path(name)
        os.environ["LINEBOX_DB"] = live_dsn
        ours, theirs = asyncio.run(live(server, folder / "live"))
        quiet = asyncio.run(idle(folder / "live"))
        os.environ["LINEBOX_DB"] = many_dsn
        speed = asyncio.run(catch_up(folder / "many", calls))
        with psycopg.connect(many_dsn) as connection:
            row = connection.execute("SELECT count(*) FROM calls WHERE agent = '1001'").fetchone()
        assert row == (calls,), row
    return [
        Row(
            name="journal-ms-per-record",
            value=(ours + theirs) * 1e3,
            unit="ms",
            limit=0.2,
            note=f"CPU of filer and PostgreSQL, 4 calls/s; the filer alone {ours * 1e3:.3f}",
        ),
        Row(name="journal-idle-cpu-percent", value=quiet * 100, unit="%", limit=0.5),
        Row(
            name="journal-lines-per-s",
            value=speed,
            unit="lines/s",
            limit=5000,
            at_least=True,
            note=f"{calls} calls filed at one go",
        ),
    ]


if __name__ == "__main__":
    for row in rows(*map(int, sys.argv[1:])):
        print(json.dumps({**asdict(row), "ok": row.ok}))
