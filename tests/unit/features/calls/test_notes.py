"""One record of the journal may tell several facts."""

from __future__ import annotations

import pytest

from linebox.features.calls.notes import spelled_out

pytestmark = pytest.mark.req("RPT-5")
ENTRY = {"gen": "7", "did": "400", "trunk": "exchange", "from": "139", "vip": "0"}


def test_an_entry_tells_its_look_up_and_the_first_route() -> None:
    told = spelled_out("LB_ENTRY", {**ENTRY, "level": "ok", "ms": "3", "to": "menu", "id": "1"})
    assert list(told) == [
        ("LB_ENTRY", ENTRY),
        ("LB_LOOKUP", {"name": "LB_LEVEL", "outcome": "ok", "ms": "3"}),
        ("LB_ROUTE", {"to": "menu", "id": "1"}),
    ]


def test_a_refused_call_was_not_looked_up() -> None:
    told = spelled_out("LB_ENTRY", {**ENTRY, "to": "blocked", "id": "0"})
    assert [name for name, _ in told] == ["LB_ENTRY", "LB_ROUTE"]


def test_joining_a_group_is_its_route_and_told_once() -> None:
    entry = spelled_out("LB_ENTRY", {**ENTRY, "to": "group", "id": "2"})
    assert [name for name, _ in entry] == ["LB_ENTRY"]
    join = {"group": "2", "do": "join", "status": ""}
    assert list(spelled_out("LB_QUEUE", join)) == [
        ("LB_ROUTE", {"to": "group", "id": "2"}),
        ("LB_QUEUE", join),
    ]


def test_leaving_tells_with_whom_and_that_the_recording_ended() -> None:
    leave = {"group": "2", "do": "leave", "status": "answered"}
    said = {**leave, "agent": "1001", "ext": "8001", "file": "20261122/x.raw"}
    assert list(spelled_out("LB_QUEUE", said)) == [
        ("LB_CONNECT", {"group": "2", "agent": "1001", "ext": "8001"}),
        ("LB_QUEUE", leave),
        ("LB_REC", {"do": "stop", "file": "20261122/x.raw", "why": "end"}),
    ]
    assert list(spelled_out("LB_QUEUE", leave)) == [("LB_QUEUE", leave)]
