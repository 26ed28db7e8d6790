"""Recordings become Opus, and none is forgotten: real opus-tools, real PostgreSQL."""

# ruff: noqa: ASYNC110, ASYNC220, ASYNC221, ASYNC240, ASYNC251
from __future__ import annotations

import asyncio
import hashlib
import math
import os
import random
import struct
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from fixtures.postgres import Pg
from linebox.features.recordings.jobs import Converter, Limits

FIRMWARE = Path(__file__).parents[3] / "firmware"
NOW = Limits(rested_s=0.0, pause_s=0.05)


def raw(seconds: float) -> bytes:
    """A tone of 400 Hz left, silence right."""
    tone = (int(9000 * math.sin(n * 2 * math.pi * 400 / 8000)) for n in range(int(seconds * 8000)))
    return b"".join(struct.pack("<hh", left, 0) for left in tone)


def call(pg: Pg, n: int, state: str = "raw") -> str:
    """A row of a recording that ended a minute ago; returns its file."""
    file = f"20261122/s00000001-1795351080.{n}"
    pg.rows(
        "INSERT INTO recordings (file, call_id, started_at, stopped_at, state) VALUES"
        " (%s, %s, now() - interval '2 minutes', now() - interval '1 minute', %s)",
        file,
        f"s00000001-1795351080.{n}",
        state,
    )
    return file


def lay(folder: Path, file: str, data: bytes, ending: str = ".raw") -> Path:
    path = folder / f"{file}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


async def convert(pg: Pg, folder: Path, limits: Limits = NOW) -> Converter:
    one = Converter(folder, pg.connect_async, limits=limits)
    async with await pg.connect_async() as connection:
        while await one.convert_one(connection):
            pass
    return one


def rows(pg: Pg) -> list[tuple[object, ...]]:
    return pg.rows("SELECT file, state FROM recordings ORDER BY file")


@pytest.mark.req("REC-1")
async def test_recording_becomes_opus_with_both_sides_apart(pg: Pg, tmp_path: Path) -> None:
    source = lay(tmp_path, file := call(pg, 1), raw(2.5))
    await convert(pg, tmp_path)
    made = tmp_path / f"{file}.opus"
    ((state, seconds, size, digest),) = pg.rows(
        "SELECT state, duration_s, size_bytes, sha256 FROM recordings"
    )
    assert (state, not source.exists()) == ("ready", True)
    assert seconds == pytest.approx(2.5, abs=0.06)
    assert (size, digest) == (made.stat().st_size, hashlib.sha256(made.read_bytes()).hexdigest())
    decoded = subprocess.run(
        ["opusdec", "--quiet", "--rate", "8000", made, "-"], capture_output=True, check=True
    ).stdout
    samples = list(struct.iter_unpack("<hh", decoded))[4000:16000]
    left, right = (math.sqrt(sum(s[i] ** 2 for s in samples) / len(samples)) for i in (0, 1))
    assert left > 3000 and right < left / 300


async def test_half_a_sample_at_the_end_of_a_cut_recording_does_no_harm(
    pg: Pg, tmp_path: Path
) -> None:
    lay(tmp_path, call(pg, 1), raw(1.0) + b"\x01\x02\x03")
    await convert(pg, tmp_path)
    assert rows(pg)[0][1] == "ready"


@pytest.mark.parametrize("left", ["nothing", "empty", "text"])
async def test_recording_that_cannot_be_had_is_missing_with_an_alarm(
    pg: Pg, tmp_path: Path, left: str
) -> None:
    file = call(pg, 1)
    if left == "empty":
        lay(tmp_path, file, b"")
    if left == "text":
        lay(tmp_path, file, b"this is no Opus", ".opus")
    await convert(pg, tmp_path)
    assert rows(pg) == [(file, "missing")]
    assert pg.rows("SELECT code, subject FROM alarms") == [("recording-missing", file)]


async def test_young_recording_waits(pg: Pg, tmp_path: Path) -> None:
    source = lay(tmp_path, call(pg, 1), raw(0.5))
    await convert(pg, tmp_path, Limits(rested_s=600))
    assert source.exists() and rows(pg)[0][1] == "raw"


async def test_file_no_row_names_is_filed_by_its_channel(pg: Pg, tmp_path: Path) -> None:
    known = call(pg, 1)
    lay(tmp_path, known, raw(0.2))
    lay(tmp_path, "20261122/s00000001-1795351080.7", raw(0.2))
    lay(tmp_path, "20261122/holiday", raw(0.2))
    one = Converter(tmp_path, pg.connect_async, limits=NOW)
    time.sleep(0.01)
    async with await pg.connect_async() as connection:
        found = await one.find_unknown(connection)
    assert found == ["20261122/holiday", "20261122/s00000001-1795351080.7"]
    await convert(pg, tmp_path)
    assert rows(pg) == [(known, "ready"), ("20261122/s00000001-1795351080.7", "ready")]
    assert pg.rows("SELECT call_id FROM recordings WHERE file LIKE '%%.7'") == [
        ("s00000001-1795351080.7",)
    ]


@pytest.mark.req("REC-1")
async def test_killed_anywhere_every_recording_is_converted(pg: Pg, tmp_path: Path) -> None:
    files = [call(pg, n) for n in range(12)]
    for file in files:
        lay(tmp_path, file, raw(3.0))
    program = (
        "import asyncio, pathlib, sys\n"
        "from linebox.features.recordings.jobs import Converter, Limits\n"
        "from linebox.store.db import connect_async\n"
        "asyncio.run(Converter(pathlib.Path(sys.argv[1]), connect_async,"
        " limits=Limits(rested_s=0.0, pause_s=0.05)).run())\n"
    )
    dice = random.Random(1)
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", program, tmp_path],
            env=os.environ | {"PYTHONPATH": str(FIRMWARE)},
        )
        await asyncio.sleep(dice.uniform(0.4, 1.0))
        process.kill()
        process.wait()
        for file in files:
            assert any((tmp_path / f"{file}{end}").exists() for end in (".raw", ".opus"))
    await convert(pg, tmp_path)
    assert rows(pg) == sorted((file, "ready") for file in files)
    assert not list(tmp_path.glob("*/*.raw"))
    async with await pg.connect_async() as connection:
        await Converter(tmp_path, pg.connect_async, limits=NOW).find_unknown(connection)
    assert not list(tmp_path.glob("*/.*")), "what the kills left is swept away"


async def test_stopping_leaves_no_process(pg: Pg, tmp_path: Path) -> None:
    lay(tmp_path, call(pg, 1), raw(60))
    task = asyncio.create_task(Converter(tmp_path, pg.connect_async, limits=NOW).run())
    while not list(tmp_path.glob("*/.*.part")):
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task}, timeout=3)
    assert task.done()
    running = [
        entry
        for entry in Path("/proc").glob("[0-9]*/cmdline")
        if str(tmp_path).encode() in _text(entry)
    ]
    assert running == []
    assert not list(tmp_path.glob("*/.*.part"))


def _text(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


async def test_database_that_goes_away_does_not_end_it(pg: Pg, tmp_path: Path) -> None:
    one = asyncio.create_task(Converter(tmp_path, pg.connect_async, limits=NOW).run())
    pg.server.stop()
    await asyncio.sleep(0.5)
    pg.server.start()
    lay(tmp_path, call(pg, 1), raw(0.2))
    for _ in range(300):
        try:
            if rows(pg)[0][1] == "ready":
                break
        except psycopg.OperationalError:
            pass
        await asyncio.sleep(0.1)
    one.cancel()
    await asyncio.wait({one}, timeout=5)
    assert rows(pg)[0][1] == "ready"
