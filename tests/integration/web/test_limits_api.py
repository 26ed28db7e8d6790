"""Limits of calls out over HTTP, in a draft, and their alarms (SEC-2)."""

from __future__ import annotations

import pytest

from fixtures.postgres import Pg
from fixtures.webd import Client
from linebox.asterisk.journals import CelRecord
from linebox.features.diagnostics.alarms import standing
from linebox.features.limits import store
from linebox.features.settings.model import Author

ALLOWED = {
    "countries": ["US", "HK", "HK"],
    "abroad_hours": 1,
    "minutes_day": 90,
    "calls_at_once": 3,
}


@pytest.mark.req("SEC-2")
async def test_a_new_box_calls_nowhere_abroad(api: Client) -> None:
    body = (await api.get("/api/limits")).body
    assert isinstance(body, dict)
    assert (body["countries"], body["minutes_day"], body["calls_at_once"]) == ([], 600, 2)
    assert {"HK", "US", "JM"} <= set(body["known"]) and "CN" not in body["known"]


@pytest.mark.req("SEC-2", "SET-3")
async def test_limits_are_saved_whole_and_never_over_another_s(api: Client) -> None:
    before = (await api.get("/api/limits")).body
    assert isinstance(before, dict)
    saved = await api.put("/api/limits", ALLOWED, before["etag"])
    assert saved.status == 200 and isinstance(saved.body, dict)
    assert saved.body["countries"] == ["HK", "US"]
    late = await api.put("/api/limits", {"countries": []}, before["etag"])
    assert (late.status, late.code) == (412, "changed-by-other")
    assert (await api.get("/api/limits")).body == saved.body


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"countries": ["HK", "XX"]}, "countries.1", "no-such-country"),
        ({"countries": ["CN"]}, "countries.0", "no-such-country"),
        ({"abroad_hours": 99}, "abroad_hours", "no-such-reference"),
        ({"minutes_day": 0}, "minutes_day", "too-small"),
        ({"calls_at_once": 101}, "calls_at_once", "too-large"),
    ],
)
async def test_what_makes_no_sense_is_told_at_its_field(
    api: Client, body: dict[str, object], field: str, code: str
) -> None:
    refused = await api.put("/api/limits", body, "*")
    assert refused.status == 422 and refused.problems() == {field: code}


@pytest.mark.req("SEC-2")
async def test_hours_that_limits_use_are_not_deleted(api: Client) -> None:
    await api.put("/api/limits", ALLOWED, "*")
    refused = await api.delete("/api/calendars/1", "*")
    assert (refused.status, refused.code) == (409, "in-use")


@pytest.mark.req("SEC-2")
async def test_the_switch_says_when_calld_is_away(api: Client) -> None:
    for answer in (await api.get("/api/limits/now"), await api.post("/api/limits/stop", {"stopped": True})):  # fmt: skip
        assert (answer.status, answer.code) == (503, "calld-away")


def deny(phone: str, why: str) -> CelRecord:
    extra = f'{{"extra":"what=toll;ext={phone};why={why}"}}'
    empty = dict.fromkeys(CelRecord._fields, "")
    return CelRecord(**{**empty, "event": "LB_DENY", "extra": extra})  # type: ignore[arg-type]


@pytest.mark.req("SEC-2")
async def test_refusals_are_alarms_of_their_phone_for_a_day(house: Pg) -> None:
    records = [deny("8001", "country"), deny("8001", "country"), deny("w1001", "minutes")]
    async with await house.connect_async() as connection:
        for _ in range(2):
            await store.file(connection, records)
        found = {(one.code, one.subject, one.count) for one in await standing(connection)}
        assert found == {("toll-country", "8001", 4), ("toll-minutes", "w1001", 2)}
        await connection.execute("UPDATE alarms SET last_at = now() - interval '25 hours'")
        assert await standing(connection) == ()
        await store.file(connection, records[:1])
        assert [(one.subject, one.count) for one in await standing(connection)] == [("8001", 1)]


@pytest.mark.req("SEC-2")
async def test_a_box_whose_row_was_lost_is_limited_anew(house: Pg) -> None:
    house.rows("DELETE FROM call_limits RETURNING 1")
    async with await house.connect_async() as connection:
        before = await store.read(connection)
        assert before.countries == ()
        await store.save(connection, Author("t"), before)
