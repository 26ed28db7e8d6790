"""The client that tells Asterisk how many messages wait, against a SIP server of the test's own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import override

import pytest

from linebox.asterisk.mwi import Mwi
from linebox.base.errors import Unavailable


class Server(asyncio.DatagramProtocol):
    """Challenges once, then answers ``status``; loses the first ``losses`` requests."""

    def __init__(self, status: int = 200, losses: int = 0) -> None:
        self.status, self.losses = status, losses
        self.got: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.losses:
            self.losses -= 1
            return
        text = data.decode()
        self.got.append(text)
        kept = "\r\n".join(re.findall(r"^(?:Call-ID|CSeq|Via): [^\r]*", text, re.MULTILINE))
        if "Authorization: Digest" in text:
            first, more = f"SIP/2.0 {self.status} Said", ""
        else:
            first = "SIP/2.0 401 Unauthorized"
            more = (
                'WWW-Authenticate: Digest realm="linebox",nonce="n1",algorithm=MD5,qop="auth"\r\n'
            )
        assert self._transport is not None
        self._transport.sendto(f"{first}\r\n{kept}\r\n{more}\r\n".encode(), addr)


@asynccontextmanager
async def talking(server: Server) -> AsyncIterator[Mwi]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, ("127.0.0.1", 0))
    try:
        async with Mwi("pa55", box=transport.get_extra_info("sockname")) as mwi:
            yield mwi
    finally:
        transport.close()


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.req("TEL-2", "TEL-5")
async def test_it_proves_that_it_knows_the_secret_and_tells_the_number() -> None:
    server = Server()
    async with talking(server) as mwi:
        await mwi.tell("8001@phones", 3)
    _, second = server.got
    assert "Event: asterisk-mwi\r\n" in second
    body = json.loads(second.partition("\r\n\r\n")[2])
    assert (body["type"], body["uniqueid"], body["new"]) == ("mailboxstate", "8001@phones", 3)
    said = dict(re.findall(r'(\w+)="([^"]*)"', second.partition("Authorization: ")[2]))
    who, what = md5("lb-mwi:linebox:pa55"), md5(f"PUBLISH:{said['uri']}")
    assert said["response"] == md5(f"{who}:n1:00000001:{said['cnonce']}:auth:{what}")


@pytest.mark.req("TEL-5")
async def test_a_lost_request_is_repeated() -> None:
    server = Server(losses=1)
    async with talking(server) as mwi:
        await mwi.tell("8001@phones", 1)
    assert len(server.got) == 2


@pytest.mark.req("TEL-5")
async def test_an_asterisk_that_refuses_is_away() -> None:
    async with talking(Server(status=489)) as mwi:
        with pytest.raises(Unavailable):
            await mwi.tell("8001@phones", 1)
