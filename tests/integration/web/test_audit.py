"""The audit: written in one place, chained; what is done to it behind its back is found and named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from fixtures.postgres import Pg
from fixtures.webd import PASSWORD, SUPERVISOR, Client, webd
from linebox.features.audit.model import Fault


@pytest_asyncio.fixture
async def told(api: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Six changes are in the audit."""
    monkeypatch.setattr(type(api.accounts), "WRONG_TAKES_S", 0.0)
    for n in range(6):
        body = {"name_zh": f"角色{n}", "name_en": f"Role {n}", "base": "agent", "rights": []}
        assert (await api.post("/api/roles", body)).status == 201
    await api.audit.file()
    return api


def _behind(house: Pg, sql: str) -> None:
    """As who has the database in hand: the trigger is taken off first."""
    house.rows("ALTER TABLE audit DISABLE TRIGGER USER")
    house.rows(sql)


@pytest.mark.req("SEC-1")
async def test_a_whole_audit_has_no_fault(told: Client) -> None:
    look = await told.audit.look()
    assert (look.rows, look.faults) == (6, ())


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE audit SET who = 'nobody' WHERE n = 3", [("changed", 3, 3)]),
        ("UPDATE audit SET at = at + interval '1 s' WHERE n = 6", [("changed", 6, 6)]),
        ("DELETE FROM audit WHERE n = 3", [("missing", 3, 3)]),
        ("DELETE FROM audit WHERE n IN (2, 3)", [("missing", 2, 3)]),
        ("DELETE FROM audit WHERE n > 4", [("cut", 5, 6)]),
        ("DELETE FROM audit", [("cut", 1, 6)]),
        (
            "UPDATE audit a SET subject = b.subject, detail = b.detail FROM audit b"
            " WHERE (a.n, b.n) IN ((2, 5), (5, 2))",
            [("changed", 2, 2), ("changed", 5, 5)],
        ),
    ],
    ids=["changed", "last changed", "one removed", "two removed", "cut", "emptied", "swapped"],
)
async def test_what_is_done_behind_its_back_is_found_and_named(
    told: Client, house: Pg, sql: str, found: list[tuple[str, int, int]]
) -> None:
    _behind(house, sql)
    look = await told.audit.look()
    assert [(one.kind, one.n, one.last) for one in look.faults] == found
    assert house.rows("SELECT code FROM alarms WHERE cleared_at IS NULL") == [("audit-broken",)]
    state = (await told.get("/api/audit/state")).body
    assert isinstance(state, dict)
    assert [one["kind"] for one in state["faults"]] == [kind for kind, _, _ in found]


async def test_a_cut_stays_a_gap_whatever_is_written_after(told: Client, house: Pg) -> None:
    _behind(house, "DELETE FROM audit WHERE n > 4")
    assert (await told.delete("/api/roles/1", "*")).status == 204
    await told.audit.file()
    look = await told.audit.look()
    assert look.faults == (Fault(kind="missing", n=5, last=6),)


async def test_a_lost_head_is_told_for_ever(told: Client, tmp_path: Path) -> None:
    (tmp_path / "data/own/webd/audit-head").unlink()
    assert [one.kind for one in (await told.audit.look()).faults] == ["head-lost"]
    assert (await told.delete("/api/roles/1", "*")).status == 204
    await told.audit.file()
    assert [(one.kind, one.n) for one in (await told.audit.look()).faults] == [("head-lost", 7)]


@pytest.mark.parametrize(
    "sql", ["UPDATE audit SET who = 'x'", "DELETE FROM audit", "TRUNCATE audit"]
)
async def test_the_database_only_adds_to_it(told: Client, house: Pg, sql: str) -> None:
    with pytest.raises(psycopg.Error, match=r"only added to|permission denied"):
        house.rows(sql)


async def _rows(client: Client, query: str = "") -> list[dict[str, object]]:
    await client.audit.file()
    body = (await client.get(f"/api/audit?limit=200{query}")).body
    assert isinstance(body, dict)
    return list(body["items"])


