"""Telephone cards in the settings: filed once, set in drafts, exported, compiled (TEL-1, SET-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from aiohttp import web
from psycopg import AsyncConnection

from fixtures.house import House
from fixtures.postgres import Pg
from fixtures.webd import Answer, Client
from linebox.desks.settings import document
from linebox.features.lines import hardware_store
from linebox.features.lines.model import Hardware
from linebox.features.lines.take_up import TakenUp, found, take_up
from linebox.features.settings.model import Author

E1, LINES = "pci-te131-77", "@PCI_Bus_02_Slot_09"


def card(key: str, bus: str, *spans: dict[str, Any]) -> dict[str, Any]:
    """As ``GET /hardware`` tells it."""
    return {
        "key": key,
        "kind": "te131",
        "zh": "E1 卡",
        "en": "E1 card",
        "bus": bus,
        "location": "02:09",
        "ids": "d161:800a",
        "driver": "wcte13xp",
        "known": True,
        "present": True,
        "spans": spans,
    }


def span(key: str, kind: str, *kinds: str, first: int | None = None) -> dict[str, Any]:
    ports = [
        {
            "key": f"{key}/{n}",
            "kind": one,
            "channel": None if first is None else first + n - 1,
            "state": "unused",
        }
        for n, one in enumerate(kinds, 1)
    ]
    return {"key": key, "kind": kind, "number": None, "alarms": [], "ports": ports}


def an_e1() -> dict[str, Any]:
    return card(E1, "pci", span(f"{E1}/1", "e1", *["bearer"] * 31))


def four_lines(*kinds: str) -> dict[str, Any]:
    return card(LINES, "pci", span(f"{LINES}/1", "mixed", *(kinds or ("fxo", "fxo", "fxs", "fxs"))))


async def file(connection: AsyncConnection, *cards: dict[str, Any]) -> TakenUp:
    return await take_up(connection, found({"cards": cards}))


async def there(pg: Pg, *cards: dict[str, Any]) -> Hardware:
    """The hardware after these were filed."""
    async with await pg.connect_async() as connection:
        await file(connection, *cards)
        return await hardware_store.read(connection)


def places(hardware: Hardware) -> dict[str, tuple[int, ...]]:
    spans = {one.key: (one.number, one.first_channel, one.last_channel) for one in hardware.spans}
    return spans | {f"line {one.line}": (one.channel,) for one in hardware.ports}


def body(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


def problems(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status in (409, 422), answer.body
    assert isinstance(answer.body, dict)
    return [(one["field"], one["code"]) for one in answer.body["fields"]["problems"]]


@pytest.mark.req("TEL-1")
async def test_card_that_comes_or_goes_changes_no_number_of_another(seeded: Pg) -> None:
    first = places(await there(seeded, four_lines()))
    assert first == {
        f"{LINES}/1": (1, 1, 4),
        **{f"line {n}": (n,) for n in (1, 2, 3, 4)},
    }
    both = await there(seeded, an_e1(), four_lines())
    assert places(both) == first | {f"{E1}/1": (2, 5, 35)}
    gone = await there(seeded, an_e1())
    assert places(gone) == places(both)
    assert [one.present for one in gone.cards] == [False, True]
    again = await there(seeded, an_e1(), four_lines())
    assert places(again) == places(both) and all(one.present for one in again.cards)


@pytest.mark.req("TEL-1")
async def test_filing_tells_whether_something_is_new_and_may_be_applied_alone(seeded: Pg) -> None:
    async with await seeded.connect_async() as connection:
        await connection.execute(
            "INSERT INTO generations (number, hash, state, made_by, settings) SELECT 1, 'x',"
            " 'current', 'test', version FROM company"
        )
        assert await file(connection, an_e1()) == TakenUp(changed=True, may_apply=True)
        assert await file(connection, an_e1()) == TakenUp(changed=False, may_apply=True)
        (there_is,) = await hardware_store.spans(connection)
        await hardware_store.save_span(connection, Author("test"), replace(there_is, crc4=True))
        waiting = await file(connection, an_e1(), four_lines())
    assert waiting == TakenUp(changed=True, may_apply=False)


@pytest.mark.req("TEL-1")
async def test_numbers_that_dahdi_gave_already_are_kept_if_they_are_free(seeded: Pg) -> None:
    """The kernel's local spans come with theirs."""
    local = card(
        "DYN/loc/1:0", "local", {**span("DYN/loc/1:0/1", "e1", *["bearer"] * 31, first=32)}
    )
    local["spans"][0]["number"] = 3
    hardware = await there(seeded, an_e1(), local)
    assert places(hardware) == {f"{E1}/1": (1, 1, 31), "DYN/loc/1:0/1": (3, 32, 62)}
    assert [one.timing for one in hardware.spans] == [1, 0]


