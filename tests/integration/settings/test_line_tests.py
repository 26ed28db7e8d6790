"""Lines tested and learnt from the page's side: started, followed, kept, taken over (TEL-10, TEL-12)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.boardd import RunningBoardd, boardd
from fixtures.dahdi_files import compiled, unit
from fixtures.postgres import Pg
from fixtures.webd import SUPERVISOR, Client, webd
from linebox.base.errors import InputError
from linebox.config.paths import Paths
from linebox.features.lines import lab_words
from linebox.features.lines.boardd import Boardd
from linebox.features.lines.take_up import FoundCard, FoundPort, FoundSpan, take_up
from linebox.hw.impedance import Tuning
from linebox.hw.sim.scenario import Do

SCENARIO = """
[[card]]
key = "E1"
kind = "te131"
spans = ["e1"]

[[card]]
key = "L"
kind = "a8b"
spans = ["fxo:2+fxs:1"]
exchange = {numbers = ["62340001", "62340002"], reversal = true, ends = "reversal", loss_db = 11.0}
"""
READ_ONLY = {"id", "span_id", "position", "kind", "channel", "line", "etag"}


@pytest.fixture
async def page(seeded: Pg, tmp_path: Path) -> AsyncIterator[tuple[RunningBoardd, Client]]:
    with boardd(tmp_path) as box:
        box.play(SCENARIO)
        box.sim.paced = False
        ports = tuple(
            FoundPort(position=n, kind="fxo" if n < 3 else "fxs", channel=31 + n)
            for n in range(1, 4)
        )
        card = FoundCard(
            key="L", kind="a8b", zh="卡", en="card", bus="sim",
            spans=(FoundSpan(position=1, kind="mixed", number=2, ports=ports),),
        )  # fmt: skip
        async with await seeded.connect_async() as connection:
            await take_up(connection, [card])
        async with webd(tmp_path, connect=seeded.connect_async) as client:
            client.log_in()
            yield box, client


async def done(client: Client, wish: dict[str, object]) -> dict[str, Any]:
    answer: Any = await client.post("/api/line-tests", wish)
    assert answer.status == 201, answer.body
    async with asyncio.timeout(20):
        while True:
            job: Any = (await client.get(f"/api/line-tests/{answer.body['id']}")).body
            if job["step"] == "done":
                return dict(job)
            await asyncio.sleep(0.05)


@pytest.mark.req("TEL-10")
async def test_a_test_call_is_followed_and_kept_with_its_line(
    page: tuple[RunningBoardd, Client],
) -> None:
    _, client = page
    job = await done(client, {"kind": "call", "key": "L/1/1", "number": "13800138000"})
    assert [one["verdict"] for one in job["results"]] == ["answered"]
    for _ in range(2):  # kept once, however often it is asked for
        kept: Any = (await client.get("/api/line-tests?key=L/1/1")).body
        assert [one["told"]["verdict"] for one in kept["items"]] == ["answered"]
    assert kept["running"] is None and kept["items"][0]["made_by"] == job["by"] != ""
    assert (await client.get("/api/line-tests?key=L/1/2")).body["items"] == []  # type: ignore[index]


@pytest.mark.req("TEL-12")
async def test_what_two_lines_learnt_is_shown_taken_over_and_waits_to_be_applied(
    page: tuple[RunningBoardd, Client],
) -> None:
    _, client = page
    ports: Any = (await client.get("/api/ports")).body["items"]  # type: ignore[index]
    wish: dict[str, object] = {"kind": "learn", "key": "L/1/1", "other": "L/1/2"}
    nameless: Any = await client.post("/api/line-tests", wish)
    assert (nameless.status, nameless.body["code"]) == (409, "learn-needs-number")
    for port, number in zip(ports, ("62340001", "62340002"), strict=False):
        body = {key: value for key, value in port.items() if key not in READ_ONLY}
        answer = await client.put(
            f"/api/ports/{port['id']}", body | {"number": number}, if_match=port["etag"]
        )
        assert answer.status == 200, answer.body
    job = await done(client, wish)
    assert [one["verdict"] for one in job["results"]] == ["learnt", "learnt"]
    kept: Any = (await client.get("/api/line-tests?key=L/1/2")).body
    (test,) = kept["items"]
    assert test["told"]["learnt"]["hangup_reversal"] and test["taken_at"] is None
    assert (await client.post("/api/line-tests/take", {"id": test["id"]})).status == 204
    after: Any = (await client.get("/api/ports")).body["items"]  # type: ignore[index]
    line = after[1]
    assert (line["answer_polarity"], line["hangup_polarity"], line["hangup_busy"]) == (
        True, True, False,
    )  # fmt: skip
    assert (line["rx_gain_db"], line["busy_pattern"]) == (4.0, "350,350")
    assert after[0]["hangup_polarity"] is False
    taken: Any = (await client.get("/api/line-tests?key=L/1/2")).body
    assert taken["items"][0]["taken_at"] is not None
    gone: Any = await client.post("/api/line-tests/take", {"id": 999})
    assert gone.status == 404


@pytest.mark.req("TEL-12")
async def test_the_impedance_found_goes_into_the_line_s_settings_and_away_again(
    page: tuple[RunningBoardd, Client], tmp_path: Path
) -> None:
    box, client = page
    lines = [box.core.picture.port(f"L/1/{n}") for n in (1, 2)]
    first = (lines[0] and lines[0].channel) or 0
    number = getattr(box.core.picture.span("L/1"), "number", 0)
    units = [
        replace(unit("L/1", number, n, n), tuning=Tuning(country=15, set=15))
        for n in (first, first + 1)
    ]
    folder = Paths(root=tmp_path).generations / "current/dahdi"
    compiled(folder, system=f"fxsks={first}-{first + 1}\n", units=units)
    ports: Any = (await client.get("/api/ports")).body["items"]  # type: ignore[index]
    for port, own in zip(ports, ("62340001", "62340002"), strict=False):
        body = {key: value for key, value in port.items() if key not in READ_ONLY}
        await client.put(f"/api/ports/{port['id']}", body | {"number": own}, if_match=port["etag"])
    for balance, wanted in ((3, 3), (15, None)):
        for line in box.sim._lines.values():
            line._said = replace(line._said, balance=balance)
        boardd_ = Boardd(tmp_path / "run/linebox/boardd/api.sock")
        said = await lab_words.told(boardd_, line=1, other=2, number="", by="root")
        name = "220 Ω + (820 Ω ∥ 120 nF)" if wanted else "全球通用"
        assert f"impedance {name}" in "\n".join(said)
        kept: Any = (await client.get("/api/line-tests?key=L/1/1")).body
        assert kept["items"][0]["told"]["learnt"]["impedance"]["acim"] == balance
        take = {"id": kept["items"][0]["id"]}
        assert (await client.post("/api/line-tests/take", take)).status == 204
        after: Any = (await client.get("/api/ports")).body["items"]  # type: ignore[index]
        assert [one["impedance"] for one in after] == [wanted, None, None]


@pytest.mark.req("TEL-3")
async def test_an_e1_is_looped_and_its_bits_compared(page: tuple[RunningBoardd, Client]) -> None:
    box, client = page
    box.do(Do.FAR_LOOPS, "E1/1")
    job = await done(client, {"kind": "bits", "key": "E1/1", "seconds": 2})
    assert job["results"][0]["verdict"] == "clean" and job["results"][0]["bits"]["errors"] == 0
    for kind, alarms in (("local", ["loopback"]), ("off", [])):
        assert (
            await client.post("/api/hardware/loop", {"span": "E1/1", "kind": kind})
        ).status == 204
        async with asyncio.timeout(5):
            while True:
                told: Any = (await client.get("/api/hardware")).body
                if told["cards"][0]["spans"][0]["alarms"] == alarms:
                    break
                await asyncio.sleep(0.05)


@pytest.mark.req("TEL-10")
async def test_no_test_calls_an_emergency_number(page: tuple[RunningBoardd, Client]) -> None:
    _, client = page
    answer = await client.post("/api/line-tests", {"kind": "call", "key": "L/1/1", "number": "110"})
    assert answer.status == 422


@pytest.mark.req("TEL-10")
async def test_only_administrators_test_lines(page: tuple[RunningBoardd, Client]) -> None:
    _, client = page
    client.log_in(SUPERVISOR)
    answer = await client.post("/api/line-tests", {"kind": "call", "key": "L/1/1"})
    assert answer.status == 403


@pytest.mark.req("TEL-10", "TEL-12")
async def test_the_box_s_own_command_tests_a_line_and_has_two_learn(
    page: tuple[RunningBoardd, Client], tmp_path: Path
) -> None:
    _, client = page
    boardd_ = Boardd(tmp_path / "run/linebox/boardd/api.sock")
    said = await lab_words.told(boardd_, line=1, other=None, number="13800138000", by="root")
    assert said[0] == "✓ L/1/1" and "已接听" in said[1] and "450 Hz" in said[-1]
    kept: Any = (await client.get("/api/line-tests?key=L/1/1")).body
    assert [one["made_by"] for one in kept["items"]] == ["root"]
    with pytest.raises(InputError, match="not-found"):
        await lab_words.told(boardd_, line=9, other=None, number="", by="root")
    with pytest.raises(InputError, match="learn-needs-number"):
        await lab_words.told(boardd_, line=1, other=2, number="", by="root")
