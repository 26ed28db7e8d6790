"""Settings over HTTP on a real database: saved whole, never overwritten unseen, secrets kept in."""

from __future__ import annotations

import hashlib
import json

import pytest

from fixtures.postgres import Pg
from fixtures.webd import Answer, Client

GROUP = {"name_zh": "售后", "name_en": "After sales", "overflow": {"kind": "voicemail"}}
MENU = {
    "name": "main",
    "prompt_id": 1,
    "fallback": {"kind": "hangup"},
    "options": [{"key": "1", "kind": "group", "target": 1}, {"key": "0", "kind": "repeat"}],
}
CALENDAR = {
    "name": "office",
    "hours": [{"weekday": 1, "opens": "09:00", "closes": "12:00"}],
    "days": [{"day": "2027-01-01", "is_open": False, "name": "元旦"}],
}
#: Path, a new one's body, what PUT may carry of it, a change, a body that the database refuses.
KINDS = [
    ("trunks", {"name": "main", "host": "192.0.2.1"}, {}, {"max_calls": 60}),
    ("calendars", CALENDAR, {}, {"always_open": True}),
    ("prompts", {"name": "hi", "text_zh": "你好\n再见"}, {}, {"speed": 1.2}),
    ("groups", GROUP, {}, {"ring_s": 30}),
    ("menus", MENU, {}, {"tries": 5}),
    (
        "agents",
        {"number": "1001", "name": "林晓燕", "pin": "1234", "memberships": [{"group_id": 1}]},
        {"number", "pin"},
        {"name": "王思远"},
    ),
    (
        "dids",
        {"number": "4008001234", "calendar_id": 1, "destination": {"kind": "group", "target": 1}},
        {"number"},
        {"name": "热线"},
    ),
    (
        "number-lists",
        {"number": "+8613900001111", "list": "black", "note": "骚扰", "until": None},
        {"number"},
        {"list": "vip", "level": 3},
    ),
    ("extensions", {"number": "8001", "name": "前台"}, {"number"}, {"name": "二楼"}),
]


def row(answer: Answer, status: int = 200) -> dict[str, object]:
    assert answer.status == status, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


def key_of(made: dict[str, object]) -> object:
    return made.get("number", made.get("id"))


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("kind", "new", "only_new", "change"), KINDS, ids=[one[0] for one in KINDS]
)
async def test_a_setting_lives_through_its_life(
    api: Client, kind: str, new: dict[str, object], only_new: set[str], change: dict[str, object]
) -> None:
    made = row(await api.post(f"/api/{kind}", new), 201)
    path = f"/api/{kind}/{key_of(made)}"
    got = await api.get(path)
    assert row(got)["etag"] == made["etag"]
    assert got.headers["ETag"] == f'"{made["etag"]}"'
    listed = row(await api.get(f"/api/{kind}"))["items"]
    assert isinstance(listed, list)
    assert row(got) in listed

    body = {name: value for name, value in new.items() if name not in only_new} | change
    changed = row(await api.put(path, body, if_match=str(made["etag"])))
    assert changed["etag"] != made["etag"]
    assert {name: changed[name] for name in change} == change

    assert (await api.put(path, body, if_match=str(made["etag"]))).code == "changed-by-other"
    assert (await api.put(path, body, if_match=None)).code == "precondition-missing"
    assert (await api.delete(path, if_match=str(made["etag"]))).status == 412
    assert (await api.delete(path, if_match=f'"{changed["etag"]}"')).status == 204
    assert (await api.get(path)).code == "not-found"
    assert (await api.put(path, body, if_match="*")).status == 404
    assert (await api.delete(path, if_match="*")).status == 404

    log = row(await api.get("/api/settings-log?limit=10"))["items"]
    assert isinstance(log, list)
    assert [one["before"] is None for one in log] == [False, False, True]
    assert [one["after"] is None for one in log] == [True, False, False]
    assert {one["made_by"] for one in log} == {"owner"}