@pytest.mark.req("TEL-1")
async def test_port_whose_module_was_exchanged_keeps_its_line_and_loses_what_it_cannot_be(
    seeded: Pg,
) -> None:
    await there(seeded, four_lines())
    async with await seeded.connect_async() as connection:
        await connection.execute("UPDATE ports SET extension = '8001' WHERE line = 3")
    port = (await there(seeded, four_lines("fxo", "fxo", "fxo", "fxs"))).ports[2]
    assert (port.line, port.kind, port.extension) == (3, "fxo", None)


@pytest.mark.req("TEL-3", "SET-3")
async def test_a_line_refuses_what_it_cannot_have(desk: Client, seeded: Pg) -> None:
    await there(seeded, an_e1(), four_lines())
    any_ = {"if_match": "*"}
    told = [
        problems(await desk.put("/api/spans/1", {"blocked": "3,17-40"}, **any_)),
        problems(await desk.put("/api/spans/2", {"trunk_id": 1}, **any_)),
        problems(await desk.put("/api/spans/1", {"trunk_id": 1}, **any_)),
        problems(await desk.put("/api/spans/1", {"trunk_id": 99}, **any_)),
        problems(await desk.put("/api/ports/1", {"extension": "8001"}, **any_)),
        problems(await desk.put("/api/ports/3", {"number": "4008001234"}, **any_)),
        problems(await desk.put("/api/ports/1", {"busy_pattern": "20,350"}, **any_)),
        problems(await desk.put("/api/ports/3", {"extension": "8999"}, **any_)),
        problems(await desk.put("/api/ports/3", {"impedance": 2}, **any_)),
        problems(await desk.put("/api/ports/1", {"impedance": 16}, **any_)),
        problems(await desk.post("/api/trunks", {"name": "x", "kind": "e1", "host": "192.0.2.1"})),
        problems(await desk.post("/api/trunks", {"name": "x"})),
    ]
    assert told == [
        [("blocked", "bad-form")],
        [("trunk_id", "not-of-this-line")],
        [("trunk_id", "trunk-not-e1")],
        [("trunk_id", "no-such-reference")],
        [("extension", "not-of-this-line")],
        [("number", "not-of-this-line")],
        [("busy_pattern", "busy-pattern-limits")],
        [("extension", "no-such-reference")],
        [("impedance", "not-of-this-line")],
        [("impedance", "too-large")],
        [("host", "not-of-this-line")],
        [("host", "missing")],
    ]
    for path in ("/api/spans/1", "/api/ports/1"):
        assert (await desk.delete(path, **any_)).status == 405


