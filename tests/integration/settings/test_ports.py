"""boardd's cards and events followed into the database and told to pages (TEL-1, TEL-2)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import dict_row

from fixtures.boardd import RunningBoardd, boardd
from fixtures.postgres import Pg
from fixtures.webd import SUPERVISOR, Client, webd
from linebox.features.lines.boardd import Boardd
from linebox.features.lines.ports_jobs import Ports
from linebox.hw.protocols import LineAlarm
from linebox.hw.sim.scenario import Do


class House:
    def __init__(self, pg: Pg, root: Path) -> None:
        self.pg, self.root = pg, root
        self.applied = 0

    async def _apply(self) -> None:
        self.applied += 1

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """calld's worker runs."""
        client = Boardd(self.root / "run/linebox/boardd/api.sock")
        ports = Ports(client, self.pg.connect_async, self._apply)
        task = asyncio.create_task(ports.run(lambda: None))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with (
            await self.pg.connect_async() as connection,
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            await cursor.execute(query)  # type: ignore[arg-type]  # the test's own text
            return await cursor.fetchall()

    async def events(self) -> list[tuple[str, str, str]]:
        rows = await self.rows("SELECT key, was, became FROM port_events ORDER BY id")
        return [(row["key"], row["was"], row["became"]) for row in rows]


async def until[T](look: Callable[[], Awaitable[T]], within_s: float = 15.0) -> T:
    async with asyncio.timeout(within_s):
        while not (found := await look()):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)
    return found


@pytest.fixture
def house(seeded: Pg, tmp_path: Path) -> House:
    return House(seeded, tmp_path)


async def has(house: House, event: tuple[str, str, str]) -> bool:
    return event in await house.events()


@pytest.mark.req("TEL-1")
async def test_a_new_card_is_filed_and_applied_by_itself(house: House) -> None:
    async with await house.pg.connect_async() as connection:
        await connection.execute(
            "INSERT INTO generations (number, hash, state, made_by, settings) SELECT 1, 'x',"
            " 'current', 'test', version FROM company"
        )
    with boardd(house.root) as box:
        async with house.followed():
            box.play()
            cards = await until(lambda: house.rows("SELECT key, number FROM cards ORDER BY number"))
            assert {row["key"] for row in cards} == {"SIM-E1", "SIM-LINES"}
            ports = await house.rows("SELECT line, kind, channel FROM ports ORDER BY line")
            assert [(one["line"], one["kind"]) for one in ports] == [
                (1, "fxo"), (2, "fxo"), (3, "fxs"), (4, "fxs"),
            ]  # fmt: skip
            told = {
                p.key: p.channel
                for card in (
                    await Boardd(house.root / "run/linebox/boardd/api.sock").hardware()
                ).cards
                for span in card.spans
                for p in span.ports
            }
            assert [one["channel"] for one in ports] == [
                told[f"SIM-LINES/1/{n}"] for n in (1, 2, 3, 4)
            ]  # the database took the numbers that boardd gave
            await until(lambda: asyncio.sleep(0, house.applied))
            box.do(Do.UNPLUG, "SIM-LINES")
            await until(lambda: house.rows("SELECT 1 FROM cards WHERE NOT present"))
            assert house.applied == 1  # a card that goes changes nothing


@pytest.mark.req("TEL-2")
async def test_each_event_is_filed_once_whoever_dies(house: House) -> None:
    with boardd(house.root) as box:
        async with house.followed():
            box.play()
            await until(lambda: has(house, ("SIM-E1", "", "present")))
            box.do(Do.ALARM, "SIM-E1/1", LineAlarm.LOS)
            await until(lambda: has(house, ("SIM-E1/1", "ok", "los")))
        box.do(Do.CLEAR, "SIM-E1/1")  # calld is dead meanwhile
        await asyncio.sleep(1.0)
        async with house.followed():
            await until(lambda: has(house, ("SIM-E1/1", "los", "ok")))
    shutil.rmtree(house.root / "run/linebox/boardd")  # the machine starts: its numbers begin anew
    with boardd(house.root):
        async with house.followed():
            await until(lambda: house.rows("SELECT 1 FROM port_events GROUP BY start OFFSET 1"))
    events = await house.events()
    assert events.count(("SIM-E1/1", "ok", "los")) == events.count(("SIM-E1/1", "los", "ok")) == 1


