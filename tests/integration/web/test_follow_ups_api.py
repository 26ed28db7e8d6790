"""Who reached nobody stays on the list until somebody closes it (ACD-7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fixtures.postgres import Pg
from fixtures.webd import SUPERVISOR, Answer, Client, agent
from linebox.features.follow_ups import jobs

CALLER = "13900001111"


@pytest.fixture
def db(house: Pg) -> Iterator[psycopg.Connection[Any]]:
    """Agents 1001 (in group 1) and 1002 (in none), with accounts."""
    with psycopg.connect(house.dsn, autocommit=True) as connection:
        for number, name in (("1001", "林晓燕"), ("1002", "陈雨桐")):
            connection.execute(
                "INSERT INTO agents VALUES (%s, %s, %s, %s)", (number, name, "0" * 16, "0" * 40)
            )
            connection.execute(
                "INSERT INTO accounts (login, name, role, agent) VALUES (%s, %s, 'agent', %s)",
                (number, name, number),
            )
        connection.execute("INSERT INTO group_agents (group_id, agent) VALUES (1, '1001')")
        yield connection


def lost(
    db: psycopg.Connection[Any],
    n: int,
    result: str = "abandoned",
    *,
    number: str = CALLER,
    minutes: float | None = None,
    group: int | None = 1,
    route: str = "",
    **more: object,
) -> str:
    """File call ``n``, ``minutes`` ago (the higher ``n``, the later), as the filer does."""
    id_ = f"s00000001-1.{n}"
    row: dict[str, object] = {
        "id": id_,
        "start_id": "s00000001",
        "direction": "in",
        "from_number": number,
        "result": result,
        "group_id": group,
        "wait_s": 5 if result == "abandoned" else None,
        **more,
    }
    db.execute(
        f"INSERT INTO calls ({', '.join(row)}, started_at)"
        f" VALUES ({', '.join(['%s'] * len(row))}, now() - make_interval(secs => %s))",
        [*row.values(), 60 * (60 - n if minutes is None else minutes)],
    )
    if route:
        db.execute(
            "INSERT INTO call_events VALUES (%s, 0, now(), 'route', jsonb_build_object('to', %s::text))",
            (id_, route),
        )
    db.execute("SELECT follow_up(ARRAY[%s])", (id_,))
    return id_


async def lines(api: Client, query: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"/api/follow-ups?{query}")
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body["items"]


async def act(api: Client, id_: int, do: str, **more: str) -> Answer:
    return await api.post(f"/api/follow-ups/{id_}", {"do": do, **more})


@pytest.mark.req("ACD-7")
@pytest.mark.parametrize(
    ("result", "more", "kind"),
    [
        ("abandoned", {}, "abandoned"),
        ("voicemail", {}, "voicemail"),
        ("cut", {}, "cut"),
        ("answered", {"needs_follow_up": True}, "cut"),
        ("closed", {}, "missed"),
        ("blocked", {"route": "full"}, "blocked"),
        ("blocked", {"route": "blocked"}, None),
        ("answered", {}, None),
        ("menu", {}, None),
        ("selfservice", {}, None),
        ("unknown-did", {}, None),
        ("open", {}, None),
    ],
)
async def test_who_reached_nobody_is_on_the_list(
    api: Client, db: psycopg.Connection[Any], result: str, more: dict[str, Any], kind: str | None
) -> None:
    lost(db, 1, result, **more)
    assert [one["kinds"] for one in await lines(api)] == ([[kind]] if kind else [])


@pytest.mark.req("ACD-7")
async def test_calls_of_one_number_are_one_line_however_often_they_are_filed(
    api: Client, db: psycopg.Connection[Any]
) -> None:
    first = lost(db, 1)
    lost(db, 2, "voicemail", number=f"0{CALLER}")
    lost(db, 3, number="anonymous")
    lost(db, 4, number="anonymous")
    for _ in range(2):
        db.execute("SELECT follow_up(ARRAY[%s])", (first,))
    found = await lines(api)
    assert [(one["number"], one["count"]) for one in found] == [
        (CALLER, 2),
        ("anonymous", 1),
        ("anonymous", 1),
    ]
    assert [one["kind"] for one in found[0]["calls"]] == ["voicemail", "abandoned"]
    assert found[0]["calls"][0]["group_name_zh"] == "客服"


@pytest.mark.req("ACD-7")
async def test_what_turns_out_to_be_answered_leaves_the_list_unless_somebody_has_it(
    api: Client, db: psycopg.Connection[Any]
) -> None:
    untouched, touched = lost(db, 1), lost(db, 2, number="13900002222")
    taken = next(one for one in await lines(api) if one["number"] != CALLER)
    assert (await act(api, taken["id"], "take")).status == 200
    db.execute("UPDATE calls SET result = 'answered', needs_follow_up = false")
    db.execute("SELECT follow_up(%s)", ([untouched, touched],))
    assert [one["number"] for one in await lines(api)] == ["13900002222"]


@pytest.mark.req("ACD-7")
async def test_a_line_goes_from_open_to_closed_and_back(
    api: Client, db: psycopg.Connection[Any]
) -> None:
    lost(db, 1)
    lost(db, 2)
    (line,) = await lines(api)
    assert line["state"] == "open"
    assert (await act(api, line["id"], "close")).problems() == {"result": "missing"}
    assert (await act(api, line["id"], "reopen")).code == "follow-up-not-closed"
    for do, state in (("take", "taken"), ("called", "called")):
        answer = await act(api, line["id"], do)
        assert answer.status == 200, answer.body
        (line,) = await lines(api, f"state={state}&owner=me")
        assert (line["state"], line["owner"], line["count"]) == (state, "owner", 2)
    assert (await act(api, line["id"], "close", result="reached", note="已约上门")).status == 200
    assert await lines(api) == []
    (closed,) = await lines(api, "state=closed")
    assert (closed["result"], closed["note"], closed["closed_by"], closed["count"]) == (
        "reached",
        "已约上门",
        "owner",
        2,
    )
    assert (await act(api, line["id"], "take")).code == "follow-up-closed"
    lost(db, 3)
    (fresh,) = await lines(api)
    assert (fresh["state"], fresh["count"]) == ("open", 1)
    assert (await act(api, closed["id"], "reopen")).status == 200
    (line,) = await lines(api)
    assert line["count"] == 3
    log = await api.get(f"/api/follow-ups/{closed['id']}/log")
    assert isinstance(log.body, dict)
    assert [one["what"] for one in log.body["items"]] == ["reopen", "close", "called", "take"]


@pytest.mark.req("ACD-7")
async def test_a_caller_who_tries_again_stays_with_who_looks_after_them(
    api: Client, db: psycopg.Connection[Any]
) -> None:
    lost(db, 1)
    (line,) = await lines(api)
    assert (await act(api, line["id"], "assign", owner="1002")).status == 200
    assert (await act(api, line["id"], "called")).status == 200
    lost(db, 2)
    (line,) = await lines(api)
    assert (line["state"], line["owner"], line["owner_name"]) == ("taken", "1002", "陈雨桐")
    assert (await act(api, line["id"], "assign", owner="1999")).problems() == {
        "owner": "no-such-reference"
    }


@pytest.mark.req("ACD-7")
async def test_a_later_talk_proposes_to_close_and_closes_nothing(
    api: Client, db: psycopg.Connection[Any]
) -> None:
    lost(db, 1)
    (line,) = await lines(api)
    assert (line["reached"], line["tries"]) == (None, 0)
    lost(db, 2, "abandoned", direction="out", number="w1002", did=f"0{CALLER}", agents=["1002"])
    (line,) = await lines(api)
    assert (line["state"], line["owner"], line["tries"]) == ("called", "1002", 1)
    assert line["reached"] is None
    answered = lost(db, 3, "answered", number=f"86{CALLER}", connected_at="2026-11-22T00:00Z")
    (line,) = await lines(api)
    assert (line["state"], line["reached"]["call_id"]) == ("called", answered)
    assert line["reached"]["direction"] == "in"
    back = lost(
        db,
        4,
        "answered",
        direction="out",
        number="w1002",
        did=CALLER,
        connected_at="2026-11-22T00:00Z",
    )
    (line,) = await lines(api)
    assert (line["reached"]["call_id"], line["reached"]["direction"], line["tries"]) == (
        back,
        "out",
        2,
    )


@pytest.mark.req("ACD-7", "SEC-3")
async def test_agents_see_what_is_theirs_to_do_and_numbers_once_they_took_it(
    api: Client, db: psycopg.Connection[Any]
) -> None:
    lost(db, 1)
    rang = lost(db, 2, number="13900002222", group=7)
    lost(db, 3, number="13900003333", group=7)
    db.execute(
        "INSERT INTO queue_events (start_id, segment, position, at, callid, queue, agent, event, data)"
        " VALUES ('s00000001', 1, 0, now(), %s, 'g7', 'agent-1001', 'RINGNOANSWER', '{}')",
        (rang,),
    )
    other = (await lines(api, "number=3333"))[0]["id"]
    api.log_in(agent(1001))
    assert (await api.get("/api/follow-ups")).code == "not-allowed"
    answer = await api.get("/api/me/follow-ups")
    assert isinstance(answer.body, dict)
    assert [one["number"] for one in answer.body["items"]] == ["139****1111", "139****2222"]
    assert answer.body["by_state"] == {"open": 2}
    line = answer.body["items"][0]["id"]
    assert (await act(api, other, "take")).code == "not-found"
    taken = await act(api, line, "take")
    assert isinstance(taken.body, dict)
    assert taken.body["items"][0]["number"] == CALLER
    assert (await act(api, line, "assign", owner="1002")).code == "not-allowed"
    api.log_in(agent(1002))
    assert (await act(api, line, "take")).code == "not-found"
    api.log_in(SUPERVISOR)
    assert (await act(api, line, "take")).code == "follow-up-taken"
    assert (await act(api, line, "release")).status == 200
    assert [one["state"] for one in await lines(api, "number=1111")] == ["open"]


@pytest.mark.req("ACD-7")
async def test_every_line_is_found_page_by_page(api: Client, db: psycopg.Connection[Any]) -> None:
    for n in range(1, 12):
        lost(db, n, number=f"139000000{n:02}", group=1 if n % 2 else 2)
    for state in ("unclosed", "closed"):
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            answer = await api.get(f"/api/follow-ups?state={state}&limit=4{cursor}")
            assert isinstance(answer.body, dict)
            seen += [one["number"] for one in answer.body["items"]]
            cursor = answer.body["next_cursor"] and f"&cursor={answer.body['next_cursor']}"
        expected = [f"139000000{n:02}" for n in range(1, 12)]
        assert seen == (expected if state == "unclosed" else expected[::-1])
        for one in await lines(api):
            assert (await act(api, one["id"], "close", result="not-needed")).status == 200
    assert len(await lines(api, "state=closed&group=2")) == 5


@pytest.mark.req("ACD-7")
async def test_a_day_s_calls_and_the_list_differ_by_nothing_or_it_is_told_and_mended(
    api: Client, db: psycopg.Connection[Any], house: Pg
) -> None:
    now = {"minutes": 0.0}
    for n, (result, more) in enumerate(
        [
            ("answered", {"connected_at": "2026-11-22T00:00Z"}),
            ("answered", {"connected_at": "2026-11-22T00:00Z", "needs_follow_up": True}),
            ("abandoned", {}),
            ("closed", {}),
            ("blocked", {"route": "full"}),
            ("blocked", {"route": "blocked"}),
            ("menu", {}),
        ]
    ):
        lost(db, n, result, number=f"1390000000{n}", **now, **more)
    (first, *_) = await lines(api)
    await act(api, first["id"], "close", result="reached")
    answer = await api.get("/api/follow-ups/check")
    assert isinstance(answer.body, dict)
    day = answer.body.pop("day")
    assert answer.body == {
        "offered": 5,
        "answered": 1,
        "followed": 4,
        "closed": 1,
        "still_open": 3,
        "difference": 0,
        "wrong": [],
    }
    db.execute("DELETE FROM follow_ups WHERE state = 'open' AND kind = 'blocked'")
    broken = (await api.get(f"/api/follow-ups/check?day={day}")).body
    assert isinstance(broken, dict)
    assert (broken["difference"], broken["wrong"]) == (1, ["s00000001-1.4"])
    assert await jobs.reconcile(house.connect_async) == 1
    assert (await api.get("/api/follow-ups/check")).body["difference"] == 0
    assert house.rows("SELECT code, count FROM alarms") == [("follow-ups-missing", 1)]
    assert await jobs.reconcile(house.connect_async) == 0
