"""Second factors over HTTP: authenticators, recovery codes, who must have one (SEC-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from fixtures.postgres import Pg
from fixtures.webd import HASHED, PASSWORD, Answer, Client, webd
from linebox.features.accounts import totp


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linebox.features.accounts.service.Accounts.WRONG_TAKES_S", 0.0)


@pytest_asyncio.fixture
async def boss(api: Client, house: Pg) -> AsyncIterator[Client]:
    """Supervisor ``boss`` is logged in by a password."""
    house.rows(
        "INSERT INTO accounts (login, name, role, password, must_change)"
        f" VALUES ('boss', '主管', 'supervisor', '{HASHED}', false)"
    )
    api.cookie = ""
    assert (await _log_in(api, "boss")).status == 200
    yield api


async def _log_in(client: Client, login: str) -> Answer:
    """The password; the cookie is taken up when there is one."""
    answer = await client.post("/api/session", {"login": login, "password": PASSWORD})
    return _taken(client, answer)


def _taken(client: Client, answer: Answer) -> Answer:
    cookie = answer.headers.get("Set-Cookie", "").partition(";")[0].partition("=")[2]
    if cookie:
        client.cookie = cookie
    return answer


def _fields(answer: Answer) -> dict[str, object]:
    assert isinstance(answer.body, dict)
    fields = answer.body["fields"]
    assert isinstance(fields, dict)
    return fields


def _now(secret: str, step: int = 0) -> str:
    return totp.code(secret, int(datetime.now(UTC).timestamp()) // totp.STEP_S + step)


async def _set_up(client: Client) -> tuple[str, list[str]]:
    """An authenticator's secret, and the recovery codes."""
    begun = (await client.post("/api/account/totp", {"password": PASSWORD})).body
    assert isinstance(begun, dict)
    secret = begun["secret"]
    done = await client.post(
        "/api/account/totp/confirm", {"ticket": begun["ticket"], "code": _now(secret, -1)}
    )
    assert done.status == 200, done.body
    _taken(client, done)
    assert isinstance(done.body, dict)
    return secret, done.body["recovery_codes"]


async def _second(client: Client, first: Answer, code: str) -> Answer:
    body = {"ticket": _fields(first)["ticket"], "code": code}
    return _taken(client, await client.post("/api/session/second", body))


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("login", ["boss", "owner"])
async def test_the_password_alone_opens_nothing_once_there_is_an_authenticator(
    boss: Client, login: str
) -> None:
    await _log_in(boss, login)
    secret, codes = await _set_up(boss)
    assert len(set(codes)) == 10
    boss.cookie = ""
    first = await _log_in(boss, login)
    assert (first.status, first.code, boss.cookie) == (409, "second-factor", "")
    assert _fields(first)["ways"] == ["recovery", "totp"]
    assert (await _second(boss, first, "000000")).code == "wrong-code"
    done = await _second(boss, first, _now(secret))
    assert done.status == 200, done.body
    assert isinstance(done.body, dict)
    assert done.body["user"] == login
    assert (await boss.get("/api/account/factors")).status == 200


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("login", ["boss", "owner"])
async def test_a_code_opens_once(boss: Client, login: str) -> None:
    await _log_in(boss, login)
    secret, codes = await _set_up(boss)
    code = _now(secret)
    assert (await _second(boss, await _log_in(boss, login), code)).status == 200
    assert (await _second(boss, await _log_in(boss, login), code)).code == "wrong-code"
    assert (await _second(boss, await _log_in(boss, login), _now(secret, -1))).code == "wrong-code"
    recovery = codes[3].lower().replace("-", " ")
    assert (await _second(boss, await _log_in(boss, login), recovery)).status == 200
    assert (await _second(boss, await _log_in(boss, login), recovery)).code == "wrong-code"
    left = (await boss.get("/api/account/factors")).body
    assert isinstance(left, dict)
    assert left["recovery_codes"] == 9


@pytest.mark.req("SEC-1")
async def test_wrong_codes_lock_like_wrong_passwords(boss: Client) -> None:
    """A right password in between forgives nothing. From another address: loopback isn't locked."""
    secret, _ = await _set_up(boss)
    at = {"X_Real_IP": "192.0.2.7"}
    body = {"login": "boss", "password": PASSWORD}
    for n in range(5):
        first = await boss.ask("POST", "/api/session", body, **at)
        assert first.code == "second-factor", n
        wrong = {"ticket": _fields(first)["ticket"], "code": "000000"}
        refused = await boss.ask("POST", "/api/session/second", wrong, **at)
    assert (refused.status, refused.code) == (429, "locked")
    right = {"ticket": _fields(first)["ticket"], "code": _now(secret)}
    assert (await boss.ask("POST", "/api/session/second", right, **at)).code == "locked"


