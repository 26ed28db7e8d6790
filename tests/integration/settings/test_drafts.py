"""A draft is previewed, applied whole or not at all, and undone (SET-3)."""

from __future__ import annotations

import signal
import sys
from typing import Any

import pytest

from fixtures.house import House
from fixtures.webd import Answer, Client
from linebox.compiler.switch import Step


async def body(answer: Answer, status: int = 200) -> dict[str, Any]:
    assert answer.status == status, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


async def row(pages: Client, path: str) -> tuple[dict[str, Any], str]:
    """A row as its PUT takes it, and its etag."""
    found = await body(await pages.get(path))
    etag = found.pop("etag")
    found.pop("id", None)
    return found, etag


async def change(pages: Client, what: str, key: str, path: str, **fields: object) -> dict[str, Any]:
    after, etag = await row(pages, path)
    after.pop("number", None)
    return {"what": what, "key": key, "etag": etag, "after": {**after, **fields}}


@pytest.mark.req("SET-3")
async def test_a_draft_is_previewed_and_nothing_is_kept(house: House, pages: Client) -> None:
    draft = [
        await change(pages, "group", "1", "/api/groups/1", ring_s=33),
        {"what": "extension", "key": None, "etag": None, "after": {"number": "8010"}},
    ]

    seen = await body(await pages.post("/api/settings/preview", {"changes": draft}))

    assert seen["problems"] == []
    assert seen["generation"] == 2
    assert seen["changes_calls"]
    files = {one["file"]: one["text"] for one in seen["difference"]}
    assert set(files) == {"own-queues.conf", "pjsip.conf", "body.conf"}
    assert "-timeout = 20" in files["own-queues.conf"]
    assert "+timeout = 33" in files["own-queues.conf"]
    assert "+[8010]" in files["pjsip.conf"]
    secrets = house.pg.rows("SELECT secret FROM extensions")
    assert not [secret for (secret,) in secrets if secret in str(seen)]
    assert "password = …" in files["pjsip.conf"]
    assert seen["impact"]["notes"][0]["zh"]
    assert house.pg.rows("SELECT count(*) FROM settings_log") == [(0,)]
    assert house.pg.rows("SELECT count(*) FROM extensions WHERE number = '8010'") == [(0,)]
    assert house.loaded() == 1


@pytest.mark.req("SET-3")
async def test_a_draft_is_applied_as_one(house: House, pages: Client) -> None:
    draft = [
        {
            "what": "menu",
            "after": {
                "name": "夜间",
                "prompt_id": 2,
                "fallback": {"kind": "group", "target": "new:g"},
                "options": [{"key": "1", "kind": "group", "target": "new:g"}],
            },
        },
        {
            "what": "group",
            "ref": "new:g",
            "after": {
                "name_zh": "售后",
                "name_en": "After-sales",
                "overflow": {"kind": "voicemail", "target": 0},
            },
        },
        {
            "what": "agent",
            "after": {
                "number": "1009",
                "name": "周敏",
                "pin": "246810",
                "memberships": [{"group_id": "new:g"}],
            },
        },
        {"what": "extension", "after": {"number": "8009", "name": "周敏"}},
    ]

    done = await body(await pages.post("/api/settings/apply", {"changes": draft, "note": "n"}))

    assert (done["generation"], done["changed"]) == (2, True)
    assert house.loaded() == 2
    made = {one["what"]: one for one in done["made"]}
    assert {what: one["key"] for what, one in made.items()} == {
        "menu": "2",
        "group": "3",
        "agent": "1009",
        "extension": "8009",
    }
    assert len(made["extension"]["told"]["secret"]) == 24
    assert len(made["agent"]["told"]["password"]) == 19
    menu = await body(await pages.get("/api/menus/2"))
    assert menu["options"] == [{"key": "1", "kind": "group", "target": 3}]
    logged = await body(await pages.get(f"/api/settings-log?act={done['act']}"))
    assert sorted(one["id"] for one in logged["items"]) == done["log"]
    assert {one["what"] for one in logged["items"]} == set(made)
    assert "246810" not in str(logged)
    assert (await body(await pages.get("/api/settings/unapplied")))["count"] == 0
    assert house.pg.rows("SELECT role FROM accounts WHERE login = '1009'") == [("agent",)]


