"""The settings' pages on a whole house: webd, confd, Asterisk and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from fixtures.house import House, housed
from fixtures.postgres import Pg
from fixtures.webd import Client, webd


@pytest.fixture
def house(pg: Pg) -> Iterator[House]:
    """A seeded box, running."""
    with housed(pg) as made:
        yield made


@pytest_asyncio.fixture
async def pages(house: House, tmp_path: Path) -> AsyncIterator[Client]:
    """webd on that house, the owner logged in."""
    sockets = tmp_path / "run/linebox"
    sockets.mkdir(parents=True)
    (sockets / "confd").symlink_to(house.rig.folder / "sockets/confd")
    async with webd(tmp_path, connect=house.pg.connect_async) as client:
        client.log_in()
        yield client
