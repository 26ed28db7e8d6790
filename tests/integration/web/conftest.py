"""webd on a real PostgreSQL, with a company and what numbers point to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fixtures.postgres import Pg
from fixtures.webd import Client, webd


@pytest.fixture
def house(pg: Pg) -> Pg:
    """A database in which settings can be made: company, calendar 1, prompt 1, group 1."""
    pg.rows("INSERT INTO company (name_zh, name_en) VALUES ('公司', 'Firm')")
    pg.rows("INSERT INTO calendars (name, always_open) VALUES ('24 h', true)")
    pg.rows("INSERT INTO prompts (name, builtin) VALUES ('w', 'lb/welcome')")
    pg.rows("INSERT INTO groups (name_zh, name_en) VALUES ('客服', 'Service')")
    return pg


@pytest_asyncio.fixture
async def api(tmp_path: Path, house: Pg) -> AsyncIterator[Client]:
    """webd on that database, logged in."""
    async with webd(tmp_path, connect=house.connect_async) as client:
        client.log_in()
        yield client
