"""A group's figures of today, and the alarms that stand, as PostgreSQL has them."""

from __future__ import annotations

import psycopg
import pytest

from fixtures.postgres import Pg
from linebox.features.diagnostics.alarms import standing
from linebox.features.routing.today import Today, today
from linebox.store.db import connect_async

_CALL = """
INSERT INTO calls (id, start_id, direction, started_at, ended_at, connected_at, result, group_id,
    wait_s)
VALUES (%s, 's00000001', 'in', now() - %s::interval, now(), %s, %s, %s, %s)
"""


@pytest.mark.req("SUP-1")
async def test_figures_since_midnight(pg: Pg) -> None:
    with psycopg.connect(pg.dsn, autocommit=True) as connection:
        for row in (
            ("a", "0 s", "now", "answered", 1, 10.0),
            ("b", "0 s", "now", "answered", 1, 30.5),
            ("c", "0 s", None, "abandoned", 1, 5.0),
            ("d", "0 s", None, "menu", None, None),
            ("e", "25 h", "now", "answered", 1, 1.0),
        ):
            connection.execute(_CALL, row)
        connection.execute("INSERT INTO alarms (code, count) VALUES ('journal-rejects', 3)")
        connection.execute("INSERT INTO alarms (code, cleared_at) VALUES ('old', now())")
    asking = await connect_async(autocommit=True)
    try:
        assert await today(asking) == {
            1: Today(
                offered=3,
                answered=2,
                abandoned=1,
                in_20s=1,
                wait_total_s=45.5,
                abandoned_15m=1,
            )
        }
        alarms = await standing(asking)
    finally:
        await asking.close()
    assert [(alarm.code, alarm.count) for alarm in alarms] == [("journal-rejects", 3)]
