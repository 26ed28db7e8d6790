"""Recordings go when the rules say so: real PostgreSQL, real files (REC-1)."""

# ruff: noqa: ASYNC240
from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from fixtures.postgres import Pg
from linebox.features.recordings import keeping, store
from linebox.features.recordings.jobs import Converter, Limits


def recording(pg: Pg, folder: Path, n: int, *, days: float, state: str = "ready") -> str:
    """One that ended ``days`` ago, with its file; returns its name."""
    file = f"20261{n:03d}/s00000001-1795351080.{n}"
    pg.rows(
        "INSERT INTO recordings (file, call_id, started_at, stopped_at, state) VALUES"
        " (%s, %s, now() - make_interval(days => 4000), now() - make_interval(secs => %s), %s)",
        file,
        f"s00000001-1795351080.{n}",
        days * 86400,
        state,
    )
    path = folder / f"{file}{'.raw' if state == 'raw' else '.opus'}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"voice")
    return file


def keep(pg: Pg, days: int | None) -> None:
    pg.rows("UPDATE recording_rules SET keep_days = %s", days)


def states(pg: Pg) -> dict[str, tuple[str, int | None]]:
    rows = pg.rows("SELECT file, state, kept_days FROM recordings")
    return {str(file): (str(state), days) for file, state, days in rows}  # type: ignore[misc]


async def remove(pg: Pg, folder: Path, batch: int = 50) -> int:
    async with await pg.connect_async() as connection:
        return await keeping.remove_some(connection, folder, batch=batch)


@pytest.mark.req("REC-1")
async def test_nothing_is_removed_while_the_rules_say_nothing(pg: Pg, tmp_path: Path) -> None:
    file = recording(pg, tmp_path, 1, days=3900)
    assert await remove(pg, tmp_path) == 0
    assert states(pg) == {file: ("ready", None)} and (tmp_path / f"{file}.opus").exists()


@pytest.mark.req("REC-1")
async def test_what_is_older_goes_in_batches_the_oldest_first(pg: Pg, tmp_path: Path) -> None:
    keep(pg, 90)
    old = [recording(pg, tmp_path, n, days=200 - n) for n in range(3)]
    young = recording(pg, tmp_path, 7, days=89.9)
    waiting = recording(pg, tmp_path, 8, days=91, state="raw")
    assert await remove(pg, tmp_path, batch=2) == 2
    assert states(pg)[old[2]] == ("ready", None)
    assert await remove(pg, tmp_path, batch=2) == 1
    assert await remove(pg, tmp_path, batch=2) == 0
    assert states(pg) == {
        **dict.fromkeys(old, ("removed", 90)),
        young: ("ready", None),
        waiting: ("raw", None),
    }
    lying = {str(p.relative_to(tmp_path)) for p in tmp_path.glob("*/*")}
    assert lying == {f"{young}.opus", f"{waiting}.raw"}
    assert not (tmp_path / old[0]).parent.exists(), "an empty day's folder goes too"


@pytest.mark.req("REC-1")
async def test_killed_between_file_and_row_it_is_done_the_next_time(
    pg: Pg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(pg, 1)
    files = [recording(pg, tmp_path, n, days=2) for n in range(2)]

    async def killed(*_: object) -> None:
        raise psycopg.OperationalError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(store, "set_removed", killed)
        with pytest.raises(psycopg.OperationalError):
            await remove(pg, tmp_path)
    assert states(pg) == dict.fromkeys(files, ("ready", None))
    assert not [*tmp_path.glob("*/*")]
    async with await pg.connect_async() as connection:
        converter = Converter(tmp_path, pg.connect_async, limits=Limits(rested_s=0))
        assert not await converter.convert_one(connection), "nobody else takes it for lost"
    assert await remove(pg, tmp_path) == 2
    assert states(pg) == dict.fromkeys(files, ("removed", 1))
    assert pg.rows("SELECT 1 FROM alarms") == []


@pytest.mark.req("REC-1")
async def test_a_file_that_cant_be_deleted_keeps_its_row(pg: Pg, tmp_path: Path) -> None:
    keep(pg, 1)
    file = recording(pg, tmp_path, 1, days=2)
    (tmp_path / f"{file}.opus").unlink()
    (tmp_path / f"{file}.opus").mkdir()
    with pytest.raises(OSError, match="directory"):
        await remove(pg, tmp_path)
    assert states(pg) == {file: ("ready", None)}


@pytest.mark.req("REC-1")
async def test_one_that_was_missing_is_no_alarm_any_more(pg: Pg, tmp_path: Path) -> None:
    keep(pg, 1)
    file = recording(pg, tmp_path, 1, days=2)
    async with await pg.connect_async() as connection:
        await store.set_missing(connection, file, "recording-missing")
    assert await remove(pg, tmp_path) == 1
    assert pg.rows("SELECT 1 FROM alarms WHERE cleared_at IS NULL") == []
