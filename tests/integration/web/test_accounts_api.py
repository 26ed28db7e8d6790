"""People with access on a real PostgreSQL: one-time passwords, roles, sessions that end."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from fixtures.postgres import Pg
from fixtures.webd import PASSWORD, Answer, Client, webd
from linebox.base.errors import Unavailable
from linebox.features.accounts import accounts_api, changes
from linebox.features.accounts import watch as watching
from linebox.features.accounts.phones import Phones
from linebox.features.accounts.service import Accounts
from linebox.features.accounts.watch import Watch
from linebox.store.pool import Database

OWN = "lamp river 48 stone"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little; the real ones are tested in test_secrets."""

    def cheap(text: str) -> str:
        plain = text.replace("-", "") if text.isupper() or text.count("-") == 3 else text
        made = hashlib.scrypt(plain.encode(), salt=b"\0" * 16, n=16, r=1, p=1, dklen=32)
        return f"scrypt$16$1$1${'00' * 16}${made.hex()}"

    for module in (accounts_api, changes):
        monkeypatch.setattr(module, "hash_password", cheap)
    monkeypatch.setattr(Accounts, "WRONG_TAKES_S", 0.0)


@dataclass
class Door:
    """webd and who goes in and out there."""

    client: Client
    pg: Pg
    root: Path
    cookies: dict[str, str] = field(default_factory=dict)

    async def as_(self, who: str, method: str, path: str, body: object = None, **h: str) -> Answer:
        self.client.cookie = self.cookies[who]
        return await self.client.ask(method, path, body, **h)

    async def log_in(self, who: str, password: str, **more: str) -> Answer:
        self.client.cookie = ""
        body = {"login": who, "password": password, **more}
        answer = await self.client.post("/api/session", body)
        if answer.status == 200:
            cookie = answer.headers["Set-Cookie"]
            self.cookies[who] = cookie.partition("=")[2].partition(";")[0]
        return answer

    async def make(self, login: str, role: str, name: str = "张三") -> dict[str, Any]:
        answer = await self.as_(
            "owner", "POST", "/api/accounts", {"login": login, "role": role, "name": name}
        )
        assert answer.status == 201, answer
        assert isinstance(answer.body, dict)
        return answer.body

    async def let_in(self, login: str, role: str) -> dict[str, Any]:
        """An account with a password of its own, logged in."""
        made = await self.make(login, role)
        answer = await self.log_in(login, made["one_time_password"], new_password=OWN)
        assert answer.status == 200, answer
        return made

    def session_of(self, who: str) -> str:
        return self.cookies[who].split(".")[3]


@pytest_asyncio.fixture
async def door(tmp_path: Path, house: Pg) -> AsyncIterator[Door]:
    house.rows(
        "INSERT INTO agents SELECT n::text, 'agent ' || n, md5(''), md5('') || '01234567'"
        " FROM generate_series(1001, 1003) n"
    )
    async with webd(tmp_path, connect=house.connect_async) as client:
        client.log_in()
        yield Door(client, house, tmp_path, {"owner": client.cookie})


@pytest.mark.req("SEC-1", "SEC-2")
async def test_a_one_time_password_is_good_only_for_choosing_another(door: Door) -> None:
    code = (await door.make("1001", "agent"))["one_time_password"]
    first = await door.log_in("1001", code)
    assert (first.status, first.code) == (409, "password-must-change")
    assert "Set-Cookie" not in first.headers
    for new, problem in (("short", "too-short"), ("password2026", "password-obvious")):
        bad = await door.log_in("1001", code, new_password=new)
        assert bad.problems() == {"new_password": problem}
    inside = await door.log_in(" 1001 ", code.lower().replace("-", " "), new_password=OWN)
    assert isinstance(inside.body, dict)
    assert (inside.body["user"], inside.body["role"], inside.body["agent"]) == (
        "1001",
        "agent",
        "1001",
    )
    assert (await door.log_in("1001", code)).code == "wrong-password"
    assert (await door.log_in("1001", OWN)).status == 200


async def test_an_unknown_login_is_refused_as_a_wrong_password_is(door: Door) -> None:
    await door.make("1001", "agent")
    known, unknown = await door.log_in("1001", "x"), await door.log_in("9999", "x")
    assert (known.status, known.code) == (unknown.status, unknown.code) == (401, "wrong-password")


