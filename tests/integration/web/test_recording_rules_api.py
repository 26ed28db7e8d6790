"""Recording rules over HTTP and in a draft (REC-1)."""

from __future__ import annotations

import pytest

from fixtures.postgres import Pg
from fixtures.webd import Client

RULES = "/api/recording-rules"


@pytest.mark.req("REC-1", "SET-3")
async def test_rules_are_saved_whole_and_never_over_another_s(api: Client) -> None:
    before = (await api.get(RULES)).body
    assert isinstance(before, dict)
    assert (before["keep_days"], before["calls_out"]) == (None, True)
    saved = await api.put(RULES, {"keep_days": 90, "calls_out": False}, before["etag"])
    assert saved.status == 200 and isinstance(saved.body, dict)
    assert (saved.body["keep_days"], saved.body["calls_out"]) == (90, False)
    late = await api.put(RULES, {"keep_days": 1}, before["etag"])
    assert (late.status, late.code) == (412, "changed-by-other")
    assert (await api.get(RULES)).body == saved.body


@pytest.mark.req("REC-1")
@pytest.mark.parametrize(
    ("days", "code"), [(0, "too-small"), (3651, "too-large"), ("90", "wrong-type")]
)
async def test_what_makes_no_sense_is_told_at_its_field(
    api: Client, days: object, code: str
) -> None:
    refused = await api.put(RULES, {"keep_days": days}, "*")
    assert refused.status == 422 and refused.problems() == {"keep_days": code}


@pytest.mark.req("REC-1")
async def test_a_removed_recording_is_told_with_its_days(api: Client, house: Pg) -> None:
    house.rows(
        "INSERT INTO calls (id, start_id, started_at, from_number, direction, result)"
        " VALUES ('s00000001-1.1', 's00000001', now(), '13900001111', 'in', 'answered') RETURNING 1"
    )
    house.rows(
        "INSERT INTO recordings (file, call_id, started_at, stopped_at, state, kept_days)"
        " VALUES ('20261122/s00000001-1.1', 's00000001-1.1', now(), now(), 'removed', 90) RETURNING 1"
    )
    body = (await api.get("/api/calls/s00000001-1.1")).body
    assert isinstance(body, dict)
    assert [(r["state"], r["kept_days"]) for r in body["recordings"]] == [("removed", 90)]
    refused = await api.get("/api/calls/s00000001-1.1/recording")
    assert (refused.status, refused.code) == (404, "recording-removed")
