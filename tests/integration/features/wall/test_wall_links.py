"""The wall's links on a real database: taken up they open the figures, ended they open nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import WSMsgType

from fixtures.postgres import Pg
from fixtures.webd import SUPERVISOR, Client, agent, webd
from linebox.web.auth import WALL_COOKIE


@pytest_asyncio.fixture
async def api(tmp_path: Path, pg: Pg) -> AsyncIterator[Client]:
    pg.rows("INSERT INTO company (name_zh, name_en) VALUES ('云河', 'Yunhe')")
    async with webd(tmp_path, connect=pg.connect_async) as client:
        client.log_in(SUPERVISOR)
        yield client


async def link(api: Client) -> str:
    answer = await api.post("/api/walls", None)
    assert answer.status == 201, answer.body
    assert isinstance(answer.body, dict)
    return str(answer.body["token"])


async def take_up(api: Client, token: str) -> str:
    """The wall's cookie, empty when it isn't given."""
    api.cookie = ""
    answer = await api.post("/api/wall/session", {"token": token})
    assert answer.status == 200, answer.body
    header = answer.headers["Set-Cookie"]
    assert header.startswith(f"{WALL_COOKIE}="), header
    return header.removeprefix(f"{WALL_COOKIE}=").partition(";")[0].strip('"')


async def status(api: Client, path: str, cookie: str) -> int:
    api.cookie = ""
    async with api.http.get(path, headers={"Cookie": f"{WALL_COOKIE}={cookie}"}) as response:
        return response.status


@pytest.mark.req("SUP-1", "SEC-1")
async def test_a_link_opens_the_figures_and_nothing_else(api: Client) -> None:
    cookie = await take_up(api, await link(api))
    assert await status(api, "/api/wall/live", cookie) == 200
    for path in ("/api/live", "/api/calls", "/api/company", "/api/alerts/thresholds"):
        assert await status(api, path, cookie) == 401, path
    headers = {"Cookie": f"{WALL_COOKIE}={cookie}"}
    async with api.http.ws_connect("/api/wall/live/ws", headers=headers) as socket:
        async with asyncio.timeout(5):
            said = await socket.receive()
        assert said.type is WSMsgType.TEXT
        assert "snapshot" in json.loads(said.data)


@pytest.mark.req("SEC-1")
async def test_ended_links_open_nothing_also_the_cookies_made_of_them(api: Client) -> None:
    token = await link(api)
    person = api.cookie
    cookie = await take_up(api, token)
    api.cookie = person
    ended = await api.post("/api/walls/end", None)
    assert ended.body == {"ended": 1}
    assert await status(api, "/api/wall/live", cookie) == 401
    assert await take_up(api, token) == ""


@pytest.mark.req("SEC-1", "SUP-1")
async def test_an_open_wall_is_closed_when_the_links_are_ended(api: Client) -> None:
    token, person = await link(api), api.cookie
    headers = {"Cookie": f"{WALL_COOKIE}={await take_up(api, token)}"}
    async with api.http.ws_connect("/api/wall/live/ws", headers=headers) as socket:
        await socket.receive()
        api.cookie = person
        await api.post("/api/walls/end", None)
        async with asyncio.timeout(10):
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert socket.close_code == 4401


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("token", ["x", "0" * 24 + "." + "A" * 43, "wall"])
async def test_what_is_no_link_opens_nothing(api: Client, token: str) -> None:
    assert await take_up(api, token) == ""
    assert await status(api, "/api/wall/live", token) == 401


@pytest.mark.req("SEC-1")
async def test_agents_make_no_links(api: Client) -> None:
    api.log_in(agent(1001))
    assert (await api.post("/api/walls", None)).status == 403


@pytest.mark.req("SUP-1")
async def test_a_wall_goes_on_without_the_database(tmp_path: Path, api: Client, pg: Pg) -> None:
    token = await link(api)
    pg.server.stop()
    try:
        cookie = await take_up(api, token)
        assert cookie == token
        assert await status(api, "/api/wall/live", cookie) == 200
    finally:
        pg.server.start()