@pytest.mark.req("SEC-1")
async def test_a_forged_or_edited_cookie_is_refused(door: Door) -> None:
    await door.let_in("1001", "agent")
    cookie = door.cookies["1001"]
    login, role, number, id_, until, signature = cookie.split(".")
    for forged in (
        f"{login}.administrator.{number}.{id_}.{until}.{signature}",
        f"{login}.supervisor..{id_}.{until}.{signature}",
        f"1002.{role}.1002.{id_}.{until}.{signature}",
        f"{login}.{role}.1002.{id_}.{until}.{signature}",
        f"{login}.{role}.{number}.{id_}.{int(until) + 9}.{signature}",
        f"{login}.{role}.{number}.{id_}.{until}.{signature[:-1]}",
        f"owner.{id_}.{until}.{signature}",
    ):
        door.cookies["forged"] = forged
        assert (await door.as_("forged", "GET", "/api/sessions")).status == 401, forged
    assert (await door.as_("1001", "GET", "/api/sessions")).status == 200


@pytest.mark.req("SEC-1")
async def test_everybody_ends_their_own_sessions_and_administrators_all(door: Door) -> None:
    await door.let_in("1001", "agent")
    await door.let_in("1000", "supervisor")
    mine = await door.as_("1001", "GET", "/api/sessions")
    assert isinstance(mine.body, dict)
    assert [(one["login"], one["current"]) for one in mine.body["items"]] == [("1001", True)]
    assert (await door.as_("1001", "GET", "/api/sessions?all=true")).status == 403
    theirs = f"/api/sessions/{door.session_of('1000')}"
    assert (await door.as_("1001", "DELETE", theirs)).status == 404
    assert (await door.as_("1000", "GET", "/api/sessions")).status == 200

    everybody = await door.as_("owner", "GET", "/api/sessions?all=true")
    assert isinstance(everybody.body, dict)
    assert {one["login"] for one in everybody.body["items"]} == {"owner", "1000", "1001"}
    assert (await door.as_("owner", "DELETE", theirs)).status == 204
    assert (await door.as_("1000", "GET", "/api/sessions")).status == 401
    assert (await door.as_("1001", "GET", "/api/sessions")).status == 200


async def test_a_session_holds_without_the_database_and_so_does_its_end(
    door: Door, tmp_path: Path
) -> None:
    await door.let_in("1001", "agent")
    await door.let_in("1000", "supervisor")
    await door.as_("owner", "DELETE", f"/api/sessions/{door.session_of('1000')}")
    async with webd(tmp_path) as without:  # the same folders, no database, a new process
        without.cookie = door.cookies["1001"]
        assert (await without.get("/api/live")).status == 200
        assert (await without.get("/api/sessions")).status == 503
        assert (await without.post("/api/session", {"login": "1001", "password": OWN})).code == (
            "database-away"
        )
        without.cookie = door.cookies["1000"]
        assert (await without.get("/api/live")).status == 401


@pytest.mark.parametrize("lost", [{"role": "agent"}, {"role": "supervisor", "disabled": True}])
async def test_who_loses_a_right_loses_the_session(door: Door, lost: dict[str, object]) -> None:
    made = await door.let_in("1002", "supervisor")
    path = f"/api/accounts/{made['account']['id']}"
    stale = await door.as_("owner", "PUT", path, {"name": "李四", **lost}, if_match="1")
    assert stale.code == "changed-by-other"
    changed = await door.as_("owner", "PUT", path, {"name": "李四", **lost}, if_match="*")
    assert changed.status == 200, changed
    assert (await door.as_("1002", "GET", "/api/sessions")).status == 401
    again = await door.log_in("1002", OWN)
    if lost.get("disabled"):
        assert (again.status, again.code) == (403, "account-disabled")
    else:
        assert isinstance(again.body, dict)
        assert (again.body["role"], again.body["agent"]) == ("agent", "1002")


async def test_a_reset_password_ends_what_began_with_the_old_one(door: Door) -> None:
    made = await door.let_in("1001", "agent")
    path = f"/api/accounts/{made['account']['id']}/password"
    reset = await door.as_("owner", "POST", path, if_match="*")
    assert isinstance(reset.body, dict)
    assert (await door.as_("1001", "GET", "/api/sessions")).status == 401
    assert (await door.log_in("1001", OWN)).code == "wrong-password"
    code = reset.body["one_time_password"]
    assert (await door.log_in("1001", code, new_password=OWN)).status == 200


async def test_another_password_ends_the_other_sessions_only(door: Door) -> None:
    await door.let_in("1001", "agent")
    first = door.cookies["1001"]
    await door.log_in("1001", OWN)
    wrong = {"password": "no", "new_password": "garden 57 window"}
    refused = await door.as_("1001", "POST", "/api/account/password", wrong)
    assert refused.problems() == {"password": "wrong-password"}
    right = {"password": OWN, "new_password": "garden 57 window"}
    assert (await door.as_("1001", "POST", "/api/account/password", right)).status == 204
    assert (await door.as_("1001", "GET", "/api/sessions")).status == 200
    door.cookies["first"] = first
    assert (await door.as_("first", "GET", "/api/sessions")).status == 401


