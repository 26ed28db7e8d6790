"""The database stopped, frozen or its connections cut: told in time, healed by itself."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.postgres import Pg
from fixtures.webd import Client
from linebox.base.errors import Unavailable
from linebox.store.pool import Database


async def test_cut_connections_are_replaced(api: Client, house: Pg) -> None:
    assert (await api.get("/api/groups")).status == 200
    house.server.ask(
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{house.name}'"
    )
    assert (await api.get("/api/groups")).status == 200


async def test_many_at_once_wait_their_turn(api: Client) -> None:
    answers = await asyncio.gather(*(api.get("/api/groups") for _ in range(40)))
    assert {one.status for one in answers} == {200}


async def test_two_people_saving_at_once_never_overwrite_each_other(api: Client) -> None:
    body = {"name_zh": "组", "name_en": "Group", "overflow": {"kind": "hangup"}}
    made = await api.post("/api/groups", body)
    assert isinstance(made.body, dict)
    path, etag = f"/api/groups/{made.body['id']}", made.body["etag"]
    answers = await asyncio.gather(
        *(api.put(path, body | {"ring_s": 20 + n}, if_match=etag) for n in range(1, 9))
    )
    assert sorted(one.status for one in answers) == [200] + [412] * 7


async def test_a_frozen_database_is_told_in_time_and_the_rest_goes_on(
    api: Client, house: Pg
) -> None:
    assert (await api.get("/api/groups")).status == 200
    house.server.freeze()
    try:
        for _ in range(2):  # on a connection that was open, then on a new one
            async with asyncio.timeout(8):
                answer = await api.get("/api/groups")
            assert (answer.status, answer.code) == (503, "database-away")
        assert (await api.get("/api/live")).status == 200
        assert (await api.get("/api/session")).status == 200
    finally:
        house.server.thaw()
    assert (await api.get("/api/groups")).status == 200


async def test_a_stopped_database_comes_back(api: Client, house: Pg) -> None:
    assert (await api.get("/api/groups")).status == 200
    house.server.stop()
    try:
        answer = await api.get("/api/groups")
        assert (answer.status, answer.code) == (503, "database-away")
    finally:
        house.server.start()
    assert (await api.get("/api/groups")).status == 200


async def test_a_pool_gives_no_more_than_it_has(house: Pg) -> None:
    database = Database(house.connect_async, size=1, wait_s=0.2)
    async with database.transaction() as connection:
        await connection.execute("SELECT 1")
        with pytest.raises(Unavailable, match="database-busy"):
            async with database.transaction():
                pass
    async with database.transaction() as connection:
        await connection.execute("SELECT 1")
    await database.close()
