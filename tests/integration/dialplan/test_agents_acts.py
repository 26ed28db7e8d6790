"""Acts from screens and browser phones' passwords, on a real Asterisk: calld's own code, no box."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from fixtures.dialplan_line import Line


def _act(line: Line, *wishes: dict[str, Any]) -> list[Any]:
    """What came of each: ``done``, or the error's code."""
    said = line.rig.sh(sys.executable, "-m", "fixtures.acting", *map(json.dumps, wishes))
    found: list[Any] = json.loads(said.splitlines()[-1])
    return found


def _member(line: Line, queue: str) -> str:
    """What app_queue says of the one member of ``queue``."""
    shown = re.sub(r"\x1b\[[0-9;]*m", "", line.rig.asterisk(f"queue show {queue}"))
    return next((row.strip() for row in shown.splitlines() if "agent-1001" in row), "")


@pytest.mark.req("AGT-1", "SUP-1")
def test_a_screen_does_what_the_keys_do_and_notes_whose_act_it_was(line: Line) -> None:
    line.phone("8001")
    agent = {"agent": "1001", "by": "anna"}
    assert _act(line, agent | {"do": "login", "ext": "8001"}) == ["done"]
    assert line.members("g1") == line.members("g2") == ["agent-1001 PJSIP/8001"]
    assert _act(line, agent | {"do": "pause", "reason": "meal"}) == ["done"]
    assert "paused:meal" in _member(line, "g1") and "paused:meal" in _member(line, "g2")
    assert (
        _act(
            line,
            agent | {"do": "join", "group": 3},
            agent | {"do": "leave", "group": 2},
            agent | {"do": "ready"},
            agent | {"do": "logout", "reason": "supervisor"},
        )
        == ["done"] * 4
    )
    assert line.members("g1") == line.members("g3") == []
    about = {"agent": "1001", "ext": "8001"}
    assert line.notes() == [
        ("LB_LOGIN", about | {"groups": "g1:0+g2:1", "by": "anna"}),
        ("LB_PAUSE", about | {"reason": "meal", "by": "anna"}),
        ("LB_JOIN", about | {"groups": "g1:0+g2:1+g3:0", "by": "anna"}),
        ("LB_LEAVE", about | {"groups": "g1:0+g3:0", "by": "anna"}),
        ("LB_UNPAUSE", about | {"reason": "desk", "by": "anna"}),
        ("LB_LOGOUT", about | {"reason": "supervisor", "by": "anna"}),
    ]
    assert line.rig.asterisk("database show lb-at").strip().endswith("0 results found.")


@pytest.mark.req("AGT-1", "ACD-13")
def test_what_cannot_be_done_is_refused_by_name_and_changes_nothing(line: Line) -> None:
    agent = {"agent": "1001"}
    assert _act(
        line,
        agent | {"do": "login"},  # no page is open
        agent | {"do": "pause"},
        {"agent": "4711", "do": "login", "ext": "8001"},
    ) == ["phone-not-registered", "agent-not-in", "not-found"]
    line.phone("8002")
    assert _act(
        line,
        {"agent": "1002", "do": "login", "ext": "8002"},
        {"agent": "1002", "do": "leave", "group": 1},
        {"agent": "1002", "do": "leave", "group": 2},
        {"agent": "1002", "do": "join", "group": 99},
    ) == ["done", "agent-only-group", "agent-not-in-group", "not-found"]
    assert line.members("g1") == ["agent-1002 PJSIP/8002"]


@pytest.mark.req("AGT-1")
def test_group_joined_by_a_screen_takes_the_pause_and_the_settings_penalty(line: Line) -> None:
    line.phone("8001")
    agent = {"agent": "1001"}
    _act(line, agent | {"do": "login", "ext": "8001"}, agent | {"do": "leave", "group": 2})
    _act(line, agent | {"do": "pause", "reason": "training"}, agent | {"do": "join", "group": 2})
    assert "with penalty 1" in _member(line, "g2")
    assert "paused:training" in _member(line, "g2")


@pytest.mark.req("AGT-1")
@pytest.mark.parametrize(
    ("code", "reason"), [("*131", "break"), ("*132", "meal"), ("*135", "work")]
)
def test_a_pause_by_keys_may_have_a_reason(line: Line, code: str, reason: str) -> None:
    line.log_in("8001", "1001")
    line.keys("8001", code, [1500])
    assert f"paused:{reason}" in _member(line, "g1")
    assert line.notes()[-1] == (
        "LB_PAUSE",
        {"agent": "1001", "ext": "8001", "reason": reason, "by": ""},
    )


@pytest.mark.req("AGT-1")
def test_ending_the_wrap_up_keeps_groups_penalties_and_the_pause(line: Line) -> None:
    line.log_in("8001", "1001")
    line.keys("8001", "*133", [1500])
    line.keys("8001", "*15", [1500])
    assert line.members("g1") == line.members("g2") == ["agent-1001 PJSIP/8001"]
    assert "paused:meeting" in _member(line, "g1")
    assert "with penalty 1" in _member(line, "g2") and "paused:meeting" in _member(line, "g2")
    assert line.notes()[-1][0] == "LB_WRAPUP"


@pytest.mark.req("AGT-1")
def test_the_wrap_up_ends_at_once(line: Line) -> None:
    line.phone("8001", talk_ms=3000)
    _act(line, {"agent": "1001", "do": "login", "ext": "8001"})
    assert line.telephones.call("4008001237", [9000]).succeeded(40)
    assert "has taken 1 calls" in _member(line, "g2")
    _act(line, {"agent": "1001", "do": "wrapup-end"})
    assert "has taken no calls yet" in _member(line, "g2")  # and so it has no wrap-up


@pytest.mark.req("TEL-6", "SEC-2")
def test_only_the_last_password_of_a_browser_phone_registers(line: Line) -> None:
    first, second = _act(line, {"renew": "1001"}, {"renew": "1001"})
    assert first["user"] == second["user"] == "w1001"
    telephones = line.telephones
    assert telephones.registering("w1001", first["password"], code=401).succeeded(20)
    assert telephones.registering("w1001", second["password"], code=200).succeeded(20)
    assert second["password"] not in line.rig.asterisk("database show ps_auths")
    assert _act(line, {"revoke": "1001"}, {"revoke": "1001"}) == ["done", "done"]
    assert not telephones.registering("w1001", second["password"], code=200).succeeded(20)
    line.rig.asterisk("database deltree registrar")