async def test_a_dead_database_is_waited_for(house: House) -> None:
    with boardd(house.root) as box:
        async with house.followed():
            box.play()
            await until(lambda: has(house, ("SIM-E1", "", "present")))
            house.pg.server.stop()
            box.do(Do.ALARM, "SIM-E1/1", LineAlarm.LOS)
            await asyncio.sleep(1.5)
            house.pg.server.start()
            await until(lambda: has(house, ("SIM-E1/1", "ok", "los")), within_s=30)


@pytest.fixture
async def page(house: House) -> AsyncIterator[tuple[RunningBoardd, Client]]:
    with boardd(house.root) as box:
        async with house.followed(), webd(house.root, connect=house.pg.connect_async) as client:
            client.log_in()
            box.play()
            await until(lambda: house.rows("SELECT 1 FROM ports"))
            yield box, client


async def ports(client: Client) -> dict[str, dict[str, Any]]:
    answer = await client.get("/api/hardware")
    assert answer.status == 200, answer.body
    body: Any = answer.body
    return {p["key"]: p for card in body["cards"] for span in card["spans"] for p in span["ports"]}


@pytest.mark.req("TEL-2")
async def test_pages_are_told_ports_with_their_lines_and_alarms_in_time(
    page: tuple[RunningBoardd, Client],
) -> None:
    box, client = page
    found = await ports(client)
    assert found["SIM-LINES/1/2"]["line"] == 2
    assert found["SIM-LINES/1/2"]["state"] == "unused"
    assert (await client.get("/api/hardware")).body["calls_known"] is False  # type: ignore[index]  # calld is away
    box.do(Do.BATTERY_LOST, "SIM-LINES/1/2")

    async def missed() -> bool:
        return (await ports(client))["SIM-LINES/1/2"]["state"] in ("alarm", "unplugged")

    await until(missed, within_s=2.0)
    assert (await ports(client))["SIM-LINES/1/2"]["alarm"] == "battery"


@pytest.mark.req("TEL-2")
async def test_history_is_paged_and_a_port_s_has_its_card_s(
    page: tuple[RunningBoardd, Client], house: House
) -> None:
    box, client = page
    box.do(Do.UNPLUG, "SIM-LINES")
    await until(lambda: has(house, ("SIM-LINES", "present", "absent")))
    answer: Any = (await client.get("/api/port-events?key=SIM-LINES/1/2&limit=1")).body
    assert [(one["key"], one["became"]) for one in answer["items"]] != []
    keys: set[str] = set()
    before = ""
    while True:
        told: Any = (await client.get(f"/api/port-events?key=SIM-LINES/1/2&limit=1{before}")).body
        keys |= {one["key"] for one in told["items"]}
        if told["next"] is None:
            break
        before = f"&before={told['next']}"
    assert keys == {"SIM-LINES", "SIM-LINES/1/2"}


async def test_a_port_is_blocked_and_freed_and_a_gone_card_forgotten(
    page: tuple[RunningBoardd, Client],
) -> None:
    box, client = page
    for blocked, state in ((True, "blocked"), (False, "unused")):
        wish = {"port": "SIM-LINES/1/1", "blocked": blocked}
        assert (await client.post("/api/hardware/block", wish)).status == 204

        async def told(state: str = state) -> bool:
            return (await ports(client))["SIM-LINES/1/1"]["state"] == state

        await until(told)
    e1 = await client.post("/api/hardware/block", {"port": "SIM-E1/1/1", "blocked": True})
    assert (e1.status, e1.body["code"]) == (409, "block-in-settings")  # type: ignore[index]
    there = await client.post("/api/hardware/forget", {"card": "SIM-E1"})
    assert there.body["code"] == "card-present"  # type: ignore[index]
    box.do(Do.UNPLUG, "SIM-E1")

    async def forgotten() -> bool:
        return (await client.post("/api/hardware/forget", {"card": "SIM-E1"})).status == 204

    await until(forgotten)


async def test_only_administrators_see_the_hardware(page: tuple[RunningBoardd, Client]) -> None:
    _, client = page
    client.log_in(SUPERVISOR)
    assert (await client.get("/api/hardware")).status == 403


async def test_a_dead_boardd_is_told_in_words(house: House) -> None:
    async with webd(house.root, connect=house.pg.connect_async) as client:
        client.log_in()
        answer: Any = await client.get("/api/hardware")
        assert (answer.status, answer.body["code"]) == (503, "boardd-away")
        assert answer.body["zh"]