async def test_a_ticket_is_good_for_nothing_else(boss: Client) -> None:
    secret, _ = await _set_up(boss)
    first = await _log_in(boss, "boss")
    assert (await _second(boss, first, _now(secret))).status == 200
    assert (await _second(boss, first, _now(secret, 1))).code == "step-over"
    unknown = {"ticket": "0" * 32, "code": "123456"}
    assert (await boss.post("/api/session/second", unknown)).code == "step-over"


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("login", ["boss", "owner"])
async def test_who_must_have_one_sets_it_up_before_anything_else(boss: Client, login: str) -> None:
    boss.log_in()
    for role in ("supervisor", "administrator"):
        body = {"name_zh": "x", "name_en": "x", "second_factor": True}
        assert (await boss.put(f"/api/roles/{role}", body, "*")).status == 200
    entered = await _log_in(boss, login)
    assert isinstance(entered.body, dict)
    assert entered.body["must_enrol"]
    assert entered.body["rights"] == []
    assert (await boss.get("/api/calls")).code == "not-allowed"
    await _set_up(boss)
    now = (await boss.get("/api/session")).body
    assert isinstance(now, dict)
    assert not now["must_enrol"]
    assert (await boss.get("/api/calls")).status == 200
    factors = (await boss.get("/api/account/factors")).body
    assert isinstance(factors, dict)
    only = factors["items"][0]["id"]
    refused = await boss.post(f"/api/account/factors/{only}/delete", {"password": PASSWORD})
    assert refused.code == "factor-demanded"


async def test_an_open_browser_alone_changes_no_factor(boss: Client) -> None:
    for path in ("totp", "recovery-codes", "factors/1/delete"):
        answer = await boss.post(f"/api/account/{path}", {"password": "not the password"})
        assert answer.problems() == {"password": "wrong-password"}, path


async def test_the_last_one_takes_the_recovery_codes_along(boss: Client, house: Pg) -> None:
    await _set_up(boss)
    factors = (await boss.get("/api/account/factors")).body
    assert isinstance(factors, dict)
    path = f"/api/account/factors/{factors['items'][0]['id']}/delete"
    assert (await boss.post(path, {"password": PASSWORD})).status == 204
    assert house.rows("SELECT count(*) FROM account_factors") == [(0,)]
    assert (await _log_in(boss, "boss")).status == 200


@pytest.mark.req("SEC-1")
async def test_an_administrator_takes_somebody_s_away(boss: Client, house: Pg) -> None:
    await _set_up(boss)
    theirs = boss.cookie
    boss.log_in()
    (row,) = house.rows("SELECT id FROM accounts WHERE login = 'boss'")
    assert (await boss.delete(f"/api/accounts/{row[0]}/factors", "*")).status == 204
    boss.cookie = theirs
    assert (await boss.get("/api/calls")).status == 401
    assert (await _log_in(boss, "boss")).status == 200


@pytest.mark.req("SEC-1")
async def test_the_owner_s_factors_need_no_database(tmp_path: Path) -> None:
    async with webd(tmp_path) as dead:
        assert (await _log_in(dead, "owner")).status == 200
        secret, _ = await _set_up(dead)
    async with webd(tmp_path) as again:
        first = await _log_in(again, "owner")
        assert first.code == "second-factor"
        assert (await _second(again, first, _now(secret))).status == 200


async def test_a_damaged_file_of_the_owner_s_lets_nobody_in(tmp_path: Path) -> None:
    own = tmp_path / "data/own/webd"
    own.mkdir(parents=True)
    (own / "owner-factors.json").write_text("{")
    async with webd(tmp_path) as dead:
        assert (await _log_in(dead, "owner")).code == "owners-factors-unread"


async def test_secrets_are_not_stored_as_they_are(boss: Client, house: Pg) -> None:
    secret, codes = await _set_up(boss)
    stored = "".join(str(row) for row in house.rows("SELECT secret FROM account_factors"))
    assert secret not in stored
    assert not [one for one in codes if one in stored or one.replace("-", "") in stored]


async def test_an_ip_address_gives_no_passkey(boss: Client) -> None:
    boss.host = "192.168.1.10"
    answer = await boss.post("/api/account/passkeys", {"password": PASSWORD})
    assert (answer.status, answer.code) == (422, "passkey-needs-name")
    boss.host = "linebox.local"
    begun = await boss.post("/api/account/passkeys", {"password": PASSWORD})
    assert begun.status == 200, begun.body
    assert isinstance(begun.body, dict)
    assert begun.body["options"]["publicKey"]["rp"]["id"] == "linebox.local"
    made = {"ticket": begun.body["ticket"], "passkey": {"id": "x", "response": {}}}
    assert (await boss.post("/api/account/passkeys/confirm", made)).code == "passkey-refused"
