"""Thresholds on a real database: defaults until set, kept per group, never overwritten unseen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fixtures.postgres import Pg
from fixtures.webd import Client, webd

PATH = "/api/alerts/thresholds"
SET = {
    "wait_s": 30,
    "waiting": None,
    "level_percent": 90,
    "abandoned_15m": 2,
    "nobody_ready": False,
}


@pytest_asyncio.fixture
async def api(tmp_path: Path, pg: Pg) -> AsyncIterator[Client]:
    pg.rows("INSERT INTO groups (name_zh, name_en) VALUES ('客服', 'Service'), ('销售', 'Sales')")
    async with webd(tmp_path, connect=pg.connect_async) as client:
        client.log_in()
        yield client


async def items(api: Client) -> list[dict[str, object]]:
    body = (await api.get(PATH)).body
    assert isinstance(body, dict)
    found: list[dict[str, object]] = body["items"]
    return found


@pytest.mark.req("SUP-3")
async def test_a_group_has_the_defaults_until_somebody_sets_its_own(api: Client) -> None:
    first, second = await items(api)
    assert (first["wait_s"], first["level_percent"], first["nobody_ready"]) == (60, 80, True)
    answer = await api.put(f"{PATH}/1", SET, str(first["etag"]))
    assert answer.status == 200, answer.body
    after = await items(api)
    assert {**after[0], **SET} == after[0]
    assert after[1] == second


@pytest.mark.req("SUP-3")
async def test_what_somebody_else_changed_is_not_overwritten(api: Client) -> None:
    [first, _] = await items(api)
    await api.put(f"{PATH}/1", SET, str(first["etag"]))
    answer = await api.put(f"{PATH}/1", {**SET, "wait_s": 5}, str(first["etag"]))
    assert answer.status == 412


@pytest.mark.req("SUP-3")
@pytest.mark.parametrize(
    ("group", "body", "status"),
    [(9, SET, 404), (1, {**SET, "wait_s": 4}, 422), (1, {**SET, "level_percent": 101}, 422)],
)
async def test_what_makes_no_sense_is_refused(
    api: Client, group: int, body: dict[str, object], status: int
) -> None:
    assert (await api.put(f"{PATH}/{group}", body, "*")).status == status
