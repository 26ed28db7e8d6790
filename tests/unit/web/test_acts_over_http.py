"""Who may act on whom, and what calld is asked (AGT-1, SUP-1); calld is a stand-in on its socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from fixtures.webd import SUPERVISOR, Client, agent, webd
from linebox.base.messages import told
from linebox.config.paths import Paths


class _Calld:
    """Notes what it is asked; answers what the test says."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.answer: tuple[int, object] = (200, {})

    async def take(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json() if request.can_read_body else request.path)
        state, body = self.answer
        return web.json_response(body, status=state)


@pytest_asyncio.fixture
async def calld(tmp_path: Path) -> AsyncIterator[_Calld]:
    made = _Calld()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    socket = Paths(root=tmp_path).socket("calld")
    socket.parent.mkdir(parents=True)
    await web.UnixSite(runner, str(socket)).start()
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture
async def client(tmp_path: Path, calld: _Calld) -> AsyncIterator[Client]:
    async with webd(tmp_path) as made:
        yield made


@pytest.mark.req("AGT-1", "SEC-1")
async def test_an_agent_acts_on_nobody_else_and_changes_no_groups(
    client: Client, calld: _Calld
) -> None:
    client.log_in(agent(1001))
    for number, body in (
        ("1002", {"do": "pause"}),
        ("1001", {"do": "join", "group": 1}),
        ("1001", {"do": "leave", "group": 1}),
    ):
        answer = await client.post(f"/api/agents/{number}/state", body)
        assert (answer.status, answer.code) == (403, "not-allowed")
    assert [one for one in calld.asked if isinstance(one, dict)] == []
    assert (await client.post("/api/agents/1001/state", {"do": "pause", "reason": "meal"})).status == 204  # fmt: skip
    assert calld.asked[-1] == {
        "do": "pause", "agent": "1001", "by": "1001", "reason": "meal", "group": None, "ext": "",
    }  # fmt: skip


@pytest.mark.req("SUP-1")
async def test_a_supervisor_s_act_bears_name_and_reason(client: Client, calld: _Calld) -> None:
    client.log_in(SUPERVISOR)
    assert (await client.post("/api/agents/1001/state", {"do": "leave", "group": 2})).status == 204
    assert calld.asked[-1] == {
        "do": "leave", "agent": "1001", "by": "1000", "reason": "supervisor", "group": 2, "ext": "",
    }  # fmt: skip
    answer = await client.post("/api/agents/1001/state", {"do": "join"})
    assert answer.problems() == {"group": "missing"}


@pytest.mark.req("AGT-1")
async def test_calld_s_refusal_is_told_in_its_own_words(client: Client, calld: _Calld) -> None:
    client.log_in(agent(1001))
    calld.answer = (409, told("phone-not-registered", {"phone": "w1001"}))
    answer = await client.post("/api/agents/1001/state", {"do": "login"})
    assert (answer.status, answer.code) == (409, "phone-not-registered")


@pytest.mark.req("TEL-6")
async def test_an_agent_gets_the_own_phone_s_password(client: Client, calld: _Calld) -> None:
    client.log_in(agent(1001))
    calld.answer = (200, {"user": "w1001", "password": "secret", "realm": "linebox"})
    answer = await client.post("/api/phone", None)
    assert answer.status == 200 and isinstance(answer.body, dict)
    assert answer.body["user"] == "w1001" and answer.body["path"] == "/ws" and answer.body["until"]
    assert calld.asked[-1] == {"agent": "1001"}
    assert (await client.delete("/api/phone", None)).status == 204
    assert calld.asked[-1] == "/phones/1001"