@pytest.mark.req("SET-3")
async def test_two_people_never_overwrite_each_other_unseen(house: House, pages: Client) -> None:
    mine = await change(pages, "group", "1", "/api/groups/1", ring_s=33)
    theirs = await change(pages, "group", "1", "/api/groups/1", wrapup_s=77)
    other = await change(pages, "group", "2", "/api/groups/2", ring_s=44)
    await body(await pages.post("/api/settings/apply", {"changes": [theirs]}))

    refused = await pages.post("/api/settings/apply", {"changes": [other, mine]})

    assert refused.status == 412, refused.body
    assert refused.code == "changed-by-other"
    problem = (await body(refused, 412))["fields"]["problems"][0]
    assert (problem["change"], problem["what"], problem["key"]) == (1, "group", "1")
    groups = house.pg.rows("SELECT ring_s, wrapup_s FROM groups ORDER BY id")
    assert groups == [(20, 77), (20, 10)], "nothing of the refused draft was saved"
    assert house.loaded() == 2


@pytest.mark.req("SET-3")
async def test_a_draft_that_leads_nowhere_saves_nothing(house: House, pages: Client) -> None:
    draft = [
        await change(pages, "group", "1", "/api/groups/1", ring_s=33),
        await change(
            pages, "group", "2", "/api/groups/2", overflow={"kind": "group", "target": 77}
        ),
        await change(pages, "company", "company", "/api/company", name_en="Other"),
    ]
    draft[2]["after"].pop("version")
    seen = await body(await pages.post("/api/settings/preview", {"changes": draft}))
    refused = await pages.post("/api/settings/apply", {"changes": draft})

    for problems in (seen["problems"], (await body(refused, 422))["fields"]["problems"]):
        told = [(one["change"], one["field"], one["code"]) for one in problems]
        assert told == [(1, "overflow", "dangling-route")]
    assert house.pg.rows("SELECT count(*) FROM settings_log") == [(0,)]
    assert house.pg.rows("SELECT count(*) FROM groups WHERE ring_s = 33") == [(0,)]
    assert house.loaded() == 1
    assert house.state(2) == "refused"


@pytest.mark.req("SET-3")
async def test_every_bad_field_of_a_draft_is_told_at_its_change(pages: Client) -> None:
    draft = [
        await change(pages, "group", "1", "/api/groups/1", ring_s=1, announce_s=5),
        {"what": "extension", "after": {"number": "8001"}},
        {"what": "calendar", "after": {"name": "工作时间 Office"}},
        {"what": "nonsense", "after": {}},
        {"what": "did", "key": "4008001234", "etag": "*", "after": None},
    ]

    refused = await pages.post("/api/settings/apply", {"changes": draft})

    told = {
        (one["change"], one["field"], one["code"])
        for one in (await body(refused, 422))["fields"]["problems"]
    }
    assert told == {
        (0, "ring_s", "too-small"),
        (1, "number", "already-exists"),
        (3, "", "unknown-setting"),
    }
    draft = [{"what": "calendar", "after": {"name": "工作时间 Office"}}]
    refused = await pages.post("/api/settings/apply", {"changes": draft})
    told_ = (await body(refused, 422))["fields"]["problems"][0]
    assert (told_["change"], told_["field"], told_["code"]) == (0, "name", "already-exists")


@pytest.mark.req("SET-3")
async def test_names_can_be_swapped(house: House, pages: Client) -> None:
    one = await change(pages, "calendar", "1", "/api/calendars/1", name="工作时间 Office")
    other = await change(pages, "calendar", "2", "/api/calendars/2", name="全天 24/7")

    await body(await pages.post("/api/settings/apply", {"changes": [one, other]}))

    names = house.pg.rows("SELECT name FROM calendars ORDER BY id")
    assert names == [("工作时间 Office",), ("全天 24/7",)]


@pytest.mark.req("SET-3")
async def test_what_calls_dont_meet_is_saved_without_a_generation(
    house: House, pages: Client
) -> None:
    draft = [await change(pages, "company", "company", "/api/company", name_en="Other")]
    draft[0]["after"].pop("version")
    seen = await body(await pages.post("/api/settings/preview", {"changes": draft}))
    assert not seen["changes_calls"]

    done = await body(await pages.post("/api/settings/apply", {"changes": draft}))

    assert (done["generation"], done["changed"]) == (1, False)
    assert (await body(await pages.get("/api/company")))["name_en"] == "Other"
    assert (await body(await pages.get("/api/settings/unapplied")))["count"] == 0


