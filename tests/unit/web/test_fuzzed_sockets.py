"""The live WebSocket under garbage: it closes what it must, and serves everybody else."""

from __future__ import annotations

import asyncio
import base64
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientWebSocketResponse, WSMsgType

from fixtures.webd import SUPERVISOR, Client, webd
from linebox.web.auth import COOKIE

PATH = "/api/live/ws"


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with webd(tmp_path) as made:
        made.log_in(SUPERVISOR)
        yield made


async def opened(client: Client, query: str = "") -> ClientWebSocketResponse:
    return await client.http.ws_connect(
        PATH + query, headers={"Cookie": f"{COOKIE}={client.cookie}"}
    )


async def closed(socket: ClientWebSocketResponse) -> int | None:
    """The close code, once the other side has closed."""
    async with asyncio.timeout(5):
        while (await socket.receive()).type not in (
            WSMsgType.CLOSE,
            WSMsgType.CLOSED,
            WSMsgType.CLOSING,
            WSMsgType.ERROR,
        ):
            pass
    return socket.close_code


async def serves(client: Client) -> None:
    """A page that behaves is served all the same."""
    socket = await opened(client)
    await socket.ping()
    assert not socket.closed
    await socket.close()
    assert (await client.get("/api/session")).status == 200


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    "query",
    ["?after=-1", "?after=99999999999999999999", "?after=%00", "?epoch=" + "x" * 3000, "?after=1&after=2",
     "?epoch=%F0%28%8C%28", "?x=y"],
)  # fmt: skip
async def test_any_question_is_answered(client: Client, query: str) -> None:
    socket = await opened(client, query)
    assert not socket.closed
    await socket.close()
    await serves(client)


@pytest.mark.req("SEC-2")
async def test_a_huge_message_closes_only_its_own_line(client: Client) -> None:
    good = await opened(client)
    for data in ("x" * 2_000_000, b"\0" * 2_000_000):
        bad = await opened(client)
        with_text = isinstance(data, str)
        await (bad.send_str(data) if with_text else bad.send_bytes(data))  # type: ignore[arg-type]  # as asked just before
        assert await closed(bad) == 1009  # message too big
    await good.ping()
    assert not good.closed
    await good.close()
    await serves(client)


@pytest.mark.req("SEC-2")
async def test_a_flood_of_messages_stops_nobody(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    made = random.Random(3)
    flooding = [await opened(client) for _ in range(5)]
    for _ in range(300):
        for socket in flooding:
            if not socket.closed:
                await socket.send_str("[" * made.randrange(1, 900))
    await serves(client)
    for socket in flooding:
        await socket.close()
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


@pytest.mark.req("SEC-2")
async def test_broken_frames_end_their_connection(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes that are no WebSocket, after a right handshake."""
    made = random.Random(7)
    url = client.http.make_url(PATH)
    for n in range(60):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET {PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nCookie: {COOKIE}={client.cookie}\r\n\r\n"
        )
        writer.write(head.encode())
        async with asyncio.timeout(5):
            assert b"101" in await reader.readuntil(b"\r\n\r\n")
        # The first byte's reserved bits or an unknown kind of frame: never a right one.
        writer.write(bytes([0x70 | n % 16]) + made.randbytes(made.randrange(1, 400)))
        async with asyncio.timeout(5):
            await reader.read(-1)  # until it hangs up
        writer.close()
    await serves(client)
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("cookie", ["", "x", "a.b.c.d.e.f", "é", "0" * 5000])
async def test_nobody_looks_without_a_session(client: Client, cookie: str) -> None:
    async with client.http.get(
        PATH,
        headers={
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Cookie": f"{COOKIE}={cookie}".encode().decode("latin-1"),
        },
    ) as response:
        assert response.status == 401
