"""The live picture: numbered without a gap, resumed, fresh when it can't be, stale when calld is away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, web

from fixtures.webd import Client, agent, webd
from linebox.web.auth import COOKIE
from linebox.web.live import Live

SNAPSHOT = {
    "seq": 7,
    "at": "2026-11-22T08:00:00Z",
    "asterisk": {"up": True, "since": None, "start": "s00000001"},
    "generation": 1,
    "groups": [],
    "agents": [],
    "calls": [],
    "trunks": [],
    "journal": {"lag_s": 0.1, "rejects": 0, "alarms": []},
}


@dataclass
class Calld:
    """A calld that says what the test says."""

    path: Path
    well: bool = True
    connections: int = 0
    queues: list[asyncio.Queue[object]] = field(default_factory=list)
    seq: int = 7
    runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/events", self._events)
        app.router.add_get("/health", self._health)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self.runner.setup()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        await web.UnixSite(self.runner, str(self.path)).start()

    async def stop(self) -> None:
        if self.runner:
            for queue in self.queues:
                queue.put_nowait(None)
            await self.runner.cleanup()
            self.runner = None

    def say(self, **parts: object) -> None:
        self.seq += 1
        self.say_raw({"seq": self.seq, "at": "2026-11-22T08:00:01Z", "set": parts})

    def say_raw(self, line: object) -> None:
        for queue in self.queues:
            queue.put_nowait(line)

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self.well else 503)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        response = web.StreamResponse()
        await response.prepare(request)
        queue: asyncio.Queue[object] = asyncio.Queue()
        self.seq = 7
        self.queues = [queue]
        await response.write(json.dumps(SNAPSHOT).encode() + b"\n")
        while (line := await queue.get()) is not None:
            await response.write(json.dumps(line).encode() + b"\n")
        return response


@dataclass
class Place:
    client: Client
    calld: Calld
    live: Live
    units: list[dict[str, object]]

    @asynccontextmanager
    async def page(self, query: str = "") -> AsyncIterator[ClientWebSocketResponse]:
        headers = {"Cookie": f"{COOKIE}={self.client.cookie}"}
        async with self.client.http.ws_connect(f"/api/live/ws{query}", headers=headers) as socket:
            yield socket


@asynccontextmanager
async def place(tmp_path: Path, *, kept: int = 500, linger_s: float = 5.0) -> AsyncIterator[Place]:
    calld = Calld(tmp_path / "run/linebox/calld/api.sock")
    await calld.start()
    units: list[dict[str, object]] = [{"unit": "asterisk", "state": "active"}]
    live = Live(
        calld.path, lambda: [dict(one) for one in units], kept=kept, linger_s=linger_s, poll_s=0.02
    )
    async with webd(tmp_path, live=live) as client:
        client.log_in()
        yield Place(client, calld, live, units)
    await calld.stop()


async def told(socket: ClientWebSocketResponse) -> dict[str, object]:
    async with asyncio.timeout(5):
        message = await socket.receive()
    assert message.type is WSMsgType.TEXT, message
    said = json.loads(message.data)
    assert isinstance(said, dict)
    return said


async def until_set(socket: ClientWebSocketResponse, part: str) -> dict[str, object]:
    """The next message that sets ``part``."""
    while True:
        said = await told(socket)
        parts = said.get("set")
        if isinstance(parts, dict) and part in parts:
            return said


@pytest.mark.req("SUP-1")
async def test_a_long_list_s_changes_are_handed_on_as_such(tmp_path: Path) -> None:
    async with place(tmp_path) as at, at.page() as socket:
        await told(socket)
        at.calld.say(calls=[{"id": str(n), "state": "menu"} for n in range(20)])
        await until_set(socket, "calls")
        changed = {"put": [{"id": "3", "state": "waiting"}], "drop": ["4"]}
        at.calld.say_raw(
            {"seq": at.calld.seq + 1, "at": "", "set": {}, "patch": {"calls": changed}}
        )
        said = await told(socket)
        assert (said["set"], said["patch"]) == ({}, {"calls": changed})
        whole = json.loads(at.live.snapshot())["calls"]
        assert [one["id"] for one in whole] == [str(n) for n in range(20) if n != 4]
        assert whole[3]["state"] == "waiting"


@pytest.mark.req("SUP-1")
async def test_a_page_gets_the_picture_and_every_change_in_order(tmp_path: Path) -> None:
    async with place(tmp_path) as at, at.page() as socket:
        first = await told(socket)
        snapshot = first["snapshot"]
        assert isinstance(snapshot, dict)
        assert snapshot["asterisk"] == SNAPSHOT["asterisk"]
        assert snapshot["stale_since"] is None
        assert snapshot["daemons"] == at.units
        for n in range(50):
            at.calld.say(calls=[{"id": str(n)}])
        numbers, calls = [first["seq"]], []
        while len(calls) < 50:
            said = await told(socket)
            numbers.append(said["seq"])
            parts = said["set"]
            assert isinstance(parts, dict)
            calls.append(parts["calls"][0]["id"])
        assert calls == [str(n) for n in range(50)]
        assert numbers == list(range(int(str(numbers[0])), int(str(numbers[0])) + 51))


async def test_a_page_that_lost_its_connection_goes_on_where_it_was(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        async with at.page() as socket:
            first = await told(socket)
        at.calld.say(calls=[{"id": "1"}])
        at.calld.say(calls=[{"id": "2"}])
        async with at.page() as other:
            await told(other)
            at.calld.say(generation=2)
            await until_set(other, "generation")
        query = f"?epoch={first['epoch']}&after={first['seq']}"
        async with at.page(query) as socket:
            missed = [await told(socket) for _ in range(3)]
        assert [list(one["set"]) for one in missed] == [["calls"], ["calls"], ["generation"]]


@pytest.mark.parametrize("query", ["?epoch=another&after=1", "?after=1", "?epoch=x&after=-1"])
async def test_who_can_t_be_resumed_gets_a_fresh_picture(tmp_path: Path, query: str) -> None:
    async with place(tmp_path) as at, at.page(query) as socket:
        assert "snapshot" in await told(socket)


async def test_who_missed_more_than_is_kept_gets_a_fresh_picture(tmp_path: Path) -> None:
    async with place(tmp_path, kept=5) as at, at.page() as looking:
        first = await told(looking)
        for n in range(10):
            at.calld.say(generation=n + 10)
            await until_set(looking, "generation")
        async with at.page(f"?epoch={first['epoch']}&after={first['seq']}") as late:
            snapshot = (await told(late))["snapshot"]
        assert isinstance(snapshot, dict)
        assert snapshot["generation"] == 19


async def test_calld_away_makes_the_picture_stale_and_its_return_fresh(tmp_path: Path) -> None:
    async with place(tmp_path) as at, at.page() as socket:
        await told(socket)
        at.calld.say(calls=[{"id": "1"}])
        await until_set(socket, "calls")
        await at.calld.stop()
        gone = (await until_set(socket, "stale_since"))["set"]
        assert isinstance(gone, dict)
        assert gone["stale_since"]
        await at.calld.start()
        back = (await until_set(socket, "stale_since"))["set"]
        assert back == {"stale_since": None, "calls": []}


@pytest.mark.parametrize(
    "line", [{"seq": 99, "set": {}}, {"seq": "8", "set": {}}, [], {"seq": 8, "set": 5}, "x" * 9]
)
async def test_a_gap_or_nonsense_from_calld_is_answered_by_a_fresh_start(
    tmp_path: Path, line: object
) -> None:
    async with place(tmp_path) as at, at.page() as socket:
        await told(socket)
        at.calld.say_raw(line)
        gone = (await until_set(socket, "stale_since"))["set"]
        assert isinstance(gone, dict)
        assert gone["stale_since"]
        await until_set(socket, "stale_since")
        assert at.calld.connections == 2


async def test_a_unit_s_change_is_told(tmp_path: Path) -> None:
    async with place(tmp_path) as at, at.page() as socket:
        await told(socket)
        at.units[0]["state"] = "failed"
        said = (await until_set(socket, "daemons"))["set"]
        assert said == {"daemons": [{"unit": "asterisk", "state": "failed"}]}


async def test_nobody_looking_costs_nothing(tmp_path: Path) -> None:
    async with place(tmp_path, linger_s=0.05) as at:
        assert at.calld.connections == 0
        async with at.page() as socket:
            await told(socket)
        assert at.calld.connections == 1
        async with asyncio.timeout(5):
            while at.live._looked.is_set():  # noqa: ASYNC110  it has no event for rest
                await asyncio.sleep(0.01)
        async with at.page() as socket:
            picture = (await told(socket))["snapshot"]
            assert isinstance(picture, dict)
            if picture["stale_since"]:  # the last one known, until calld has answered anew
                picture = (await until_set(socket, "stale_since"))["set"]
                assert isinstance(picture, dict)
            assert picture["stale_since"] is None
        assert at.calld.connections == 2


async def test_the_socket_closes_when_its_session_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place(tmp_path) as at:
        monkeypatch.setattr(type(at.client.accounts), "SESSION_S", 1)
        at.client.log_in()
        async with at.page() as socket:
            await told(socket)
            async with asyncio.timeout(5):
                assert (await socket.receive()).type is WSMsgType.CLOSE
            assert socket.close_code == 4401


@pytest.mark.req("SEC-1")
async def test_the_socket_closes_at_once_when_its_session_is_ended(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        at.client.log_in(agent(1001))
        async with at.page() as socket:
            await told(socket)
            held = at.client.accounts.session(at.client.cookie)
            assert held is not None
            at.client.accounts.end(held.id)
            async with asyncio.timeout(2):
                assert (await socket.receive()).type is WSMsgType.CLOSE
            assert socket.close_code == 4401


@pytest.mark.req("SEC-3")
async def test_an_agent_s_line_is_cut_and_goes_on_where_it_was(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        at.client.log_in(agent(1001))
        async with at.page() as socket:
            first = await told(socket)
        mine = {"id": "1", "agent": "1001", "from": "13900000001"}
        other = {"id": "2", "agent": "1002", "from": "13900000002"}
        at.calld.say(calls=[other])
        at.calld.say(calls=[other, mine])
        at.calld.say(calls=[other])
        async with at.page() as looking:
            await told(looking)
            at.calld.say(generation=2)
            await until_set(looking, "generation")
        async with at.page(f"?epoch={first['epoch']}&after={first['seq']}") as socket:
            missed = [await told(socket) for _ in range(4)]
        assert [one["set"] for one in missed] == [
            {},
            {"calls": [mine]},
            {"calls": []},
            {"generation": 2},
        ]
        assert [one["seq"] for one in missed] == [int(str(first["seq"])) + n for n in range(1, 5)]