@pytest.mark.req("SEC-1")
async def test_changes_refusals_and_log_ins_are_told_without_secrets(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(api.accounts), "WRONG_TAKES_S", 0.0)
    await api.post("/api/session", {"password": PASSWORD})
    await api.post("/api/session", {"password": "a wrong password"})
    await api.post("/api/accounts", {"login": "boss", "role": "supervisor", "name": "主管"})
    await api.post("/api/accounts", {"login": "BAD", "role": "supervisor"})
    api.log_in(SUPERVISOR)
    await api.get("/api/accounts")
    await api.get("/api/accounts")
    api.log_in()
    rows = await _rows(api)
    seen = [(one["who"], one["what"], one["outcome"], one["subject"]) for one in reversed(rows)]
    assert ("owner", "log_in", "wrong-password", "") in seen
    assert ("owner", "create_account", "ok", "boss") in seen
    assert [one for one in seen if one[2] == "not-allowed"] == [
        ("1000", "list_accounts", "not-allowed", "")
    ]
    assert [one[1] for one in seen].count("create_account") == 1  # a bad body changed nothing
    text = json.dumps(rows, ensure_ascii=False)
    assert PASSWORD not in text
    assert "a wrong password" not in text


async def test_an_export_leaves_a_trace_and_listening_one_for_ten_minutes(api: Client) -> None:
    for _ in range(3):
        assert (await api.get("/api/customers/export")).status == 200
    assert [one["what"] for one in await _rows(api)] == ["export_customers"] * 3


async def test_with_the_database_away_nothing_is_lost(
    tmp_path: Path, house: Pg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linebox.features.accounts.service.Accounts.WRONG_TAKES_S", 0.0)
    async with webd(tmp_path) as dead:
        assert (await dead.post("/api/session", {"password": PASSWORD})).status == 200
        assert (await dead.post("/api/session", {"password": "wrong wrong"})).status == 401
        assert dead.audit.waiting == 2
    async with webd(tmp_path, connect=house.connect_async) as back:
        back.log_in()
        rows = await _rows(back)
    assert sorted(str(one["outcome"]) for one in rows) == ["ok", "wrong-password"]
    assert [one["n"] for one in rows] == [2, 1]


async def test_the_same_entry_is_filed_once(told: Client, tmp_path: Path, house: Pg) -> None:
    """Killed after the commit, before the list was made shorter."""
    waits = tmp_path / "data/own/webd/audit-waits"
    assert (await told.delete("/api/roles/1", "*")).status == 204
    kept = waits.read_text()
    await told.audit.file()
    waits.write_text(kept)
    async with webd(tmp_path, connect=house.connect_async) as again:
        await again.audit.file()
        assert (await again.audit.look()).rows == 7


async def test_what_root_s_tool_did_is_taken_in(api: Client, tmp_path: Path) -> None:
    inbox = tmp_path / "data/own/webd/audit-in"
    inbox.mkdir(parents=True)
    entry = api.audit.entry(who="root", what="one_time_password")
    from linebox.features.audit.spool import to_json

    (inbox / "1.json").write_text(to_json(entry))
    rows = await _rows(api)
    assert [(one["who"], one["what"]) for one in rows] == [("root", "one_time_password")]
    assert not list(inbox.iterdir())


async def test_filters_and_the_csv(told: Client) -> None:
    assert len(await _rows(told, "&text=角色3")) == 1
    assert await _rows(told, "&refused=true") == []
    assert len(await _rows(told, "&who=owner&before=4")) == 3
    answer = await told.get("/api/audit/export?language=en")
    assert isinstance(answer.body, bytes)
    lines = answer.body.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("No,Time(UTC),Who")
    assert len(lines) == 7


async def test_it_files_by_itself(api: Client, house: Pg) -> None:
    running = asyncio.create_task(api.audit.run())
    try:
        body = {"name_zh": "一", "name_en": "One", "base": "agent", "rights": []}
        assert (await api.post("/api/roles", body)).status == 201
        await _until(lambda: asyncio.to_thread(house.rows, "SELECT what FROM audit"))
    finally:
        running.cancel()


async def _until(ask: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(5):
        while not await ask():  # noqa: ASYNC110  # the database tells nobody
            await asyncio.sleep(0.05)
