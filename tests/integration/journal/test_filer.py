"""The filer against a real PostgreSQL, with the bytes of a real Asterisk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fixtures.postgres import Pg
from linebox.desks.journal import filer

RECORDED = Path(__file__).parents[2] / "fixtures/journal"

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


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    shutil.copytree(RECORDED, tmp_path / "journal")
    return tmp_path / "journal"


@pytest.mark.req("RPT-5")
async def test_three_starts_are_filed_once_however_often_it_is_asked(pg: Pg, journal: Path) -> None:
    for _ in range(2):
        one = filer(journal, pg.connect_async)
        await one.catch_up()
        await one.catch_up()
        assert pg.rows(CALLS) == TRUE_CALLS
        assert pg.rows("SELECT count(*) FROM cel") == [(189,)]
