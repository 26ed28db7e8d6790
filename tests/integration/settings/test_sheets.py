"""Extensions, agents and lists as tables: read, previewed, bad rows told, taken in (SET-3)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fixtures.house import House
from fixtures.postgres import Pg
from fixtures.webd import Client
from linebox.desks.settings import workbook

GBK = "号码,名单,备注,有效期至\n13900002222,黑名单,骚扰,2026-12-31\n".encode("gb18030")


async def read(desk: Client, what: str, file: bytes) -> dict[str, Any]:
    answer = await desk.post(
        "/api/settings/sheets/read", {"what": what, "file": base64.b64encode(file).decode()}
    )
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


async def take(desk: Client, what: str, **body: object) -> dict[str, Any]:
    answer = await desk.post(f"/api/settings/sheets/{what}", body)
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


@pytest.mark.req("SET-3")
async def test_tables_of_excel_in_china_are_read(desk: Client) -> None:
    csv = await read(desk, "number", GBK)
    assert csv["columns"] == ["number", "list", "note", "until"]
    assert csv["rows"] == [["13900002222", "黑名单", "骚扰", "2026-12-31"]]

    xlsx = workbook.as_xlsx(
        [["工号", "姓名", "技能组", "备用"], ["1010", "张三", "客服;2:3", "x"]], "a"
    )
    agents = await read(desk, "agent", xlsx)
    assert agents["columns"] == ["number", "name", "groups", ""]
    assert agents["rows"] == [["1010", "张三", "客服;2:3", "x"]]


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"PK\x03\x04 no zip", "sheet-unreadable"),
        (b"\xff\xff\x00\x00\xfa", "sheet-unreadable"),
        (b"\n\n", "sheet-empty"),
        (b"a\n" + b"1\n" * 20_005, "sheet-too-long"),
    ],
)
async def test_what_is_no_table_is_refused(desk: Client, file: bytes, code: str) -> None:
    answer = await desk.post(
        "/api/settings/sheets/read", {"what": "agent", "file": base64.b64encode(file).decode()}
    )

    assert (answer.status, answer.code) == (422, code)


@pytest.mark.req("SET-3")
async def test_bad_rows_are_told_with_their_reasons(desk: Client, seeded: Pg) -> None:
    taken = await take(
        desk,
        "agent",
        columns=["number", "name", "groups", "pin", "language"],
        rows=[
            ["1001", "林晓燕改", "", "", ""],
            ["1002", "", "", "", ""],
            ["1010", "张三", "客服；投诉:2", "", "英文"],
            ["12", "短", "", "", ""],
            ["1011", "", "没有这个组", "", ""],
            ["1012", "李四", "", "12", ""],
            ["1010", "又来", "", "", ""],
            ["", "没有工号", "", "", ""],
        ],
        first_row=2,
        dry=True,
    )

    assert (taken["made"], taken["changed"], taken["same"]) == (1, 1, 1)
    bad = {one["row"]: [(p["field"], p["code"]) for p in one["problems"]] for one in taken["bad"]}
    assert bad == {
        5: [("number", "too-short")],
        6: [("groups", "no-such-group")],
        7: [("pin", "too-short")],
        8: [("number", "given-twice")],
        9: [("number", "missing")],
    }
    new = next(one for one in taken["changes"] if one["key"] == "1010")
    assert new["after"]["memberships"] == [
        {"group_id": 1, "penalty": 0},
        {"group_id": 2, "penalty": 2},
    ]
    assert all(p["zh"] and p["en"] for one in taken["bad"] for p in one["problems"])
    assert seeded.rows("SELECT count(*) FROM settings_log") == [(0,)]


@pytest.mark.req("SET-3")
async def test_a_table_is_taken_in_and_in_effect(house: House, pages: Client) -> None:
    numbers = [[str(13_700_000_000 + n), "VIP", str(n % 9 + 1)] for n in range(3000)]
    body = {"columns": ["number", "list", "level"], "rows": numbers, "first_row": 2}
    dry = await take(pages, "number", **body, dry=True)
    assert (dry["made"], dry["bad"]) == (3000, [])
    assert len(dry["changes"]) == 200

    done = await take(pages, "number", **body, dry=False, seen=dry["seen"])

    assert done["applied"]["generation"] == 2
    assert len(done["applied"]["log"]) == 3000
    found = house.rig.asterisk(f"dialplan show 13700000007@lb-vip-{house.rig.loaded().split()[1]}")
    assert "Return(8)" in found
    refused = await pages.post(
        "/api/settings/sheets/number", {**body, "dry": False, "seen": dry["seen"]}
    )
    assert (refused.status, refused.code) == (412, "changed-by-other")
    people = {"columns": ["number", "name", "groups"], "rows": [["1010", "张三", "客服"]]}
    dry = await take(pages, "agent", **people, dry=True)
    done = await take(pages, "agent", **people, dry=False, seen=dry["seen"])
    assert set(done["applied"]["made"][0]["told"]) == {"pin", "password"}
    back = await pages.post("/api/settings/undo", {"act": done["applied"]["act"]})
    assert back.status == 200, back.body
    assert house.pg.rows("SELECT count(*) FROM agents WHERE number = '1010'") == [(0,)]
    assert house.pg.rows("SELECT count(*) FROM number_lists WHERE number ~ '^137'") == [(3000,)]


@pytest.mark.req("SET-3", "SEC-1")
async def test_note_that_looks_like_a_formula_stays_a_note(desk: Client, seeded: Pg) -> None:
    seeded.rows("INSERT INTO number_lists VALUES ('+8613900004444', 'vip', 7, '=1+1', NULL)")

    answer = await desk.get("/api/settings/sheets/number/template.csv?filled=true&language=en")

    assert isinstance(answer.body, bytes)
    assert b"\t=1+1" in answer.body and b",=1+1" not in answer.body
    table = await read(desk, "number", answer.body)
    at = table["columns"].index("number"), table["columns"].index("note")
    assert ["+8613900004444", "=1+1"] in [[row[n] for n in at] for row in table["rows"]]


@pytest.mark.req("SET-3")
@pytest.mark.parametrize("what", ["extension", "agent", "number"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_what_there_is_goes_out_and_comes_in_the_same(
    desk: Client, seeded: Pg, what: str, form: str
) -> None:
    seeded.rows(
        "INSERT INTO number_lists VALUES ('+8613900003333', 'vip', 7, '老客户', '2026-12-31T16:00Z'),"
        " ('0571880055', 'black', 1, '', NULL)"
    )
    answer = await desk.get(f"/api/settings/sheets/{what}/template.{form}?filled=true&language=en")
    assert isinstance(answer.body, bytes)
    table = await read(desk, what, answer.body)
    assert "" not in table["columns"]

    taken = await take(
        desk, what, columns=table["columns"], rows=table["rows"], first_row=table["first_row"]
    )

    assert (taken["made"], taken["changed"], taken["bad"]) == (0, 0, [])
    assert taken["same"] == len(table["rows"]) > 0