@pytest.mark.parametrize("kind", ["agents", "dids", "number-lists", "extensions"])
async def test_a_number_can_t_be_made_twice(api: Client, kind: str) -> None:
    new = next(one[1] for one in KINDS if one[0] == kind)
    row(await api.post(f"/api/{kind}", new), 201)
    again = await api.post(f"/api/{kind}", new)
    assert (again.status, again.code) == (409, "already-exists")


@pytest.mark.req("SEC-2")
async def test_an_extension_s_secret_is_told_once(api: Client) -> None:
    made = row(await api.post("/api/extensions", {"number": "8001"}), 201)
    secret = str(made["secret"])
    assert len(secret) == 24
    for path in ("/api/extensions", "/api/extensions/8001", "/api/settings-log"):
        assert secret not in json.dumps((await api.get(path)).body)
    changed = row(await api.put("/api/extensions/8001", {"name": "x"}, if_match=str(made["etag"])))
    assert "secret" not in changed
    renewed = row(
        await api.ask("POST", "/api/extensions/8001/secret", if_match=str(changed["etag"]))
    )
    assert renewed["secret"] != secret
    late = await api.ask("POST", "/api/extensions/8001/secret", if_match=str(changed["etag"]))
    assert late.code == "changed-by-other"


@pytest.mark.req("AGT-1")
async def test_a_pin_is_kept_as_a_salted_hash_and_never_told(api: Client, house: Pg) -> None:
    body = {"number": "1001", "name": "林", "pin": "246813"}
    made = row(await api.post("/api/agents", body), 201)
    assert "246813" not in json.dumps(made)
    kept = _pin(house)
    assert hashlib.sha1(f"{kept[0]}246813".encode()).hexdigest() == kept[1]

    same = row(await api.put("/api/agents/1001", {"name": "林"}, if_match=str(made["etag"])))
    assert _pin(house) == kept
    other = {"name": "林", "pin": "5555"}
    row(await api.put("/api/agents/1001", other, if_match=str(same["etag"])))
    assert _pin(house) != kept
    log = json.dumps((await api.get("/api/settings-log")).body)
    assert kept[1] not in log
    assert kept[0] not in log


def _pin(house: Pg) -> tuple[str, str]:
    ((salt, hash_),) = house.rows("SELECT pin_salt, pin_hash FROM agents")
    return salt, hash_


@pytest.mark.parametrize(
    ("path", "body", "problems"),
    [
        ("agents", {"number": "1001", "name": "林"}, {"pin": "missing"}),
        ("agents", {"number": "1001", "name": "林", "pin": "123"}, {"pin": "too-short"}),
        ("agents", {"number": "0001", "name": "林", "pin": "1234"}, {"number": "bad-form"}),
        (
            "agents",
            {
                "number": "1001",
                "name": "林",
                "pin": "1234",
                "memberships": [{"group_id": 1}, {"group_id": 1}],
            },
            {"memberships.1.group_id": "given-twice"},
        ),
        ("groups", GROUP | {"announce_s": 5}, {"announce_s": "too-small"}),
        ("groups", GROUP | {"overflow": {"kind": "repeat"}}, {"overflow.kind": "not-a-choice"}),
        (
            "menus",
            MENU | {"options": [{"key": "1", "kind": "hangup"}] * 2},
            {"options.1.key": "given-twice"},
        ),
        ("trunks", {"name": "a", "host": "999.1.1.1"}, {"host": "bad-form"}),
        ("trunks", {"name": "a", "host": "carrier.example"}, {"host": "bad-form"}),
        ("prompts", {"name": "a", "text_zh": " \n"}, {"text_zh": "missing"}),
        (
            "calendars",
            CALENDAR | {"hours": [{"weekday": 1, "opens": "22:00", "closes": "06:00"}]},
            {"hours.0.closes": "closes-before-opens"},
        ),
        (
            "calendars",
            CALENDAR
            | {
                "hours": [
                    {"weekday": 2, "opens": "09:00", "closes": "12:00"},
                    {"weekday": 2, "opens": "11:00", "closes": "13:00"},
                ]
            },
            {"hours.1.opens": "hours-overlap"},
        ),
        (
            "calendars",
            CALENDAR | {"days": [{"day": "2027-01-01", "is_open": True}] * 2},
            {"days.1.day": "given-twice"},
        ),
    ],
)
async def test_what_only_the_feature_can_see_is_told_at_its_field(
    api: Client, path: str, body: dict[str, object], problems: dict[str, str]
) -> None:
    answer = await api.post(f"/api/{path}", body)
    assert answer.status == 422, answer.body
    assert answer.problems() == problems


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("menus", MENU | {"prompt_id": 999}, 422),
        (
            "dids",
            {"number": "4008001234", "calendar_id": 99, "destination": {"kind": "hangup"}},
            422,
        ),
        (
            "agents",
            {"number": "1001", "name": "林", "pin": "1234", "memberships": [{"group_id": 99}]},
            422,
        ),
        ("calendars", CALENDAR | {"name": "24 h"}, 409),
    ],
)
async def test_the_database_s_refusals_are_told(
    api: Client, path: str, body: dict[str, object], status: int
) -> None:
    answer = await api.post(f"/api/{path}", body)
    assert (answer.status, bool(answer.code)) == (status, True), answer.body


