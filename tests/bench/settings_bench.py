"""Settings on a large box: from a save to the next call behaving so, and how quick each list is."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from psycopg import AsyncConnection

from bench.rows import Row
from fixtures.house import House, housed
from fixtures.postgres import Pg, database, running
from fixtures.webd import Client, webd

EXTENSIONS, GROUPS, NUMBERS = 500, 100, 20_000
SAVES, LOOKS = 8, 40
LISTS = (
    "/api/extensions",
    "/api/agents",
    "/api/groups",
    "/api/menus",
    "/api/dids",
    "/api/calendars",
    "/api/prompts",
    "/api/trunks",
    "/api/accounts",
    "/api/generations",
    "/api/settings-log?limit=200",
    "/api/settings/unapplied",
    "/api/number-lists?limit=100",
    "/api/number-lists?limit=100&after=13700010000",
    "/api/number-lists?q=7001",
)
_ENTRY = re.compile(r'^"LB_ENTRY","([0-9.]+)","LB_ENTRY".*?;to=([a-z]+)', re.MULTILINE)


def rows() -> list[Row]:
    """The slowest save to call; the slowest list's 95th percentile."""
    with (
        running() as server,
        database(server.dsn("postgres"), "bench"),
        housed(Pg(server, "bench")) as house,
        tempfile.TemporaryDirectory() as folder,
    ):
        house.grow(extensions=EXTENSIONS, groups=GROUPS)
        house.rig.apply()
        return asyncio.run(_measured(house, Path(folder)))


async def _measured(house: House, folder: Path) -> list[Row]:
    sockets = folder / "run/linebox"
    sockets.mkdir(parents=True)
    (sockets / "confd").symlink_to(house.rig.folder / "sockets/confd")
    connect = partial(AsyncConnection.connect, house.pg.dsn)
    async with webd(folder, connect=connect, confd_s=60.0) as pages:
        pages.log_in()
        saves = [await _save_to_call(house, pages, n) for n in range(SAVES)]
        house.pg.rows(
            "INSERT INTO number_lists SELECT (13700000000 + n)::text, 'black', 1, 'note ' || n"
            " FROM generate_series(1, %s) n",
            NUMBERS,
        )
        with_lists = await _save_to_call(house, pages, SAVES)
        looks = {path: await _looks(pages, path) for path in LISTS}
    worst = max(looks, key=lambda path: looks[path])
    median = sorted(saves)[len(saves) // 2]
    size = f"{EXTENSIONS} extensions, {EXTENSIONS} agents, {GROUPS} groups"
    return [
        Row(
            name="setting-to-live-s",
            value=max(saves),
            unit="s",
            limit=2,
            note=f"median {median:.2f} of {SAVES}; {size}; {with_lists:.2f} s with {NUMBERS} numbers new on lists",
        ),
        Row(
            name="page-p95-ms",
            value=looks[worst],
            unit="ms",
            limit=200,
            note=f"worst of {len(LISTS)} lists: {worst}; {size}, {NUMBERS} listed numbers",
        ),
    ]


async def _save_to_call(house: House, pages: Client, n: int) -> float:
    """Seconds from the save of where a number leads to the moment at which a call went there."""
    goal = "voicemail" if n % 2 == 0 else "menu"
    answer = await pages.get("/api/dids/4008001234")
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    did: dict[str, Any] = answer.body
    etag = did.pop("etag")
    did.pop("number")
    did["destination"] = {"kind": goal, "target": 0 if goal == "voicemail" else 1}
    change = {"what": "did", "key": "4008001234", "etag": etag, "after": did}
    seen = len(_entries(house))
    began = time.time()
    done = await pages.post("/api/settings/apply", {"changes": [change]})
    assert done.status == 200, done.body
    call = await asyncio.to_thread(house.phones.call, "4008001234", hangs_up=True)
    until = time.monotonic() + 20
    while len(_entries(house)) <= seen:
        assert time.monotonic() < until, "no call came in"
        await asyncio.sleep(0.02)
    at, to = _entries(house)[seen]
    assert to == goal, f"the next call went to {to}"
    await asyncio.to_thread(call.end)
    return at - began


def _entries(house: House) -> list[tuple[float, str]]:
    """When each call came in, and where it was sent first."""
    try:
        return [(float(at), to) for at, to in _ENTRY.findall(house.journal())]
    except FileNotFoundError:  # before the first call
        return []


async def _looks(pages: Client, path: str) -> float:
    """The 95th percentile in ms, one asker at a time."""
    took = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        answer = await pages.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, answer.body
    return quantiles(took, n=20)[-1]
