"""The first-run wizard's API on a real PostgreSQL with the factory settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fixtures.postgres import Pg
from fixtures.webd import PASSWORD, SUPERVISOR, Client, agent, webd
from linebox.desks.installer import seed
from linebox.desks.setup import api as setup_api
from linebox.store.db import connect

pytestmark = pytest.mark.req("SET-1")

OWN = "lamp river 48 stone"


@pytest_asyncio.fixture
async def box(tmp_path: Path, pg: Pg, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """webd as on a box that was never set up; the owner is in by the setup code."""
    monkeypatch.setattr(setup_api, "hash_password", lambda text: f"scrypt$16$1$1$00$00{len(text)}")
    with connect() as connection:
        seed.seed(connection, exchange_host="10.88.0.20")
    async with webd(tmp_path, connect=pg.connect_async) as client:
        client.log_in()
        yield client


async def state(box: Client) -> dict[str, Any]:
    answer = await box.get("/api/setup")
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


async def ok(box: Client, path: str, body: object) -> Any:
    answer = await box.post(path, body)
    assert answer.status in (200, 201, 204), answer.body
    return answer.body


async def test_a_new_box_begins_at_the_first_step_and_shows_what_it_came_with(box: Client) -> None:
    told = await state(box)
    assert (told["step"], told["done"], told["left"], told["fresh"]) == (
        "language", False, False, True,
    )  # fmt: skip
    assert {one["state"] for one in told["steps"]} == {"open"}
    assert told["practice"] is True
    assert [one["number"] for one in told["people"]] == ["1001", "1002", "1003", "1004"]
    assert told["number"] == "4008001234"
    assert told["greeting"] == {"text_zh": "", "text_en": "", "file_zh": None, "file_en": None}
    assert told["hours"]["always"] is True
    assert {one["weekday"] for one in told["hours"]["hours"]} == {1, 2, 3, 4, 5}


async def test_it_goes_on_where_it_was_left_and_ends_with_the_last_step(box: Client) -> None:
    await ok(box, "/api/setup/steps/language", {"outcome": "done"})
    await ok(box, "/api/setup/steps/secret", {"outcome": "skipped"})
    assert (await state(box))["step"] == "company"
    await ok(box, "/api/setup/leave", None)
    assert (await state(box))["left"] is True
    await ok(box, "/api/setup/steps/lines", {"outcome": "open"})
    told = await state(box)
    assert (told["step"], told["left"]) == ("lines", False)
    await ok(box, "/api/setup/steps/done", {"outcome": "done"})
    told = await state(box)
    assert told["done"] is True
    steps = {one["name"]: one["state"] for one in told["steps"]}
    assert (steps["secret"], steps["done"], steps["call"]) == ("skipped", "done", "open")
    assert (await box.post("/api/setup/steps/lunch", {"outcome": "done"})).status == 422


async def test_the_wizard_is_administrators_and_the_password_the_owners(box: Client) -> None:
    await ok(box, "/api/setup/password", {"new_password": OWN})
    told = await state(box)
    assert told["fresh"] is False
    again = await box.post("/api/setup/password", {"new_password": OWN + "x"})
    assert (again.status, again.code) == (409, "owner-password-chosen")
    for person in (SUPERVISOR, agent(1001)):
        box.log_in(person)
        assert (await box.get("/api/setup")).code == "not-allowed"
    box.cookie = ""
    assert (await box.get("/api/setup")).status == 401
    assert (await box.post("/api/session", {"password": PASSWORD})).code == "wrong-password"
    assert (await box.post("/api/session", {"password": OWN})).status == 200


async def test_a_weak_password_is_refused_at_its_field(box: Client) -> None:
    answer = await box.post("/api/setup/password", {"new_password": "password12"})
    assert answer.problems() == {"new_password": "password-obvious"}
    assert (await state(box))["fresh"] is True


async def test_people_come_whole_and_are_told_once(box: Client, pg: Pg) -> None:
    wish = [
        {"number": "1005", "name": "李雷"},
        {"number": "1006", "name": "韩梅梅", "extension": "8006"},
    ]
    made = (await ok(box, "/api/setup/people", {"people": wish}))["items"]
    assert [one["number"] for one in made] == ["1005", "1006"]
    assert made[0]["secret"] == made[0]["pin"] == ""
    assert len(made[1]["secret"]) >= 24
    assert len(made[1]["pin"]) == 6
    told = await state(box)
    new = [one for one in told["people"] if not one["practice"]]
    assert [(one["number"], one["in_group"]) for one in new] == [("1005", True), ("1006", True)]
    assert {"number": "8006", "name": "韩梅梅"} in told["phones"]
    rows = pg.rows("SELECT login, role, must_change FROM accounts WHERE login LIKE '100_'")
    assert ("1005", "agent", True) in rows
    logged = str(pg.rows("SELECT before, after FROM settings_log"))
    assert made[1]["secret"] not in logged


async def test_a_number_that_is_taken_is_told_at_its_field_and_nobody_is_made(box: Client) -> None:
    wish = [
        {"number": "1005", "name": "李雷", "extension": "8001"},
        {"number": "1005", "name": "韩梅梅"},
        {"number": "1001", "name": "另一个"},
    ]
    refused = await box.post("/api/setup/people", {"people": wish})
    assert refused.problems() == {
        "people.0.extension": "already-exists",
        "people.1.number": "already-exists",
        "people.2.number": "already-exists",
    }
    assert len((await state(box))["people"]) == 4


async def test_practice_people_go_by_one_click_and_others_stay(box: Client, pg: Pg) -> None:
    await ok(box, "/api/setup/people", {"people": [{"number": "1005", "name": "李雷"}]})
    pg.rows("UPDATE agents SET name = '王建军' WHERE number = '1002' RETURNING 1")
    gone = await ok(box, "/api/setup/practice/remove", None)
    assert gone == {"agents": 3, "extensions": 4}
    told = await state(box)
    assert [one["number"] for one in told["people"]] == ["1002", "1005"]
    assert told["phones"] == []
    assert told["practice"] is False
    assert pg.rows("SELECT login FROM accounts ORDER BY 1") == [("1002",), ("1005",)]


async def test_group_greeting_and_hours_change_what_the_box_came_with(box: Client, pg: Pg) -> None:
    await ok(box, "/api/setup/people", {"people": [{"number": "1005", "name": "李雷"}]})
    group = {"name_zh": "前台", "name_en": "Front desk", "members": ["1005", "1001"]}
    await ok(box, "/api/setup/group", group)
    told = await state(box)
    assert told["group"]["name_zh"] == "前台"
    assert [one["number"] for one in told["people"] if one["in_group"]] == ["1001", "1005"]
    kept = pg.rows("SELECT agent FROM group_agents WHERE group_id = 2 ORDER BY agent")
    assert kept == [("1003",), ("1004",)]
    bad = await box.post("/api/setup/group", {**group, "members": ["7777"]})
    assert bad.problems() == {"members": "no-such-agent"}

    await ok(box, "/api/setup/greeting", {"text_zh": "您好，前台为您服务。", "text_en": ""})
    assert (await state(box))["greeting"] == {
        "text_zh": "您好，前台为您服务。",
        "text_en": "Thank you for calling Model Company.",
        "file_zh": None,
        "file_en": None,
    }
    hours = [{"weekday": 6, "opens": "10:00", "closes": "16:00"}]
    await ok(box, "/api/setup/hours", {"always": False, "hours": hours})
    told = await state(box)
    assert told["hours"] == {"always": False, "hours": hours}
    assert pg.rows("SELECT DISTINCT calendar_id FROM dids") == [(2,)]
    await ok(box, "/api/setup/hours", {"always": True, "hours": hours})
    assert (await state(box))["hours"] == {"always": True, "hours": hours}


@pytest.mark.parametrize(
    ("path", "body", "problems"),
    [
        ("greeting", {"text_zh": " ", "text_en": ""}, {"text_zh": "missing"}),
        ("hours", {"always": False, "hours": []}, {"hours": "too-few"}),
        (
            "hours",
            {"always": False, "hours": [{"weekday": 1, "opens": "18:00", "closes": "09:00"}]},
            {"hours.0.closes": "closes-before-opens"},
        ),
        ("people", {"people": []}, {"people": "too-few"}),
        ("people", {"people": [{"number": "12", "name": ""}]}, {"people.0.name": "missing", "people.0.number": "too-short"}),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_told_at_its_field(
    box: Client, path: str, body: dict[str, object], problems: dict[str, str]
) -> None:
    assert (await box.post(f"/api/setup/{path}", body)).problems() == problems


async def test_lines_are_listed_also_while_asterisk_cannot_be_asked(box: Client) -> None:
    told = await box.get("/api/setup/lines")
    assert isinstance(told.body, dict)
    (line,) = told.body["items"]
    assert (line["name"], line["answer_ms"], line["trial"]) == ("exchange", None, None)
    assert told.body["asked"] is False
    refused = await box.post("/api/trials", {"trunk": "exchange", "number": "10-10"})
    assert refused.problems() == {"number": "bad-form"}
    emergency = await box.post("/api/trials", {"trunk": "exchange", "number": "120"})
    assert emergency.problems() == {"number": "too-short"}
    away = await box.post("/api/trials", {"trunk": "exchange", "number": "13800000002"})
    assert (away.status, away.code) == (503, "calld-away")


async def test_the_carriers_line_takes_the_place_of_what_came_with_the_box(box: Client) -> None:
    before = (await box.get("/api/dids")).body["items"]
    met = next(one for one in before if one["number"] == "4008001234")
    trunk = (await box.get("/api/trunks")).body["items"][0]
    small = {"name": trunk["name"], "host": trunk["host"], "max_calls": 12}
    assert (await box.put(f"/api/trunks/{trunk['id']}", small, if_match="*")).status == 200
    given = {"host": "203.0.113.7", "port": 5080, "number": "0571-88661234"}
    refused = await box.post("/api/setup/carrier", given)
    assert refused.status == 422 and refused.body["fields"]["problems"][0]["field"] == "number"
    refused = await box.post(
        "/api/setup/carrier", given | {"host": "1.2.3", "number": "057188661234"}
    )
    assert refused.status == 422 and refused.body["fields"]["problems"][0]["field"] == "host"
    assert (await state(box))["number"] == "4008001234"

    await ok(box, "/api/setup/carrier", given | {"number": "057188661234"})
    assert (await state(box))["number"] == "057188661234"
    lines = (await box.get("/api/setup/lines")).body["items"]
    assert [(one["host"], one["port"]) for one in lines] == [("203.0.113.7", 5080)]
    trunk = (await box.get("/api/trunks")).body["items"][0]
    assert trunk["max_calls"] == 12
    after = (await box.get("/api/dids")).body["items"]
    same = ("name", "language", "calendar_id", "greeting_id", "destination")
    assert [one["number"] for one in after] == ["057188661234"]
    assert [after[0][key] for key in same] == [met[key] for key in same]
    await ok(box, "/api/setup/carrier", given | {"number": "057188661234"})
    assert (await state(box))["number"] == "057188661234"