async def test_a_reference_that_leads_nowhere_is_told_at_its_field(api: Client) -> None:
    answer = await api.post("/api/menus", MENU | {"prompt_id": 999})
    assert answer.problems() == {"prompt_id": "no-such-reference"}


async def test_what_is_in_use_stays(api: Client) -> None:
    new = {"number": "4008001234", "calendar_id": 1, "destination": {"kind": "hangup"}}
    row(await api.post("/api/dids", new), 201)
    answer = await api.delete("/api/calendars/1", if_match="*")
    assert (answer.status, answer.code) == (409, "in-use")


async def test_the_company_is_changed_in_one_state_only(api: Client) -> None:
    company = row(await api.get("/api/company"))
    new = {"name_zh": "新", "name_en": "New", "time_zone": "Asia/Urumqi", "language": "en"}
    row(await api.post("/api/groups", GROUP), 201)
    changed = row(await api.put("/api/company", new, if_match=str(company["etag"])))
    assert {name: changed[name] for name in new} == new
    assert (await api.put("/api/company", new, if_match=str(company["etag"]))).status == 412
    bad = await api.put("/api/company", new | {"time_zone": "Mars/Base"}, if_match="*")
    assert bad.problems() == {"time_zone": "no-such-zone"}


async def test_generations_tell_what_is_not_applied_yet(api: Client, house: Pg) -> None:
    row(await api.post("/api/groups", GROUP), 201)
    assert row(await api.get("/api/generations")) == {"items": [], "unapplied": 1}
    house.rows(
        "INSERT INTO generations (number, hash, state, made_by, error, settings) VALUES"
        " (1, 'a1', 'refused', 'owner', '{\"code\": \"missing-text\"}', 1),"
        " (2, 'a2', 'current', 'owner', NULL, (SELECT version FROM company))"
    )
    told = row(await api.get("/api/generations?limit=1"))
    assert told["unapplied"] == 0
    assert [one["number"] for one in told["items"]] == [2]  # type: ignore[union-attr, attr-defined]
    older = row(await api.get("/api/generations?before=2"))["items"]
    assert isinstance(older, list)
    assert older[0]["error"] == {"code": "missing-text"}


async def test_any_text_that_is_taken_comes_back_the_same(api: Client) -> None:
    for text in ("'; DROP TABLE groups; --", "😀" * 20, '"\\%s{}$(x)', "＜ａ＞", "a\tb"):
        answer = await api.post("/api/groups", GROUP | {"name_zh": text})
        if answer.status == 422:
            assert answer.problems() == {"name_zh": "bad-characters"}
        else:
            assert row(answer, 201)["name_zh"] == text