@pytest.mark.req("SET-3")
async def test_an_undone_deletion_brings_secrets_back(house: House, pages: Client) -> None:
    before = house.pg.rows(
        "SELECT (SELECT json_agg(e ORDER BY number) FROM extensions e)::text,"
        " (SELECT json_agg(a ORDER BY number) FROM agents a)::text,"
        " (SELECT json_agg(g ORDER BY group_id, agent) FROM group_agents g)::text,"
        " (SELECT json_agg(c ORDER BY login) FROM accounts c)::text,"
        " (SELECT json_agg(c ORDER BY id) FROM groups c)::text"
    )
    hash_ = house.rig.loaded().split()[1]
    draft = [
        {"what": "extension", "key": "8001", "etag": "*", "after": None},
        {"what": "agent", "key": "1001", "etag": "*", "after": None},
        {"what": "group", "key": "2", "etag": "*", "after": None},
    ]
    done = await body(await pages.post("/api/settings/apply", {"changes": draft}))
    assert house.pg.rows("SELECT count(*) FROM accounts WHERE login = '1001'") == [(0,)]

    undone = await body(await pages.post("/api/settings/undo", {"log": done["log"]}))

    assert undone["generation"] == 3
    assert house.rig.loaded().split()[1] == hash_
    assert before == house.pg.rows(
        "SELECT (SELECT json_agg(e ORDER BY number) FROM extensions e)::text,"
        " (SELECT json_agg(a ORDER BY number) FROM agents a)::text,"
        " (SELECT json_agg(g ORDER BY group_id, agent) FROM group_agents g)::text,"
        " (SELECT json_agg(c ORDER BY login) FROM accounts c)::text,"
        " (SELECT json_agg(c ORDER BY id) FROM groups c)::text"
    )
    logged = str((await pages.get("/api/settings-log?limit=200")).body)
    for (secret,) in house.pg.rows("SELECT secret FROM extensions"):
        assert secret not in logged


@pytest.mark.req("SET-3")
async def test_what_was_changed_since_is_not_undone(house: House, pages: Client) -> None:
    first = await change(pages, "group", "1", "/api/groups/1", ring_s=33)
    done = await body(await pages.post("/api/settings/apply", {"changes": [first]}))
    second = await change(pages, "group", "1", "/api/groups/1", ring_s=44)
    later = await body(await pages.post("/api/settings/apply", {"changes": [second]}))

    refused = await pages.post("/api/settings/undo", {"act": done["act"]})

    assert (refused.status, refused.code) == (409, "changed-since")
    assert house.pg.rows("SELECT ring_s FROM groups WHERE id = 1") == [(44,)]
    both = {"log": [*done["log"], *later["log"]]}
    await body(await pages.post("/api/settings/undo", both))
    assert house.pg.rows("SELECT ring_s FROM groups WHERE id = 1") == [(20,)]


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("step", "saved"),
    [
        (Step.ANNOUNCED, False),
        (Step.POINTED, False),
        (Step.READ_BACK, False),
        (Step.CURRENT, True),
    ],
)
def test_killed_in_the_middle_a_draft_is_saved_and_runs_or_neither(
    house: House, step: Step, saved: bool
) -> None:
    house.rig.stop("confd", signal.SIGTERM)
    draft = ("-m", "fixtures.dying_confd", step, "KILL", "draft")
    house.rig.sh(sys.executable, *draft, check=False)

    house.rig.start_confd()
    house.rig.until("settled", lambda: not (house.rig.data / "generations/switching").exists())

    assert house.pg.rows("SELECT ring_s FROM groups WHERE id = 1") == [(33 if saved else 20,)]
    assert house.rig.current == f"gen-{house.loaded()}"
    applied = house.rig.apply()
    assert not applied.changed, "what runs is what is saved"
    assert house.state(applied.generation) == "current"
    assert "timeout = 33" in _queues(house) if saved else "timeout = 20" in _queues(house)


def _queues(house: House) -> str:
    return (house.rig.data / "generations/current/own-queues.conf").read_text()


@pytest.mark.req("SET-3")
async def test_the_next_call_meets_what_was_applied(house: House, pages: Client) -> None:
    led = {"kind": "voicemail", "target": 0}
    draft = await change(pages, "did", "4008001234", "/api/dids/4008001234", destination=led)
    await body(await pages.post("/api/settings/apply", {"changes": [draft]}))

    call = house.phones.call("4008001234")

    journal = house.rig.data / "journal/cel-custom/cel.csv"
    house.rig.until("its entry", lambda: journal.exists() and "LB_ENTRY" in house.journal())
    assert "to=voicemail" in house.journal()
    call.end()
