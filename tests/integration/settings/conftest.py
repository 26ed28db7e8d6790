"""The settings' pages on a whole house: webd, confd, Asterisk and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from fixtures.house import House, housed
from fixtures.postgres import Pg
from fixtures.rig import CARRIER
from fixtures.webd import Client, webd
from linebox.desks.installer import seed


@pytest.fixture
def house(pg: Pg) -> Iterator[House]:
    """A seeded box, running."""
    with housed(pg) as made:
        yield made


@pytest.fixture
def seeded(pg: Pg) -> Pg:
    """A new box's settings, with nobody to apply them."""
    with psycopg.connect(pg.dsn) as connection:
        seed.seed(connection, exchange_host=CARRIER)
    return pg


@pytest_asyncio.fixture
async def desk(seeded: Pg, tmp_path: Path) -> AsyncIterator[Client]:
    """webd on them, the owner logged in; confd is away."""
    async with webd(tmp_path, connect=seeded.connect_async) as client:
        client.log_in()
        yield client


@pytest_asyncio.fixture
async def pages(house: House, tmp_path: Path) -> AsyncIterator[Client]:
    """webd on that house, the owner logged in."""
    sockets = tmp_path / "run/linebox"
    sockets.mkdir(parents=True)
    (sockets / "confd").symlink_to(house.rig.folder / "sockets/confd")
    async with webd(tmp_path, connect=house.pg.connect_async, confd_s=60.0) as client:
        client.log_in()
        yield client