@pytest.mark.req("TEL-1", "TEL-3", "SET-3")
async def test_lines_are_set_in_one_draft_applied_and_undone(house: House, pages: Client) -> None:
    """Asterisk here has no DAHDI: it takes the rest, and complains of nothing. Who looks after the
    cards is told of each generation that wants something else of them."""
    told_boardd = await boardd(house)
    await there(house.pg, an_e1(), four_lines())
    spans = body(await pages.get("/api/spans"))["items"]
    ports = body(await pages.get("/api/ports"))["items"]
    draft = [
        {"what": "trunk", "after": {"name": "telecom", "kind": "e1"}, "ref": "new:1"},
        {"what": "trunk", "after": {"name": "lines", "kind": "analog"}, "ref": "new:2"},
        change("span", spans[0], trunk_id="new:1", crc4=True),
        change("port", ports[0], trunk_id="new:2", number="4008001234"),
        change("port", ports[2], extension="8004"),
    ]
    seen = body(await pages.post("/api/settings/preview", {"changes": draft}))
    assert seen["problems"] == []
    texts = {one["file"]: one["text"] for one in seen["difference"]}
    assert "+bchan=1-15,17-31" in texts["dahdi/system.conf"]
    assert "+setvar = LB_LINE_NUMBER=4008001234" in texts["asterisk/chan_dahdi.conf"]
    assert "-[8004]" in texts["pjsip.conf"]
    wrong = [*draft[:3], change("port", ports[0], trunk_id="new:2", number="55501234"), draft[4]]
    seen = body(await pages.post("/api/settings/preview", {"changes": wrong}))
    told = [(one["change"], one["field"], one["code"]) for one in seen["problems"]]
    assert told == [(3, "number", "line-number-unknown")]

    done = body(await pages.post("/api/settings/apply", {"changes": draft}))
    assert house.loaded() == 2 and told_boardd == [2]
    assert body(await pages.get(f"/api/spans/{spans[0]['id']}"))["crc4"] is True
    body(await pages.post("/api/settings/undo", {"log": done["log"]}))
    name = change("trunk", body(await pages.get("/api/trunks/1")), max_calls=20)
    body(await pages.post("/api/settings/apply", {"changes": [name]}))
    assert house.loaded() == 4 and told_boardd == [2, 3]
    assert body(await pages.get("/api/spans"))["items"] == spans
    assert body(await pages.get("/api/ports"))["items"] == ports
    assert len(body(await pages.get("/api/trunks"))["items"]) == 1


def change(what: str, row: dict[str, Any], **after: object) -> dict[str, Any]:
    kept = {name: row[name] for name in row if name in SETTABLE[what]}
    return {"what": what, "key": str(row["id"]), "etag": row["etag"], "after": {**kept, **after}}


async def boardd(house: House) -> list[int]:
    """The generations that it is told of."""
    told: list[int] = []

    async def apply(request: web.Request) -> web.Response:
        told.append((await request.json())["generation"])
        return web.json_response({"changed": [], "waits": [], "failed": []})

    app = web.Application()
    app.router.add_post("/apply", apply)
    folder = house.rig.folder / "sockets/boardd"
    folder.mkdir()
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(folder / "api.sock")).start()
    return told


SETTABLE = {
    "trunk": ("name", "host", "port"),
    "span": ("signalling", "crc4", "line_code", "timing", "blocked", "echo"),
    "port": ("caller_id", "hangup_busy", "busy_pattern", "flash", "echo"),
}


@pytest.mark.req("SET-3", "TEL-1")
async def test_a_file_changes_lines_and_neither_makes_nor_deletes_one(seeded: Pg) -> None:
    await there(seeded, an_e1(), four_lines())
    async with await seeded.connect_async() as connection:
        states = await document.states(connection)
    text = document.written(states, "en")
    assert "first_channel" not in text  # what the hardware is isn't set
    wanted = yaml.safe_load(text)
    wanted["spans"][0]["crc4"] = True
    wanted["ports"] = wanted["ports"][:1]
    less = yaml.safe_dump(wanted)
    plans = document.read(states, less).plans
    assert [(one.change.what, one.key) for one in plans] == [("span", "1")]
    wanted["ports"][0]["id"] = 99
    more = yaml.safe_dump(wanted)
    faults = document.read(states, more).faults
    assert [(one.path, one.code) for one in faults] == [("ports.0", "comes-by-itself")]
