"""Customers' cards on a real database: found, changed, masked by role, taken in and given out."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from fixtures.postgres import Pg
from fixtures.webd import SUPERVISOR, Answer, Client, agent
from linebox.features.customers.model import plain

type Row = dict[str, Any]


@pytest.fixture
def staff(house: Pg) -> Pg:
    for number, name in (("1001", "林晓燕"), ("1002", "周晓彤")):
        house.rows("INSERT INTO agents VALUES (%s, %s, %s, %s)", number, name, "0" * 16, "0" * 40)
    return house


async def made(api: Client, **card: Any) -> Row:
    answer = await api.post("/api/customers", {"name": "沈国平", **card})
    assert answer.status == 201, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


async def names(api: Client, query: str) -> list[str]:
    answer = await api.get(f"/api/customers?{query}")
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    assert answer.body["total"] >= len(answer.body["items"])
    return [one["name"] for one in answer.body["items"]]


def body(card: Row, **changes: Any) -> Row:
    kept = ("name", "company", "level", "note", "owner", "numbers", "fields")
    return {**{name: card[name] for name in kept}, **changes}


@pytest.mark.req("CRM-1")
async def test_a_card_is_made_read_changed_and_deleted(api: Client, staff: Pg) -> None:
    card = await made(
        api, numbers=["139 0000 1111", "+86 571 8800 1234"], level=3, owner="1001", note="怕冷"
    )
    assert card["numbers"] == ["13900001111", "057188001234"]
    assert (card["owner_name"], card["masked"], card["made_by"]) == ("林晓燕", False, "owner")
    path = f"/api/customers/{card['id']}"
    changed = await api.put(path, body(card, name="沈国平先生", numbers=[]), card["etag"])
    assert changed.status == 200, changed.body
    again = await api.get(path)
    assert again.body == changed.body
    late = await api.put(path, body(card), card["etag"])
    assert late.code == "changed-by-other"
    assert isinstance(again.body, dict)
    assert (await api.delete(path, again.body["etag"])).status == 204
    assert (await api.get(path)).code == "not-found"


@pytest.mark.req("CRM-3")
async def test_a_number_that_another_card_has_tells_which(api: Client, staff: Pg) -> None:
    first = await made(api, numbers=["13900001111"])
    second = await made(api, name="王芳", numbers=["13900002222"])
    refused = await api.put(
        f"/api/customers/{second['id']}",
        body(second, numbers=["13900002222", "+86 139 0000 1111"]),
        second["etag"],
    )
    assert (refused.status, refused.code) == (409, "number-on-card")
    assert isinstance(refused.body, dict)
    assert refused.body["fields"]["customer_id"] == first["id"]
    assert "沈国平" in refused.body["zh"]


@pytest.mark.req("CRM-1")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=沈", ["沈国平"]),
        ("text=国平", ["沈国平"]),
        ("text=王 热力", ["王芳"]),
        ("text=不热", ["沈国平"]),
        ("text=3301", ["王芳"]),
        ("text=139 0000 1111", ["沈国平"]),
        ("text=2222", ["王芳"]),
        ("text=LI", ["Li Lei"]),
        ("text=没有这样的", []),
        ("text=%25", []),
        ("min_level=2", ["王芳"]),
        ("owner=1001", ["沈国平"]),
        ("sort=name", ["沈国平", "王芳", "Li Lei"]),
        ("sort=level", ["王芳", "Li Lei", "沈国平"]),
        ("sort=company", ["王芳", "沈国平", "Li Lei"]),
        ("sort=name&limit=1&page=2", ["王芳"]),
    ],
)
async def test_cards_are_found_by(api: Client, staff: Pg, query: str, found: list[str]) -> None:
    staff.rows("INSERT INTO customer_fields VALUES ('f1', 0, '户号', 'Account', 'text')")
    await made(api, numbers=["13900001111"], note="主卧不热", owner="1001")
    await made(
        api,
        name="王芳",
        company="云河热力",
        level=5,
        numbers=["13900002222"],
        fields=[{"key": "f1", "value": "3301 0281"}],
    )
    await made(api, name="Li Lei")
    assert await names(api, query) == found


@pytest.mark.req("CRM-7", "SEC-3")
async def test_an_agent_sees_whole_numbers_only_of_customers_they_work_with(
    api: Client, staff: Pg
) -> None:
    own = await made(api, name="自己的", numbers=["13900001111"], owner="1001")
    other = await made(api, name="别人的", numbers=["13900002222", "13900003333"])
    api.log_in(agent("1001"))

    async def seen(card: Row) -> tuple[list[str], bool]:
        answer = await api.get(f"/api/customers/{card['id']}")
        assert isinstance(answer.body, dict)
        return answer.body["numbers"], answer.body["masked"]

    assert await seen(own) == (["13900001111"], False)
    assert await seen(other) == (["139****2222", "139****3333"], True)
    staff.rows(
        "INSERT INTO calls (id, start_id, direction, from_number, started_at, result, agent)"
        " VALUES ('s00000001-1.1', 's00000001', 'in', '+8613900003333', now(), 'open', '1001')"
    )
    assert await seen(other) == (["13900002222", "13900003333"], False)
    staff.rows("UPDATE calls SET ended_at = now() - interval '16 minutes', result = 'answered'")
    assert (await seen(other))[1]
    assert await names(api, "text=2222") == ["别人的"]
    assert await names(api, "text=13900002222") == ["别人的"]
    assert await names(api, "text=0000222") == []
    assert (await api.get("/api/customers/export")).code == "not-allowed"
    assert (await api.delete(f"/api/customers/{other['id']}", "*")).code == "not-allowed"


@pytest.mark.req("CRM-7")
async def test_an_agent_keeps_masked_numbers_and_gives_no_vip_level(api: Client, staff: Pg) -> None:
    card = await made(api, numbers=["13900002222"], level=2)
    api.log_in(agent("1001"))
    path = f"/api/customers/{card['id']}"
    shown = (await api.get(path)).body
    assert isinstance(shown, dict)
    kept = await api.put(path, body(shown, name="改了"), shown["etag"])
    assert kept.status == 200, kept.body
    assert staff.rows("SELECT number FROM customer_numbers") == [("13900002222",)]
    assert isinstance(kept.body, dict)
    tag = kept.body["etag"]
    raised = await api.put(path, body(shown, level=9, owner="1001"), tag)
    assert raised.problems() == {"level": "for-supervisors", "owner": "for-supervisors"}
    unread = await api.put(path, body(shown, numbers=["138****2222"]), tag)
    assert unread.problems() == {"numbers.0": "not-a-phone-number"}


@pytest.mark.req("CRM-1")
async def test_fields_of_the_business_are_defined_filled_and_taken_away(
    api: Client, staff: Pg
) -> None:
    at = (await api.get("/api/customer-fields")).headers["ETag"].strip('"')
    wanted = [
        {"name_zh": "户号", "name_en": "Account"},
        {"name_zh": "等级", "name_en": "Tier", "kind": "choice", "choices": ["金", "银"]},
        {"name_zh": "生日", "name_en": "Birthday", "kind": "date"},
    ]
    defined = await api.put("/api/customer-fields", {"items": wanted}, at)
    assert defined.status == 200, defined.body
    assert isinstance(defined.body, dict)
    account, tier, birthday = (one["key"] for one in defined.body["items"])
    wrong = await api.post(
        "/api/customers",
        {
            "name": "x",
            "fields": [
                {"key": tier, "value": "铜"},
                {"key": birthday, "value": "明天"},
                {"key": "f999", "value": "1"},
            ],
        },
    )
    assert wrong.problems() == {
        "fields.0.value": "not-a-choice",
        "fields.1.value": "not-a-date",
        "fields.2.value": "unknown-field",
    }
    card = await made(
        api,
        fields=[{"key": account, "value": "3301"}, {"key": birthday, "value": "1980/5/6"}],
    )
    assert {"key": birthday, "value": "1980-05-06"} in card["fields"]
    fewer = [one for one in defined.body["items"] if one["key"] != birthday]
    changed = await api.put("/api/customer-fields", {"items": fewer}, defined.body["etag"])
    assert changed.status == 200, changed.body
    left = (await api.get(f"/api/customers/{card['id']}")).body
    assert isinstance(left, dict)
    assert left["fields"] == [{"key": account, "value": "3301"}]
    kinds = [{**one, "kind": "text", "choices": []} for one in fewer]
    assert isinstance(changed.body, dict)
    refused = await api.put("/api/customer-fields", {"items": kinds}, changed.body["etag"])
    assert refused.problems() == {"items.1.kind": "kind-stays"}
    api.log_in(SUPERVISOR)
    assert (await api.put("/api/customer-fields", {"items": []}, "*")).code == "not-allowed"


async def take(api: Client, columns: list[str], rows: list[list[str]], *, dry: bool) -> Answer:
    return await api.post(
        "/api/customers/import", {"columns": columns, "rows": rows, "first_row": 2, "dry": dry}
    )


@pytest.mark.req("CRM-1")
async def test_rows_are_rehearsed_then_taken_in_and_bad_ones_told(api: Client, staff: Pg) -> None:
    old = await made(api, note="留着", numbers=["13900001111"])
    await made(api, name="王芳", numbers=["13900009999"])
    columns = ["name", "numbers", "", "level", "owner"]
    rows = [
        ["沈国平", "\t139 0000 1111; 0571-88001234", "skip", "4", ""],
        ["李雷", "13800000001", "", "", "1001 林晓燕"],
        ["韩梅", "1.39E+10", "", "12", "9999"],
        ["", "13800000009", "", "", ""],
        ["两张", "13900001111/13900009999", "", "", ""],
        ["李雷雷", "13800000001", "", "", ""],
    ]
    said = {
        "made": 1,
        "changed": 2,
        "same": 0,
        "bad": {4: {"numbers", "level", "owner"}, 5: {"name"}, 6: {"numbers"}},
    }
    for dry in (True, False):
        answer = await take(api, columns, rows, dry=dry)
        assert answer.status == 200, answer.body
        assert isinstance(answer.body, dict)
        bad = {one["row"]: {p["field"] for p in one["problems"]} for one in answer.body["bad"]}
        assert {**answer.body, "bad": bad} == said
        assert len(await names(api, "")) == (2 if dry else 3)
    card = (await api.get(f"/api/customers/{old['id']}")).body
    assert isinstance(card, dict)
    assert card["numbers"] == ["13900001111", "057188001234"]
    assert (card["level"], card["note"]) == (4, "留着")
    assert await names(api, "text=13800000001") == ["李雷雷"]
    again = await take(api, columns, rows[:1], dry=False)
    assert isinstance(again.body, dict)
    assert (again.body["same"], again.body["changed"]) == (1, 0)
    assert (await take(api, ["name", "f7"], [["x", "y"]], dry=True)).problems() == {
        "columns.1": "column-unknown"
    }


@pytest.mark.req("CRM-1")
async def test_what_is_exported_is_read_by_excel_and_taken_in_again(api: Client, staff: Pg) -> None:
    staff.rows("INSERT INTO customer_fields VALUES ('f1', 0, '户\"号', 'Account', 'text')")
    await made(
        api,
        name='=HYPERLINK("x")',
        company='逗号, 引号"',
        numbers=["13900001111", "+12125551234"],
        note="两\n行",
        level=3,
        fields=[{"key": "f1", "value": "-3301"}],
    )
    answer = await api.get("/api/customers/export?language=zh")
    assert answer.headers["Content-Type"] == "text/csv"
    assert isinstance(answer.body, bytes)
    assert answer.body.startswith("\ufeff".encode())
    head, row = csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""))
    assert head == ["姓名", "单位", "电话", "VIP 等级", "备注", "归属坐席", '户"号']
    assert row[0].startswith("\t=")
    assert row[2] == "\t13900001111; +12125551234"
    assert row[6] == "\t-3301"
    columns = ["name", "company", "numbers", "level", "note", "owner", "f1"]
    again = await take(api, columns, [row], dry=True)
    assert isinstance(again.body, dict)
    assert again.body == {"made": 0, "changed": 0, "same": 1, "bad": []}


@pytest.mark.req("IVR-3")
async def test_a_callers_level_is_the_higher_of_list_and_card(api: Client, staff: Pg) -> None:
    card = await made(api, numbers=["13900001111"], level=4)

    def level(number: str) -> str:
        return str(staff.rows("SELECT ast.caller_level(%s)", number)[0][0])

    assert level("+8613900001111") == "4"
    staff.rows("INSERT INTO number_lists (number, list, level) VALUES ('13900001111', 'vip', 6)")
    assert level("013900001111") == "6"
    await api.put(f"/api/customers/{card['id']}", body(card, level=9), card["etag"])
    assert level("13900001111") == "9"
    assert level("13900002222") == ""


@pytest.mark.parametrize(
    "number",
    [
        "+8613900001111",
        "0086571 8800".replace(" ", "") + "1234",
        "861012345678",
        "8001",
        "4008001234",
        "+12125551234",
        "057188001234",
        "013900001111",
    ],
)
def test_the_database_and_the_program_keep_numbers_alike(pg: Pg, number: str) -> None:
    assert pg.rows("SELECT card_number(%s)", number) == [(plain(number),)]
    spelled = pg.rows("SELECT number_spellings(card_number(%s))", number)[0][0]
    assert number in spelled
    assert {plain(one) for one in spelled} == {plain(number)}


async def test_a_deleted_agents_customers_stay_without_an_owner(api: Client, staff: Pg) -> None:
    card = await made(api, owner="1002")
    assert (await api.delete("/api/agents/1002", "*")).status == 204
    left = (await api.get(f"/api/customers/{card['id']}")).body
    assert isinstance(left, dict)
    assert left["owner"] is None
    assert (await api.post("/api/customers", {"name": "x", "owner": "7777"})).problems() == {
        "owner": "no-such-reference"
    }
