"""The list of calls, a call whole, its recording: from a real database and real files."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from fixtures.postgres import Pg
from fixtures.webd import SUPERVISOR, Client, agent
from linebox.features.calls import search

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def calls(house: Pg) -> Iterator[psycopg.Connection]:
    """250 calls, ten of them in one moment; the first has legs, events and recordings."""
    with psycopg.connect(house.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO agents VALUES ('1001', '林晓燕', %s, %s)", ("0" * 16, "0" * 40)
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO calls (id, start_id, direction, trunk, from_number, did, started_at,"
                " result, group_id, agent, keys, rating, wait_s, needs_follow_up, agents, pressed,"
                " talk_s)"
                " VALUES (%s, 's00000001', 'in', 'exchange', %s, '4008001234', %s, %s, 1, %s, %s,"
                " %s, %s, %s, %s, %s, %s)",
                [
                    (
                        f"s00000001-1.{n}",
                        f"139{n:08}",
                        START + timedelta(seconds=max(0, n - 9)),
                        "answered" if n % 2 else "abandoned",
                        "1001" if n % 2 else None,
                        "1" if n % 3 else "29",
                        5 if n % 5 == 0 else None,
                        n / 7,
                        n % 2 == 0,
                        (["1001", "1003"] if n % 10 == 1 else ["1001"]) if n % 2 else [],
                        ["1", "3:1"] if n % 3 else ["2", "9", "3:2", "3:9"],
                        n if n % 2 else None,
                    )
                    for n in range(250)
                ],
            )
        connection.execute(
            "INSERT INTO call_legs (uniqueid, call_id, channel, started_at, cause) VALUES"
            " ('s00000001-1.0', 's00000001-1.0', 'PJSIP/trunk-exchange-1', %s, 16)",
            (START,),
        )
        connection.execute(
            "INSERT INTO call_events (call_id, n, at, kind, fields) VALUES"
            " ('s00000001-1.0', 0, %s, 'LB_MENU', '{\"key\": \"1\"}')",
            (START,),
        )
        for n, state in enumerate(("ready", "raw", "missing", "ready")):
            connection.execute(
                "INSERT INTO recordings (file, call_id, started_at, state, duration_s)"
                " VALUES (%s, 's00000001-1.0', %s, %s, 2.5)",
                (f"20261122/s00000001-1.{n}", START + timedelta(seconds=n), state),
            )
        connection.execute("UPDATE calls SET recordings = 4 WHERE id = 's00000001-1.0'")
        connection.execute(
            "INSERT INTO service_records (call_id, note, saved_by) VALUES"
            " ('s00000001-1.4', '客户要求退款，已登记 A17', '1001'),"
            " ('s00000001-1.6', '咨询价格', '1001')"
        )
        yield connection


async def page(api: Client, query: str) -> tuple[list[dict[str, object]], str | None]:
    answer = await api.get(f"/api/calls?{query}")
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body["items"], answer.body["next_cursor"]


@pytest.mark.req("REC-2", "RPT-5")
async def test_pages_give_every_call_once_newest_first(
    api: Client, calls: psycopg.Connection
) -> None:
    seen: list[dict[str, object]] = []
    rows, cursor = await page(api, "limit=7")
    seen += rows
    calls.execute(
        "INSERT INTO calls (id, start_id, direction, started_at, result)"
        " VALUES ('s00000001-9.9', 's00000001', 'in', now(), 'open')"
    )
    while cursor:
        rows, cursor = await page(api, f"limit=7&cursor={cursor}")
        seen += rows
    assert len(seen) == len({one["id"] for one in seen}) == 250
    times = [str(one["started_at"]) for one in seen]
    assert times == sorted(times, reverse=True)
    assert seen[0]["id"] == "s00000001-1.249"
    assert seen[0]["agent_name"] == "林晓燕"
    assert seen[0]["group_name_zh"] == "客服"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("result=answered", 125),
        ("agent=1001", 125),
        ("agent=1002", 0),
        ("agent=1003", 25),
        ("direction=in", 200),
        ("direction=out", 0),
        ("talk_from_s=200", 25),
        ("talk_from_s=200&talk_to_s=205", 3),
        ("note=%E9%80%80%E6%AC%BE", 1),
        ("note=a17", 1),
        ("note=%E5%92%A8", 1),
        ("note=%E6%AC%BE%E9%80%80", 0),
        ("recorded=true", 1),
        ("recorded=false&result=abandoned", 124),
        ("key=3:9", 84),
        ("key=2:9", 0),
        ("group=1", 200),
        ("group=2", 0),
        ("rating=5", 50),
        ("key=9", 84),
        ("key=%23", 0),
        ("number=0000012", 11),
        ("number=4008001234", 200),
        ("follow_up=true&rating=5", 25),
        ("since=2026-11-22T08:03:51Z", 10),
        ("until=2026-11-22T08:00:01Z", 10),
        ("since=2026-11-22T16:03:51%2B08:00&until=2026-11-22T08:03:52Z", 1),
    ],
)
async def test_calls_are_found_by(
    api: Client, calls: psycopg.Connection, query: str, count: int
) -> None:
    rows, cursor = await page(api, f"{query}&limit=200")
    assert len(rows) == count
    assert (cursor is None) == (count < 200)


@pytest.mark.req("REC-2")
async def test_the_first_page_tells_how_many_match_and_with_which_result(
    api: Client, calls: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await api.get("/api/calls?number=139000000&limit=5")
    assert isinstance(first.body, dict)
    assert first.body["counts"] == {
        "most": 5000,
        "total": 100,
        "by_result": {"answered": 50, "abandoned": 50},
    }
    later = await api.get(f"/api/calls?limit=5&cursor={first.body['next_cursor']}")
    assert isinstance(later.body, dict)
    assert later.body["counts"] is None
    monkeypatch.setattr(search, "COUNTED", 99)
    many = await api.get("/api/calls?number=139000000&limit=5")
    assert isinstance(many.body, dict)
    assert many.body["counts"] == {"most": 99, "total": None, "by_result": None}
    assert many.body["items"] == first.body["items"]


@pytest.mark.req("SEC-3", "AGT-5")
async def test_an_agent_sees_only_calls_they_took_part_in(
    api: Client, calls: psycopg.Connection
) -> None:
    api.log_in(agent(1003))
    answer = await api.get("/api/me/calls?limit=200")
    assert isinstance(answer.body, dict)
    assert {one["id"] for one in answer.body["items"]} == {
        f"s00000001-1.{n}" for n in range(1, 250, 10)
    }
    assert answer.body["items"][0]["from_number"] == "13900000241"
    assert answer.body["counts"]["total"] == 25
    assert (await api.get("/api/me/calls?agent=1001")).body["counts"]["total"] == 25
    assert (await api.get("/api/calls")).code == "not-allowed"
    assert (await api.get("/api/calls/s00000001-1.11")).status == 200
    assert (await api.get("/api/calls/s00000001-1.3")).code == "not-found"
    api.log_in(SUPERVISOR)
    assert (await api.get("/api/calls/s00000001-1.3")).status == 200
    assert (await api.get("/api/me/calls")).code == "not-allowed"


@pytest.mark.req("AGT-5")
async def test_an_agent_s_day_is_told_in_figures(api: Client, calls: psycopg.Connection) -> None:
    calls.execute(
        "INSERT INTO calls (id, start_id, direction, started_at, connected_at, result, wait_s,"
        " talk_s, rating, agents) VALUES"
        " ('s00000002-1.1', 's00000002', 'in', now(), now(), 'answered', 10, 60, 5, '{1005}'),"
        " ('s00000002-1.2', 's00000002', 'in', now(), now(), 'answered', 30, 30, 2, '{1004,1005}'),"
        " ('s00000002-1.3', 's00000002', 'out', now(), now(), 'answered', NULL, 30, NULL, '{1005}'),"
        " ('s00000002-1.4', 's00000002', 'in', now() - interval '1 day', now(), 'answered', 1, 1, 1,"
        "  '{1005}')"
    )
    calls.execute(
        "INSERT INTO queue_events (start_id, segment, position, at, callid, queue, agent, event, data)"
        " VALUES ('s00000002', 1, 0, now(), 's00000002-1.5', 'g1', 'agent-1005', 'RINGNOANSWER', '{}')"
    )
    api.log_in(agent(1005))
    answer = await api.get("/api/me/today")
    assert isinstance(answer.body, dict)
    answer.body.pop("day")
    assert answer.body == {
        "answered": 2,
        "in_20s": 1,
        "called": 1,
        "missed": 1,
        "talk_s": 120,
        "average_talk_s": 40,
        "average_wait_s": 20,
        "ratings": 2,
        "average_rating": 3.5,
    }
    api.log_in(agent(1009))
    answer = await api.get("/api/me/today")
    assert isinstance(answer.body, dict)
    assert (answer.body["answered"], answer.body["average_talk_s"]) == (0, None)


async def test_a_call_is_told_whole(api: Client, calls: psycopg.Connection) -> None:
    answer = await api.get("/api/calls/s00000001-1.0")
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    call = answer.body["call"]
    assert (call["id"], call["recordings"], call["keys"]) == ("s00000001-1.0", 4, "29")
    assert answer.body["legs"][0]["cause"] == 16
    assert answer.body["events"][0]["fields"] == {"key": "1"}
    assert [one["state"] for one in answer.body["recordings"]] == [
        "ready",
        "raw",
        "missing",
        "ready",
    ]
    assert (await api.get("/api/calls/s00000009-1.0")).code == "not-found"
    assert (await api.get("/api/calls/..%2f..%2fetc")).status in (404, 422)


@pytest.mark.req("REC-2")
async def test_a_recording_is_heard_in_parts_and_its_hearing_noted(
    api: Client, calls: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "data/recordings/20261122/s00000001-1.0.opus"
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(range(200)))
    path = "/api/calls/s00000001-1.0/recording"
    whole = await api.get(path)
    assert (whole.status, whole.body) == (200, bytes(range(200)))
    assert whole.headers["Content-Type"] == "audio/ogg"
    part = await api.ask("GET", path, Range="bytes=10-19")
    assert (part.status, part.body) == (206, bytes(range(10, 20)))
    assert part.headers["Content-Range"] == "bytes 10-19/200"
    late = await api.ask("GET", path, Range="bytes=500-")
    assert late.status == 416
    kept = await api.ask("GET", f"{path}?download=true", X_Real_IP="10.0.0.9")
    assert kept.headers["Content-Disposition"].startswith("attachment; filename")
    noted = calls.execute(
        "SELECT made_by, from_address, file, download FROM recording_access ORDER BY id"
    ).fetchall()
    assert noted == [
        ("owner", "127.0.0.1", "20261122/s00000001-1.0", False),
        ("owner", "10.0.0.9", "20261122/s00000001-1.0", True),
    ]


@pytest.mark.req("REC-2")
async def test_a_fresh_recording_is_heard_as_wav_before_it_is_opus(
    api: Client, calls: psycopg.Connection, tmp_path: Path
) -> None:
    calls.execute("UPDATE recordings SET state = 'raw'")
    file = tmp_path / "data/recordings/20261122/s00000001-1.0.raw"
    file.parent.mkdir(parents=True)
    sound = bytes(range(256)) * 16
    file.write_bytes(sound)
    path = "/api/calls/s00000001-1.0/recording"
    whole = await api.get(path)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(whole.body)) as heard:
        assert (heard.getnchannels(), heard.getframerate(), heard.getsampwidth()) == (2, 8000, 2)
        assert heard.readframes(heard.getnframes()) == sound
    for first, last in ((0, 9), (40, 50), (44, 47), (4000, 99999)):
        part = await api.ask("GET", path, Range=f"bytes={first}-{last}")
        assert (part.status, part.body) == (206, whole.body[first : last + 1])
    tail = await api.ask("GET", path, Range="bytes=-5")
    assert tail.body == whole.body[-5:]
    assert (await api.ask("GET", path, Range="bytes=99999-")).status == 416


async def test_nginx_is_told_which_file_to_send(
    api: Client, calls: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "data/recordings/20261122/s00000001-1.0.opus"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    answer = await api.ask("GET", "/api/calls/s00000001-1.0/recording", X_Accel="yes")
    assert answer.body == b""
    assert answer.headers["X-Accel-Redirect"] == "/_recordings/20261122/s00000001-1.0.opus"


async def test_a_recording_that_can_t_be_heard_says_why(
    api: Client, calls: psycopg.Connection
) -> None:
    path = "/api/calls/s00000001-1.0/recording"
    assert (await api.get(f"{path}?n=1")).code == "recording-missing"
    assert (await api.get(f"{path}?n=2")).code == "recording-missing"
    assert (await api.get(f"{path}?n=3")).code == "recording-missing"
    assert (await api.get(f"{path}?n=4")).code == "no-recording"
    calls.execute("UPDATE recordings SET file = '../../secrets/x' WHERE state = 'missing'")
    calls.execute("UPDATE recordings SET state = 'ready'")
    assert (await api.get(f"{path}?n=2")).code == "recording-missing"


@pytest.mark.req("SEC-3", "REC-2")
async def test_an_agent_hears_only_own_calls_and_downloads_none(
    api: Client, calls: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "data/recordings/20261122/s00000001-1.0.opus"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"sound")
    path = "/api/calls/s00000001-1.0/recording"
    api.log_in(agent(1003))
    assert (await api.get(path)).code == "no-recording"
    calls.execute("UPDATE calls SET agents = '{1003}' WHERE id = 's00000001-1.0'")
    assert (await api.get(path)).status == 200
    assert (await api.get(f"{path}?download=true")).code == "not-allowed"
    assert (await api.get("/api/calls/s00000001-1.0/access")).code == "not-allowed"
    api.log_in(SUPERVISOR)
    assert (await api.get(f"{path}?download=true")).status == 200
    api.log_in()
    answer = await api.get("/api/calls/s00000001-1.0/access")
    assert isinstance(answer.body, dict)
    assert [(one["made_by"], one["download"]) for one in answer.body["items"]] == [
        (SUPERVISOR.login, True),
        ("1003", False),
    ]


@pytest.mark.req("REC-2")
async def test_a_recording_is_drawn_without_being_loaded(
    api: Client, calls: psycopg.Connection, tmp_path: Path
) -> None:
    calls.execute("UPDATE recordings SET state = 'raw'")
    file = tmp_path / "data/recordings/20261122/s00000001-1.0.raw"
    file.parent.mkdir(parents=True)
    path = "/api/calls/s00000001-1.0/peaks"
    assert (await api.get(path)).code == "recording-missing"
    quiet, loud = struct.pack("<hh", 0, 256), struct.pack("<hh", -32768, 12800)
    file.write_bytes(quiet * 800 + loud * 400)
    whole = {"step_s": pytest.approx(0.1), "caller": [0, 255], "ours": [2, 100]}
    assert (await api.get(path)).body == whole
    file.unlink()
    assert (await api.get(path)).body == whole
    assert calls.execute("SELECT count(*) FROM recording_access").fetchone() == (0,)


@pytest.mark.req("ACD-7", "VM-1")
async def test_a_message_is_heard_and_that_is_noted(
    api: Client, calls: psycopg.Connection, tmp_path: Path
) -> None:
    id_ = "s00000001-1.2"
    calls.execute(
        "INSERT INTO voicemails (file, call_id, mailbox, left_at) VALUES ('0/m', %s, 0, now())",
        (id_,),
    )
    calls.execute("SELECT follow_up(ARRAY[%s])", (id_,))
    file = tmp_path / "data/asterisk/spool/voicemail/0/m.alaw"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xd5" * 8000)
    path = f"/api/calls/{id_}/voicemail"
    api.log_in(agent(1003))
    assert (await api.get(path)).code == "no-recording"
    calls.execute(
        "UPDATE follow_ups SET owner = '1003', state = 'taken' WHERE call_id = %s", (id_,)
    )
    whole = await api.get(path)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "audio/wav")
    assert whole.body[:4] == b"RIFF"
    assert len(whole.body) == 58 + 8000
    assert (await api.get(f"{path}?download=true")).code == "not-allowed"
    assert (await api.get(path)).status == 200
    row = calls.execute("SELECT heard_at IS NOT NULL FROM voicemails").fetchone()
    assert row == (True,)
    api.log_in()
    (line,) = (await api.get("/api/follow-ups?number=13900000002")).body["items"]
    assert line["calls"][0]["heard_at"]
    log = (await api.get(f"/api/follow-ups/{line['id']}/log")).body["items"]
    assert [(one["what"], one["made_by"]) for one in log] == [("heard", "1003")]
    accesses = (await api.get(f"/api/calls/{id_}/access")).body["items"]
    assert [(one["made_by"], one["voicemail"]) for one in accesses] == [("1003", True)]
