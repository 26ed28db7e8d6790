"""One whole call through every layer: carrier, menu, queue, agent, recording, rating, row."""

from __future__ import annotations

import pytest

from fixtures.boxes import until
from fixtures.site import DID, Site
from fixtures.truth import compare


@pytest.mark.req("TEL-4", "TEL-8", "IVR-1", "ACD-1", "ACD-8", "REC-1", "RPT-5")
def test_a_call_is_answered_recorded_rated_and_filed(site: Site) -> None:
    caller = site.caller()
    call = site.place(caller, keys=["1"], with_agent_s=None, rating="4")
    records = site.ended([call])
    compare(site, records)
    row = site.filed([caller])[caller]
    assert (row["result"], row["did"], row["trunk"], row["rating"]) == (
        "answered",
        DID,
        "exchange",
        4,
    )
    assert row["keys"] == "1"
    assert row["agent"] in {phone["agent"] for phone in site.box.practice["phones"]}
    assert row["group_id"] == 1 and row["talk_s"] > 1 and row["wait_s"] >= 0
    assert row["generation"] == site.box.value(
        "SELECT max(number) FROM generations WHERE state = 'current'"
    )


@pytest.mark.req("REC-1", "REC-2")
def test_the_recording_becomes_opus(site: Site) -> None:
    caller = site.caller()
    site.ended([site.place(caller, keys=["1"], with_agent_s=4)])
    row = site.filed([caller])[caller]
    # Conversion rests some minutes, so that it never competes with calls: this one is old already.
    site.box.rows(
        "UPDATE recordings SET stopped_at = stopped_at - interval '1 hour' WHERE call_id = %s RETURNING file",
        row["id"],
    )
    file = until(
        "the recording is ready",
        lambda: site.box.value(
            "SELECT file FROM recordings WHERE call_id = %s AND state = 'ready'", row["id"]
        ),
        within_s=40,
    )
    folder = site.box.data / "recordings"
    assert (folder / f"{file}.opus").stat().st_size > 1000
    assert not (folder / f"{file}.raw").exists()


@pytest.mark.req("ACD-3")
def test_black_listed_caller_gets_busy_and_is_filed(site: Site) -> None:
    number = site.box.value("SELECT number FROM number_lists WHERE list = 'black' LIMIT 1")
    before = site.box.value("SELECT count(*) FROM calls WHERE from_number = %s", number)
    [record] = site.ended([site.place(number, keys=["1"])])
    assert record["answered_at"] is None and record["cause"] == 17
    until(
        "the blocked call is filed",
        lambda: (
            site.box.value(
                "SELECT count(*) FROM calls WHERE from_number = %s AND result = 'blocked'", number
            )
            == before + 1
        ),
    )


@pytest.mark.req("IVR-1")
def test_wrong_keys_and_none_are_handled_and_noted(site: Site) -> None:
    caller = site.caller()
    call = site.place(caller, keys=["7", "1@20"], with_agent_s=2)
    site.ended([call])
    row = site.filed([caller])[caller]
    events = site.box.rows(
        "SELECT kind, fields FROM call_events WHERE call_id = %s AND kind = 'menu' ORDER BY n",
        row["id"],
    )
    keys = [event["fields"]["key"] for event in events]
    assert keys[0] == "wrong:7" and keys[-1] == "1"
    assert row["result"] == "answered"


@pytest.mark.req("IVR-6", "VM-1")
def test_a_message_can_be_left(site: Site) -> None:
    caller = site.caller()
    call = site.place(caller, keys=["9"], talk_s=15)
    site.ended([call])
    row = site.filed([caller])[caller]
    assert row["result"] == "voicemail" and row["needs_follow_up"]


@pytest.mark.req("IVR-3")
def test_self_service_looks_up_the_order(site: Site) -> None:
    phone = site.box.value("SELECT phone FROM orders LIMIT 1")
    site.ended([site.place(phone, keys=["2"], talk_s=25)])
    call = until(
        "the self-service call is filed",
        lambda: site.box.value(
            "SELECT id FROM calls WHERE from_number = %s AND result = 'selfservice' ORDER BY started_at DESC LIMIT 1",
            phone,
        ),
    )
    found = until(
        "the look-up is noted",
        lambda: site.box.rows(
            "SELECT fields FROM call_events WHERE call_id = %s AND kind = 'lookup'", call
        ),
    )
    assert ("LB_ORDER", "ok") in {(e["fields"]["name"], e["fields"]["outcome"]) for e in found}


@pytest.mark.req("ACD-7")
def test_an_abandoned_call_needs_follow_up(site: Site) -> None:
    phones = [phone["ext"] for phone in site.box.practice["phones"]]
    for ext in phones:
        site.exchange.change_agent(ext, behaviour="ring")
    try:
        caller = site.caller()
        site.ended([site.place(caller, keys=["1"], talk_s=12)])
        row = site.filed([caller])[caller]
        assert row["result"] == "abandoned" and row["needs_follow_up"] and row["wait_s"] > 3
    finally:
        for ext in phones:
            site.exchange.change_agent(ext, behaviour="answer")