async def test_the_owners_own_password_takes_the_place_of_the_setup_code(door: Door) -> None:
    async def change(password: str, new: str) -> Answer:
        body = {"password": password, "new_password": new}
        return await door.as_("owner", "POST", "/api/account/password", body)

    other = await door.log_in("owner", PASSWORD)
    assert other.status == 200
    assert other.body["fresh"] is True
    assert (await change(OWN, "garden 57 window")).problems() == {"password": "wrong-password"}
    assert (await change(PASSWORD, "1234567890")).problems() == {"new_password": "password-obvious"}
    assert (await change(PASSWORD, OWN)).status == 204
    assert (await door.as_("owner", "GET", "/api/sessions")).status == 200
    assert (await door.log_in("", PASSWORD)).code == "wrong-password"
    again = await door.log_in("", OWN, new_password="garden 57 window")
    assert (again.status, again.body["fresh"]) == (200, False)
    assert (await door.as_("owner", "GET", "/api/sessions")).status == 401


async def test_an_account_needs_what_its_role_says(door: Door) -> None:
    async def refused(body: dict[str, object]) -> Answer:
        return await door.as_("owner", "POST", "/api/accounts", body)

    assert (await refused({"login": "8888", "role": "agent"})).problems() == {
        "login": "no-such-agent"
    }
    assert (await refused({"login": "boss", "role": "supervisor"})).problems() == {
        "name": "missing"
    }
    assert (await refused({"login": "owner", "role": "administrator", "name": "x"})).status == 409
    assert (await refused({"login": "Boss", "role": "supervisor", "name": "x"})).status == 422
    await door.make("boss", "administrator")
    again = await refused({"login": "boss", "role": "supervisor", "name": "x"})
    assert (again.status, again.code) == (409, "already-exists")


async def test_nobody_disables_themselves(door: Door) -> None:
    made = await door.let_in("boss", "administrator")
    path = f"/api/accounts/{made['account']['id']}"
    for body in (
        {"name": "x", "role": "administrator", "disabled": True},
        {"name": "x", "role": "supervisor"},
    ):
        answer = await door.as_("boss", "PUT", path, body, if_match="*")
        assert (answer.status, answer.code) == (409, "own-account")


@asynccontextmanager
async def calld(at: Path, taken: list[str]) -> AsyncIterator[None]:
    """What calld offers for phones, noting whose were taken away."""

    async def take(request: web.Request) -> web.Response:
        taken.append(request.match_info["agent"])
        return web.Response(status=204)

    app = web.Application()
    app.router.add_delete("/phones/{agent}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    at.parent.mkdir(parents=True, exist_ok=True)
    await web.UnixSite(runner, str(at)).start()
    yield
    await runner.cleanup()


@pytest.mark.req("SEC-1", "TEL-6")
async def test_an_agent_who_is_deleted_is_out_and_so_is_the_phone(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "EVERY_S", 0.05)
    await door.let_in("1001", "agent")
    await door.let_in("1002", "agent")
    await door.as_("1001", "GET", "/api/sessions")
    await door.as_("1002", "GET", "/api/sessions")
    db, phones = Database(door.pg.connect_async), Phones(tmp_path / "run/calld.sock")
    watch = Watch(door.client.accounts, phones, db)
    await watch.look()
    assert (await door.as_("1001", "GET", "/api/sessions")).status == 200

    door.pg.rows("DELETE FROM agents WHERE number = '1001'")
    await watch.look()
    assert (await door.as_("1001", "GET", "/api/sessions")).status == 401
    assert (await door.as_("1002", "GET", "/api/sessions")).status == 200
    await phones.settle()  # calld is away: it stays owed
    taken: list[str] = []
    async with calld(tmp_path / "run/calld.sock", taken):
        await phones.settle()
        await phones.settle()
    assert taken == ["1001"]
    await db.close()


async def test_the_owner_s_session_is_listed_once_it_is_noted(door: Door) -> None:
    await door.as_("owner", "GET", "/api/session")
    db = Database(door.pg.connect_async)
    await Watch(door.client.accounts, Phones(door.root / "nobody"), db).look()
    mine = await door.as_("owner", "GET", "/api/sessions")
    assert isinstance(mine.body, dict)
    assert [(one["login"], one["current"]) for one in mine.body["items"]] == [("owner", True)]
    await db.close()


async def test_a_dead_database_ends_no_session(door: Door) -> None:
    await door.let_in("1001", "agent")

    async def nobody() -> Any:
        raise Unavailable("database-away", reason="test")

    await door.as_("1001", "GET", "/api/session")
    await Watch(door.client.accounts, Phones(door.root / "nobody"), Database(nobody)).look()
    assert (await door.as_("1001", "GET", "/api/sessions")).status == 200
