"""The screen pop and service records on a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures.postgres import Pg
from fixtures.webd import Client, agent

CALL = "s00000001-1.50"


@pytest.fixture
def past(house: Pg) -> Pg:
    """Three calls with one customer, the newest with 1002; one of somebody else; a menu."""
    for number, name in (("1001", "林晓燕"), ("1002", "周晓彤")):
        house.rows("INSERT INTO agents VALUES (%s, %s, %s, %s)", number, name, "0" * 16, "0" * 40)
    house.rows("INSERT INTO menus (name, prompt_id) VALUES ('主菜单', 1)")
    house.rows("INSERT INTO menu_options VALUES (1, '1', 'group', 1), (1, '2', 'selfservice', 0)")
    house.rows("INSERT INTO customers (name, made_by, updated_by) VALUES ('沈国平', 'x', 'x')")
    house.rows("INSERT INTO customer_numbers VALUES ('13900001111', 1, 0), ('057188001234', 1, 1)")
    for n, (direction, number, did, who) in enumerate(
        (
            ("in", "+8613900001111", "4008001234", "1001"),
            ("in", "057188001234", "4008001234", None),
            ("out", "1002", "13900001111", "1002"),
            ("in", "13900009999", "4008001234", "1001"),
        )
    ):
        house.rows(
            "INSERT INTO calls (id, start_id, direction, from_number, did, agent, group_id,"
            " started_at, ended_at, result) VALUES (%s, 's00000001', %s, %s, %s, %s, 1,"
            " now() - interval '1 day' + %s * interval '1 minute', now() - interval '1 day', %s)",
            f"s00000001-1.{n}",
            direction,
            number,
            did,
            who,
            n,
            "answered" if who else "abandoned",
        )
    return house


async def asked(api: Client, path: str) -> dict[str, Any]:
    answer = await api.get(path)
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


@pytest.mark.req("AGT-3")
async def test_the_pop_tells_card_history_last_agent_region_and_keys(
    api: Client, past: Pg, tmp_path: Path
) -> None:
    share = tmp_path / "usr/share/linebox"
    share.mkdir(parents=True)
    (share / "regions.csv").write_text("prefix,zh,en\n1390000,新疆乌鲁木齐市,Urumchi\n")
    past.rows("UPDATE customers SET level = 5")
    past.rows(
        "INSERT INTO follow_ups (call_id, number, kind, lost_at)"
        " VALUES ('s00000001-1.1', '057188001234', 'abandoned', now()),"
        " ('s00000001-1.3', '13900009999', 'abandoned', now())"
    )
    pop = await asked(api, f"/api/desk/pop?call={CALL}&from=%2B8613900001111&keys=1:1,1:2,1:9,x")
    assert [one["call"] for one in pop["open_follow_ups"]] == ["s00000001-1.1"]
    assert pop["region"] == {"zh": "新疆乌鲁木齐市", "en": "Urumchi"}
    assert (pop["vip"], pop["customer"]["name"]) == (5, "沈国平")
    assert [one["call"] for one in pop["history"]] == [f"s00000001-1.{n}" for n in (2, 1, 0)]
    assert (pop["last_agent"]["number"], pop["last_agent"]["name"]) == ("1002", "周晓彤")
    assert [(one["key"], one["label_zh"], one["label_en"]) for one in pop["path"]] == [
        ("1", "客服", "Service"),
        ("2", "自助查询", "Self service"),
        ("9", "", ""),
    ]


@pytest.mark.req("AGT-3")
@pytest.mark.parametrize("number", ["13800000000", "anonymous", "invalid"])
async def test_an_unknown_caller_pops_up_with_nothing_of_others(
    api: Client, past: Pg, number: str
) -> None:
    pop = await asked(api, f"/api/desk/pop?call={CALL}&from={number}")
    assert (pop["customer"], pop["history"], pop["last_agent"], pop["vip"]) == (None, [], None, 0)


@pytest.mark.req("AGT-3", "SEC-3")
async def test_an_agent_without_headers_pops_up_only_their_own_call(api: Client, past: Pg) -> None:
    api.log_in(agent("1001"))
    own = await asked(api, "/api/desk/pop?call=s00000001-1.0")
    assert own["number"] == "+8613900001111"
    assert own["customer"]["masked"]
    assert [one["own"] for one in own["history"]] == [False, False]
    assert (await api.get("/api/desk/pop?call=s00000001-1.2")).code == "not-found"


async def test_a_customers_history_goes_on_where_it_ended(api: Client, past: Pg) -> None:
    first = await asked(api, "/api/desk/history?customer=1&limit=2")
    assert ([one["call"][-1] for one in first["items"]], first["more"]) == (["2", "1"], True)
    before = first["items"][-1]["started_at"]
    rest = await asked(api, f"/api/desk/history?customer=1&limit=2&before={before}")
    assert ([one["call"][-1] for one in rest["items"]], rest["more"]) == (["0"], False)
    number = await asked(api, "/api/desk/history?number=8613900009999")
    assert [one["call"][-1] for one in number["items"]] == ["3"]


async def put(api: Client, call: str, **record: Any) -> Any:
    return await api.put(f"/api/calls/{call}/service-record", record, None)


@pytest.mark.req("AGT-9", "AGT-3")
async def test_a_half_filled_record_travels_to_the_next_agent(api: Client, past: Pg) -> None:
    api.log_in(agent("1001"))
    begun = await put(api, CALL, category=6, note="主卧不热", seen=0)
    assert begun.status == 200, begun.body
    api.log_in(agent("1002"))
    there = await asked(api, f"/api/calls/{CALL}/service-record")
    assert (there["note"], there["by"], there["draft"]) == ("主卧不热", "林晓燕", True)
    done = await put(
        api, CALL, category=7, outcome="solved", note="已修好", draft=False, seen=there["version"]
    )
    assert done.body["overwrote"] is None
    api.log_in(agent("1001"))
    late = await put(
        api, CALL, category=6, outcome="solved", note="晚了", seen=begun.body["version"]
    )
    assert late.status == 200, late.body
    assert (late.body["overwrote"]["by"], late.body["overwrote"]["note"]) == ("周晓彤", "已修好")
    assert not late.body["draft"]


@pytest.mark.req("AGT-9")
async def test_a_finished_record_needs_what_it_was_about_and_how_it_ended(
    api: Client, past: Pg
) -> None:
    assert (await put(api, CALL, draft=False)).problems() == {
        "category": "missing",
        "outcome": "missing",
    }
    assert (await put(api, CALL, category=9999)).problems() == {"category": "no-such-reference"}
    api.log_in(agent("1001"))
    assert (await put(api, "s00000001-1.2", note="不是我的")).code == "not-found"
    assert (await put(api, "s00000001-1.0", note="我的")).status == 200


@pytest.mark.req("AGT-9")
async def test_a_record_stands_in_the_customers_history(api: Client, past: Pg) -> None:
    await put(api, "s00000001-1.0", category=6, outcome="follow-up", note="约明天", draft=False)
    history = await asked(api, "/api/desk/history?customer=1")
    record = history["items"][-1]["record"]
    assert (record["outcome"], record["note"], record["draft"]) == ("follow-up", "约明天", False)
    assert record["category_zh"].startswith("咨询 · ")


@pytest.mark.req("AGT-9")
async def test_categories_are_changed_and_used_ones_only_hidden(api: Client, past: Pg) -> None:
    tree = await asked(api, "/api/service-categories")
    assert [one["name_zh"] for one in tree["items"]] == ["咨询", "业务办理", "投诉", "建议", "其他"]
    used = tree["items"][0]["children"][0]["id"]
    await put(api, CALL, category=used, outcome="solved", draft=False)
    kept = [
        {**tree["items"][1], "name_zh": "办理", "children": []},
        {"name_zh": "报修", "name_en": "Repair", "children": [{"name_zh": "急", "name_en": "Now"}]},
    ]
    changed = await api.put("/api/service-categories", {"items": kept}, tree["etag"])
    assert changed.status == 200, changed.body
    assert isinstance(changed.body, dict)
    assert [one["name_zh"] for one in changed.body["items"]] == ["办理", "报修"]
    left = past.rows("SELECT id FROM service_categories WHERE hidden ORDER BY id")
    assert left == [(tree["items"][0]["id"],), (used,)]
    assert (await asked(api, f"/api/calls/{CALL}/service-record"))["category"] == used
    api.log_in(agent("1001"))
    assert (await api.put("/api/service-categories", {"items": kept}, "*")).code == "not-allowed"
