"""What the API refuses, and how it says so: never a 500, always a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from fixtures.webd import PASSWORD, Client, webd
from linebox.features.accounts.service import Accounts


@pytest_asyncio.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setattr(Accounts, "WRONG_TAKES_S", 0.0)
    async with webd(tmp_path) as one:
        yield one


@pytest.mark.req("SEC-1", "SEC-2")
async def test_nothing_is_told_before_log_in(client: Client) -> None:
    for method, path in (
        ("GET", "/api/calls"),
        ("GET", "/api/live"),
        ("GET", "/api/live/ws"),
        ("GET", "/api/extensions"),
        ("POST", "/api/groups"),
        ("DELETE", "/api/groups/1"),
        ("GET", "/api/calls/s00000001-1.1/recording"),
    ):
        answer = await client.ask(method, path)
        assert (answer.status, answer.code) == (401, "not-logged-in"), path


async def test_log_in_and_out_without_a_database(client: Client) -> None:
    before = await client.get("/api/session")
    assert isinstance(before.body, dict)
    assert (before.body["logged_in"], before.body["tries_left"]) == (False, 5)

    wrong = await client.post("/api/session", {"password": "guess"})
    assert (wrong.status, wrong.code) == (401, "wrong-password")
    assert "4" in str(wrong.body)

    done = await client.post("/api/session", {"password": PASSWORD})
    assert done.status == 200
    cookie = done.headers["Set-Cookie"]
    assert cookie.startswith("__Host-linebox=")
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=43200"):
        assert part in cookie
    client.cookie = cookie.partition("=")[2].partition(";")[0]
    inside = await client.get("/api/session")
    assert isinstance(inside.body, dict)
    assert (inside.body["logged_in"], inside.body["user"]) == (True, "owner")

    out = await client.ask("DELETE", "/api/session")
    assert out.status == 200
    assert (await client.get("/api/live")).status == 401


async def test_the_sixth_wrong_password_waits(client: Client) -> None:
    for _ in range(5):
        answer = await client.ask("POST", "/api/session", {"password": "x"}, X_Real_IP="10.0.0.9")
    assert (answer.status, answer.code) == (429, "locked")
    assert int(answer.headers["Retry-After"]) > 50


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://[", "http://"])
async def test_another_site_s_page_writes_nothing(client: Client, origin: str) -> None:
    client.log_in()
    for method, path in (("POST", "/api/groups"), ("DELETE", "/api/session")):
        answer = await client.ask(method, path, Origin=origin)
        assert (answer.status, answer.code) == (403, "wrong-origin")
    socket = await client.ask(
        "GET", "/api/live/ws", Origin=origin, Connection="Upgrade", Upgrade="websocket"
    )
    assert (socket.status, socket.code) == (403, "wrong-origin")


async def test_our_own_page_may_write(client: Client) -> None:
    client.log_in()
    own = f"https://{client.http.host}:{client.http.port}"
    answer = await client.ask("DELETE", "/api/session", Origin=own)
    assert answer.status == 200


async def test_a_dead_database_is_told_and_the_live_page_goes_on(client: Client) -> None:
    client.log_in()
    for path in ("/api/calls", "/api/groups", "/api/calls/s00000001-1.1", "/api/generations"):
        answer = await client.get(path)
        assert (answer.status, answer.code) == (503, "database-away"), path
    live = await client.get("/api/live")
    assert live.status == 200
    assert isinstance(live.body, dict)
    assert live.body["stale_since"]
    health = await client.get("/api/health")
    assert isinstance(health.body, dict)
    assert health.body["ok"] is False


async def test_confd_away_is_told(client: Client) -> None:
    client.log_in()
    answer = await client.post("/api/generations", {})
    assert (answer.status, answer.code) == (503, "confd-away")


async def test_every_wrong_entry_is_named(client: Client) -> None:
    client.log_in()
    answer = await client.post("/api/groups", {"name_zh": 1, "ring_s": 3, "extra": None})
    assert answer.status == 422
    assert answer.problems() == {
        "name_zh": "wrong-type",
        "name_en": "missing",
        "ring_s": "too-small",
        "overflow": "missing",
        "extra": "unknown-field",
    }
    query = await client.get("/api/calls?limit=0&rating=6&colour=red&since=now")
    assert query.problems() == {
        "limit": "too-small",
        "rating": "too-large",
        "colour": "unknown-field",
        "since": "wrong-type",
    }
    assert (await client.get("/api/groups?x=1")).problems() == {"x": "unknown-field"}
    assert (await client.get("/api/calls?limit=1&limit=2")).status == 422
    assert (await client.get("/api/groups/one")).problems() == {"key": "wrong-type"}
    assert (await client.get("/api/calls?cursor=abc")).status in (422, 503)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 422, "bad-json"),
        (b"\xff\xfe", "application/json", 422, "bad-json"),
        (b'{"password": NaN}', "application/json", 422, "bad-json"),
        (b"[" * 4000, "application/json", 422, "bad-json"),
        (b"[" + b"9" * 4000 + b"]", "application/json", 422, "invalid-input"),
        (b"", "application/json", 422, "bad-json"),
        (b"null", "application/json", 422, "invalid-input"),
        (b'{"password": "\\u0000"}', "application/json", 422, "invalid-input"),
        (b'{"password": "\\ud800"}', "application/json", 422, "invalid-input"),
        (b'{"password": "x"}', "text/plain", 415, "wrong-media-type"),
        (b'{"password": "x"}', "application/x-www-form-urlencoded", 415, "wrong-media-type"),
        (b'{"password": "' + b"x" * 5000 + b'"}', "application/json", 413, "body-too-large"),
    ],
)
async def test_a_broken_body_is_refused(
    client: Client, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = await client.ask("POST", "/api/session", body, Content_Type=kind)
    assert (answer.status, answer.code) == (status, code)


async def test_unknown_paths_and_methods_are_told_in_words(client: Client) -> None:
    client.log_in()
    assert (await client.get("/api/nothing")).code == "not-found"
    answer = await client.ask("PATCH", "/api/groups/1")
    assert (answer.status, answer.code) == (405, "method-not-allowed")


async def test_answers_are_never_cached(client: Client) -> None:
    answer = await client.get("/api/session")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
