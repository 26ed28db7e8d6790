"""confd's border: wishes parsed, outcomes told with their HTTP state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer

from linebox.base.errors import ConfigError, InputError, LineboxError, Unavailable
from linebox.compiler.apply import Applied, Applier, Draft
from linebox.compiler.check import Problem, Refused
from linebox.compiler.generations import Switching
from linebox.compiler.switch import RolledBack
from linebox.daemons.confd import Confd


class OnDisk:
    def __init__(self) -> None:
        self.note: Switching | None = None

    def switching(self) -> Switching | None:
        return self.note

    def current(self) -> int:
        return 7

    def numbers(self) -> list[int]:
        return [6, 7]


class Fake(Applier):
    """Ends as it is told."""

    def __init__(self, outcome: Applied | LineboxError) -> None:
        self.outcome = outcome
        self.asked: list[tuple[str, str, bool]] = []
        self.began, self.ended = asyncio.Event(), asyncio.Event()
        self.takes_s = 0.0
        self.generations = OnDisk()  # type: ignore[assignment]

    async def apply(
        self, *, by: str, note: str = "", force: bool = False, draft: Draft | None = None
    ) -> Applied:
        self.asked.append((by, note, force))
        self.began.set()
        await asyncio.sleep(self.takes_s)
        self.ended.set()
        if isinstance(self.outcome, LineboxError):
            raise self.outcome
        return self.outcome


DONE = Applied(generation=8, changed=True, seconds=0.1234)


@asynccontextmanager
async def asking(fake: Applier) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    async with TestClient(TestServer(Confd(fake).app(), handler_cancellation=True)) as client:
        yield client


@pytest.mark.req("SET-3")
async def test_applied_generation_is_told() -> None:
    fake = Fake(DONE)
    async with asking(fake) as client:
        answer = await client.post("/apply", json={"by": "admin", "note": "n", "force": True})

        assert answer.status == 200
        assert await answer.json() == {
            "generation": 8,
            "changed": True,
            "seconds": 0.123,
            "state": "current",
            "log": [],
            "act": None,
            "made": [],
        }
    assert fake.asked == [("admin", "n", True)]


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Refused([Problem("missing-group", agent="1001", group=3)]), 422),
        (InputError("no-company"), 422),
        (ConfigError("unsafe-setting", value="\n"), 422),
        (RolledBack("readback-queues", missing="g1", generation=8), 409),
        (Unavailable("asterisk-away"), 503),
        (LineboxError("interrupted", number=3), 500),
    ],
)
async def test_each_failure_has_its_state_and_both_languages(
    outcome: LineboxError, status: int
) -> None:
    async with asking(Fake(outcome)) as client:
        answer = await client.post("/apply", json={"by": "admin"})
        told = await answer.json()

    assert answer.status == status
    assert told["code"] == outcome.code
    assert told["zh"] != told["en"]


@pytest.mark.req("SEC-5")
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"by": 3}', b'{"by": "x", "more": 1}', b'{"by": ""}']
)
async def test_what_is_no_wish_is_refused_and_nothing_is_done(body: bytes) -> None:
    fake = Fake(DONE)
    async with asking(fake) as client:
        answer = await client.post("/apply", data=body)

    assert answer.status == 422
    assert fake.asked == []


@pytest.mark.req("SET-3")
async def test_client_that_goes_away_does_not_stop_the_switch() -> None:
    fake = Fake(DONE)
    fake.takes_s = 0.3
    async with asking(fake) as client:
        asked = asyncio.create_task(client.post("/apply", json={"by": "admin"}))
        await fake.began.wait()
        asked.cancel()

        async with asyncio.timeout(5):
            await fake.ended.wait()


async def test_state_tells_what_is_on_disk() -> None:
    fake = Fake(DONE)
    fake.generations.note = Switching(old=6, new=7)  # type: ignore[attr-defined]
    async with asking(fake) as client:
        state = await (await client.get("/state")).json()

    assert state == {"generation": 7, "on_disk": [6, 7], "switching": {"old": 6, "new": 7}}
