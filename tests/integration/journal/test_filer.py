"""The filer against a real PostgreSQL, with the bytes of a real Asterisk."""

# ruff: noqa: ASYNC220
from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from fixtures.postgres import Pg
from linebox.asterisk.journals import read_cel
from linebox.base.errors import Unavailable
from linebox.desks.journal import filer
from linebox.features.calls.journal import Filer, Limits

RECORDED = Path(__file__).parents[2] / "fixtures/journal"
FIRMWARE = Path(__file__).parents[3] / "firmware"

CALLS = """SELECT from_number, result, cut, agent, keys, rating FROM calls
            WHERE direction = 'in' ORDER BY start_id, started_at"""
TRUE_CALLS = [
    ("13900001111", "answered", False, "1001", "1", 5),
    ("13900002222", "abandoned", False, None, "1", None),
    ("13900003333", "voicemail", False, None, "1", None),
    ("13900004444", "blocked", False, None, "", None),
    ("13900005555", "menu", False, None, "", None),
    ("13900006666", "answered", False, "1001", "1", None),
    ("13900007777", "answered", False, "1001", "1", None),
    ("13900008888", "cut", True, "1001", "1", None),
    ("13900009999", "voicemail", False, None, "1", None),
    ("1179535104600000003101100111", "answered", False, "1001", "1", None),
    ("1795351046489643", "answered", False, "1001", "1", None),
]
#: Everything the filer writes, but for when it wrote it.
TABLES = {
    "cel": "*",
    "queue_events": "*",
    "calls": "*",
    "call_legs": "*",
    "call_events": "*",
    "call_links": "*",
    "recordings": "file, call_id, started_at, stopped_at, state",
    "voicemails": "*",
    "agent_sessions": "*",
    "journal_files": "start_id, kind, segment, position",
    "journal_starts": "start_id, closed_at IS NOT NULL",
    "journal_rejects": "start_id, kind, segment, position, bytes, reason",
}
QUICK = Limits(pause_s=0.02)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    shutil.copytree(RECORDED, tmp_path / "journal")
    return tmp_path / "journal"


def everything(pg: Pg) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(pg.rows(f"SELECT {columns} FROM {table}"), key=repr)
        for table, columns in TABLES.items()
    }


@pytest.fixture
async def truth(pg: Pg, tmp_path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What filing the recorded journal undisturbed gives; the database is empty again afterwards."""
    shutil.copytree(RECORDED, tmp_path / "truth")
    await filer(tmp_path / "truth", pg.connect_async).catch_up()
    found = everything(pg)
    pg.rows(f"TRUNCATE {', '.join(TABLES)}, alarms CASCADE")
    return found


async def until(what: str, probe: Callable[[], bool], within_s: float = 15) -> None:
    end = time.monotonic() + within_s
    while not probe():
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.02)


async def until_filed(
    pg: Pg, truth: dict[str, list[tuple[object, ...]]], *tasks: asyncio.Task[None]
) -> None:
    """Wait until the tables are as they should be; tell the first difference if they don't get so."""
    end = time.monotonic() + 30
    while (found := everything(pg)) != truth and time.monotonic() < end:
        await asyncio.sleep(0.1)
        for task in tasks:
            assert not task.done() or task.result()
    assert {t: r for t, r in found.items() if r != truth[t]} == {
        t: r for t, r in truth.items() if r != found[t]
    }


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.done()


@pytest.mark.req("RPT-5")
async def test_three_starts_are_filed_once_however_often_it_is_asked(pg: Pg, journal: Path) -> None:
    for _ in range(2):
        one = filer(journal, pg.connect_async)
        await one.catch_up()
        await one.catch_up()
        assert pg.rows(CALLS) == TRUE_CALLS
        assert pg.rows("SELECT count(*) FROM cel") == [(189,)]
        assert pg.rows("SELECT count(*) FROM queue_events") == [(33,)]
    assert pg.rows("SELECT start_id FROM journal_starts WHERE closed_at IS NULL") == [
        ("s00000003",)
    ]


async def test_agents_are_logged_in_as_the_journal_says(pg: Pg, journal: Path) -> None:
    await filer(journal, pg.connect_async).catch_up()
    found = pg.rows(
        "SELECT agent, extension, groups, logged_out_at IS NULL, paused_at IS NULL"
        " FROM agent_sessions ORDER BY logged_in_at"
    )
    assert found == [("1001", "8001", "1:0", False, True), ("1001", "8001", "1:0", True, True)]


@pytest.mark.parametrize("seed", range(4))
async def test_rows_are_the_same_whatever_the_batches(
    pg: Pg, tmp_path: Path, truth: dict[str, list[tuple[object, ...]]], seed: int
) -> None:
    """The files grow by random pieces, CEL and queue_log apart; filers come and go."""
    dice = random.Random(seed)
    journal = tmp_path / "journal"
    one: Filer | None = None
    for start in sorted(p.name for p in RECORDED.iterdir() if p.is_dir()):
        left = {
            name: (RECORDED / start / name).read_bytes()
            for name in ("cel-custom/cel.csv", "queue_log")
        }
        while any(left.values()):
            for name, data in left.items():
                size = dice.choice([0, 1, 50, 300, 2000, 6000])
                file = journal / start / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("ab") as end:
                    end.write(data[:size])
                left[name] = data[size:]
            if one is None or dice.random() < 0.2:
                one = filer(journal, pg.connect_async)
            await one.catch_up()
    for _ in range(2):
        await filer(journal, pg.connect_async).catch_up()
    assert everything(pg) == truth


@pytest.mark.req("ACD-7")
async def test_killed_anywhere_files_each_record_once(
    pg: Pg, journal: Path, truth: dict[str, list[tuple[object, ...]]]
) -> None:
    """kill -9 at 25 random moments while it works through the journal in small batches."""
    program = (
        "import asyncio, pathlib, sys\n"
        "from linebox.features.calls import journal as j\n"
        "from linebox.desks.journal import filer\n"
        "from linebox.store.db import connect_async\n"
        "j._CHUNK_BYTES = 900\n"
        "step = j.Filer._step\n"
        "async def slow(self, connection):\n"
        "    await asyncio.sleep(0.02)\n"
        "    return await step(self, connection)\n"
        "j.Filer._step = slow\n"
        "asyncio.run(filer(pathlib.Path(sys.argv[1]), connect_async,"
        " limits=j.Limits(pause_s=0.01)).run())\n"
    )
    dice = random.Random(5)
    seen: set[int] = set()
    for _ in range(25):
        process = subprocess.Popen(
            [sys.executable, "-c", program, journal], env=os.environ | {"PYTHONPATH": str(FIRMWARE)}
        )
        before = pg.rows("SELECT coalesce(sum(position), 0)::bigint FROM journal_files")[0][0]
        await until(
            "it files something",
            lambda before=before: (
                pg.rows("SELECT coalesce(sum(position), 0)::bigint FROM journal_files")[0][0]
                > before
                or len(pg.rows("SELECT 1 FROM journal_starts WHERE closed_at IS NOT NULL")) == 2
            ),
        )
        await asyncio.sleep(dice.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.add(pg.rows("SELECT count(*) FROM cel")[0][0])
    assert len(seen) > 5, "the kills came at different moments"
    await until("the last backend is gone", lambda: others(pg) == 0)
    await filer(journal, pg.connect_async).catch_up()
    await filer(journal, pg.connect_async).catch_up()
    assert everything(pg) == truth


def others(pg: Pg) -> int:
    return pg.rows(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )[0][0]


@pytest.mark.req("ACD-7")
async def test_frozen_database_delays_but_loses_nothing(
    pg: Pg,
    journal: Path,
    truth: dict[str, list[tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("linebox.features.calls.journal._TRANSACTION_S", 0.5)
    monkeypatch.setattr("linebox.features.calls.journal._CHUNK_BYTES", 2500)
    beats = 0

    def alive() -> None:
        nonlocal beats
        beats += 1

    task = asyncio.create_task(filer(journal, pg.connect_async, limits=QUICK).run(alive))
    await until("it begins", lambda: beats > 2)
    for _ in range(3):
        pg.server.freeze()
        await asyncio.sleep(0.8)
        pg.server.thaw()
        await asyncio.sleep(0.3)
    pg.server.freeze()
    await asyncio.sleep(1.0)
    before = beats
    await until("it is alive while the database is frozen", lambda: beats > before)
    # Half a second is for the freezes: on a busy machine an honest batch may take longer.
    monkeypatch.setattr("linebox.features.calls.journal._TRANSACTION_S", 8.0)
    pg.server.thaw()
    await until_filed(pg, truth, task)
    await stopped(task)


@pytest.mark.req("ACD-7")
async def test_filer_stops_at_once_though_the_database_is_frozen(pg: Pg, journal: Path) -> None:
    task = asyncio.create_task(filer(journal, pg.connect_async, limits=QUICK).run())
    await until("it files", lambda: pg.rows("SELECT 1 FROM calls") != [])
    pg.server.freeze()
    try:
        with (journal / "s00000003/queue_log").open("ab") as end:
            end.write(b"1795351500|NONE|NONE|NONE|CONFIGRELOAD|\n")
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await stopped(task)
        assert time.monotonic() - began < 3
    finally:
        pg.server.thaw()


@pytest.mark.req("ACD-7")
async def test_database_stopped_and_crashed_loses_nothing(
    pg: Pg,
    journal: Path,
    truth: dict[str, list[tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crash takes back commits that hadn't reached the disk, and their read positions with them."""
    monkeypatch.setattr("linebox.features.calls.journal._CHUNK_BYTES", 2500)
    pg.server.stop()
    task = asyncio.create_task(filer(journal, pg.connect_async, limits=QUICK).run())
    await asyncio.sleep(0.5)
    for _ in range(3):
        pg.server.start()
        await asyncio.sleep(0.6)
        pg.server.crash()
        await asyncio.sleep(0.1)
    pg.server.start()
    await until_filed(pg, truth, task)
    await stopped(task)


@pytest.mark.req("ACD-7")
async def test_crash_of_the_database_is_noticed_with_nothing_to_file(
    pg: Pg, journal: Path, truth: dict[str, list[tuple[object, ...]]]
) -> None:
    """The crash takes the last commits back; no new record comes to tell the filer."""
    task = asyncio.create_task(filer(journal, pg.connect_async, limits=QUICK).run())
    await until_filed(pg, truth, task)
    pg.rows(f"TRUNCATE {', '.join(TABLES)}, alarms CASCADE")
    pg.server.crash()
    pg.server.start()
    await until_filed(pg, truth, task)
    await stopped(task)


async def test_two_filers_at_once_file_each_record_once(
    pg: Pg,
    journal: Path,
    truth: dict[str, list[tuple[object, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("linebox.features.calls.journal._CHUNK_BYTES", 1500)
    tasks = [
        asyncio.create_task(filer(journal, pg.connect_async, limits=QUICK).run()) for _ in range(2)
    ]
    await until_filed(pg, truth, *tasks)
    for task in tasks:
        await stopped(task)


@pytest.mark.req("ACD-7")
async def test_torn_record_of_a_dead_asterisk_is_kept_with_an_alarm(pg: Pg, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    whole = (RECORDED / "s00000001/cel-custom/cel.csv").read_bytes()
    begin = read_cel(whole, 0, finished=True).records[-1].position
    for n, cut in enumerate(range(begin + 1, len(whole), 17), start=1):
        folder = journal / f"s{n:08d}/cel-custom"
        folder.mkdir(parents=True)
        folder.joinpath("cel.csv").write_bytes(whole[:cut].replace(b"s00000001-", b"s%08d-" % n))
    (journal / "s99999999").mkdir()
    one = filer(journal, pg.connect_async)
    await one.catch_up()
    await one.catch_up()
    assert pg.rows("SELECT count(*) FROM cel") == [(132 * n,)]
    assert pg.rows("SELECT count(*), min(reason) FROM journal_rejects") == [(n, "torn")]
    rejects = pg.rows("SELECT bytes FROM journal_rejects ORDER BY start_id")
    assert whole[begin : begin + 1] == rejects[0][0]
    assert pg.rows("SELECT sum(count)::int FROM alarms WHERE code = 'journal-rejects'") == [(n,)]
    assert pg.rows("SELECT count(*) FROM calls WHERE from_number = '13900008888' AND cut") == [(n,)]


async def test_unfinished_record_of_a_living_asterisk_waits(pg: Pg, tmp_path: Path) -> None:
    file = tmp_path / "journal/s00000001/cel-custom/cel.csv"
    file.parent.mkdir(parents=True)
    whole = (RECORDED / "s00000001/cel-custom/cel.csv").read_bytes()
    file.write_bytes(whole[:-30])
    one = filer(tmp_path / "journal", pg.connect_async)
    for _ in range(3):
        await one.catch_up()
    assert pg.rows("SELECT count(*) FROM cel") == [(132,)]
    file.write_bytes(whole)
    await one.catch_up()
    assert pg.rows("SELECT (SELECT count(*) FROM cel), count(*) FROM journal_rejects") == [(133, 0)]
    assert pg.rows("SELECT result FROM calls WHERE from_number = '13900008888'") == [("open",)]


async def test_record_the_database_refuses_is_kept_and_blocks_nothing(
    pg: Pg, journal: Path
) -> None:
    pg.rows("ALTER TABLE cel ADD CHECK (cid_name <> 'Overflow' OR event <> 'LB_VM')")
    one = filer(journal, pg.connect_async)
    await one.catch_up()
    await one.catch_up()
    assert pg.rows("SELECT count(*) FROM cel") == [(188,)]
    ((data, reason),) = pg.rows("SELECT bytes, reason FROM journal_rejects")
    assert data.startswith(b'"LB_VM",') and data.endswith(b'"\n')
    assert reason.startswith("CheckViolation")
    found = pg.rows(CALLS)
    assert found[2] == ("13900003333", "abandoned", False, None, "1", None)
    assert found[:2] + found[3:] == TRUE_CALLS[:2] + TRUE_CALLS[3:]


async def test_clock_set_back_leaves_the_order_of_the_file(pg: Pg, tmp_path: Path) -> None:
    """The clock goes back a day in the middle of a call, then forth again."""
    folder = tmp_path / "journal/s00000001"
    shutil.copytree(RECORDED / "s00000001", folder)
    records = (folder / "cel-custom/cel.csv").read_bytes().splitlines(keepends=True)
    for n in range(12, 30):
        records[n] = records[n].replace(b'"1795351', b'"1795264', 1)
    (folder / "cel-custom/cel.csv").write_bytes(b"".join(records))
    await filer(tmp_path / "journal", pg.connect_async).catch_up()
    found = pg.rows("SELECT from_number, result FROM calls WHERE direction = 'in' ORDER BY 1")
    expected = [(number, result) for number, result, *_ in TRUE_CALLS[:7]]
    assert found == [*expected, ("13900008888", "open")]
    assert pg.rows("SELECT count(*) FROM cel") == [(133,)]
    assert pg.rows("SELECT count(*) FROM calls WHERE talk_s < 0 OR wait_s < 0") == [(0,)]


async def test_two_starts_in_a_second_are_two(pg: Pg, tmp_path: Path) -> None:
    """The same epoch second, the same counters: only the start differs."""
    for start in ("s00000001", "s00000004"):
        folder = tmp_path / "journal" / start
        (folder / "cel-custom").mkdir(parents=True)
        for name in ("cel-custom/cel.csv", "queue_log"):
            data = (RECORDED / "s00000001" / name).read_bytes()
            (folder / name).write_bytes(data.replace(b"s00000001-", start.encode() + b"-"))
    one = filer(tmp_path / "journal", pg.connect_async)
    await one.catch_up()
    await one.catch_up()
    assert pg.rows("SELECT start_id, count(*)::int FROM calls GROUP BY 1 ORDER BY 1") == [
        ("s00000001", 11),
        ("s00000004", 11),
    ]


async def test_forged_line_of_queue_log_changes_no_call(pg: Pg, journal: Path) -> None:
    await filer(journal, pg.connect_async).catch_up()
    assert pg.rows("SELECT event FROM queue_events WHERE callid = 's00000003-1.0'") == [
        ("CONNECT",)
    ]
    assert pg.rows("SELECT 1 FROM calls WHERE id = 's00000003-1.0'") == []
    assert pg.rows(CALLS) == TRUE_CALLS


async def test_joined_linkedids_become_one_call(pg: Pg, tmp_path: Path) -> None:
    """A channel's linkedid changes when bridges merge: what were two open calls is the first of them."""
    file = tmp_path / "journal/s00000001/cel-custom/cel.csv"
    file.parent.mkdir(parents=True)
    trunk, phone = "PJSIP/trunk-exchange-00000001", "PJSIP/8001-00000002"

    def record(event: str, uniqueid: str, linkedid: str, channel: str) -> None:
        start = "s00000001-1795351080."
        fields = [event, "1795351080.000001", "", "n", "139", "", "", "400", "c", channel]
        fields += [start + uniqueid, start + linkedid, "", ""]
        with file.open("a") as end:
            end.write(",".join(f'"{field}"' for field in fields) + "\n")

    one = filer(tmp_path / "journal", pg.connect_async)
    record("CHAN_START", "1", "1", trunk)
    record("CHAN_START", "2", "2", phone)
    await one.catch_up()
    assert pg.rows("SELECT count(*) FROM calls") == [(2,)]
    record("BRIDGE_ENTER", "2", "1", phone)
    record("BRIDGE_ENTER", "1", "1", trunk)
    await one.catch_up()
    one = filer(tmp_path / "journal", pg.connect_async)
    for uniqueid, channel in (("2", phone), ("1", trunk)):
        record("HANGUP", uniqueid, "1", channel)
    record("LINKEDID_END", "1", "1", trunk)
    await one.catch_up()
    assert pg.rows("SELECT id, result FROM calls") == [("s00000001-1795351080.1", "answered")]
    assert pg.rows("SELECT count(*), count(DISTINCT call_id) FROM call_links") == [(2, 1)]
    assert pg.rows("SELECT count(*), count(DISTINCT call_id) FROM call_legs") == [(2, 1)]


def renamed(pg: Pg, journal: Path) -> list[int]:
    """The highest numbers given to a file of CEL and of queue_log, on the disk or deleted since."""
    found = []
    for kind, pattern in (("cel", "*/cel-custom/cel.*.csv"), ("queue", "*/queue_log.*")):
        here = [int(re.search(r"\d{6}", p.name)[0]) for p in journal.glob(pattern)]
        gone = pg.rows(
            "SELECT segment FROM journal_files WHERE kind = %s AND deleted_at IS NOT NULL", kind
        )
        found.append(max([*here, *(segment for (segment,) in gone)], default=0))
    return found


async def test_large_files_are_renamed_and_filed_ones_deleted(pg: Pg, journal: Path) -> None:
    """No record is lost over renames; Asterisk's part is played by writing to the new file."""
    shutil.rmtree(journal)
    folder = journal / "s00000001"
    (folder / "cel-custom").mkdir(parents=True)
    whole = {
        name: (RECORDED / "s00000001" / name).read_bytes()
        for name in ("cel-custom/cel.csv", "queue_log")
    }
    reloads = 0

    async def reload_logger() -> None:
        nonlocal reloads
        reloads += 1
        if reloads == 1:
            raise Unavailable("asterisk-away")
        (folder / "queue_log").touch()

    limits = Limits(pause_s=0.02, segment_bytes=200, quiet_s=0.2)
    one = filer(journal, pg.connect_async, reload_logger=reload_logger, limits=limits)
    task = asyncio.create_task(one.run())
    for part in range(4):
        for name, data in whole.items():
            lines = data.splitlines(keepends=True)
            size = len(lines) // 4 + 1
            with (folder / name).open("ab") as end:
                end.write(b"".join(lines[part * size : (part + 1) * size]))
        await until("both are renamed", lambda part=part: renamed(pg, journal) == [part + 1] * 2)
    await until("all is filed", lambda: pg.rows("SELECT count(*) FROM cel") == [(133,)])
    await until(
        "only what is open stays",
        lambda: [p.name for p in folder.rglob("*") if p.is_file()] == ["queue_log"],
    )
    await stopped(task)
    assert reloads >= 2, "asked again after it was away"
    assert pg.rows("SELECT count(*) FROM queue_events") == [(22,)]
    assert pg.rows("SELECT count(*) FROM journal_rejects") == [(0,)]
    assert [c[1] for c in pg.rows(CALLS)][:7] == [c[1] for c in TRUE_CALLS[:7]]
    assert pg.rows("SELECT kind, max(segment) FROM journal_files GROUP BY 1 ORDER BY 1") == [
        ("cel", 4),
        ("queue", 4),
    ]


async def test_closed_start_is_deleted_with_its_folder(pg: Pg, journal: Path) -> None:
    limits = Limits(pause_s=0.02, quiet_s=0.2)
    task = asyncio.create_task(filer(journal, pg.connect_async, limits=limits).run())
    await until(
        "old starts are gone",
        lambda: [p.name for p in journal.iterdir() if p.is_dir()] == ["s00000003"],
    )
    await stopped(task)
    assert (journal / "s00000003/cel-custom/cel.csv").exists()
    assert pg.rows(CALLS) == TRUE_CALLS


async def test_changes_are_told(pg: Pg, journal: Path) -> None:
    async with await psycopg.AsyncConnection.connect(pg.dsn, autocommit=True) as ear:
        await ear.execute("LISTEN calls")
        await filer(journal, pg.connect_async).catch_up()
        told: set[str] = set()
        async for note in ear.notifies(timeout=1):
            told |= set(note.payload.split())
    assert {id_ for (id_,) in pg.rows("SELECT id FROM calls")} <= told
