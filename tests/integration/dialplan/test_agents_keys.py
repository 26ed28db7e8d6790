"""Log-in and pause by keys (*11 *12 *13 *14), on a real Asterisk."""

from __future__ import annotations

import re

import pytest

from fixtures.dialplan_line import Line


@pytest.mark.req("AGT-1")
def test_agent_logs_in_pauses_unpauses_and_logs_out(line: Line) -> None:
    line.log_in("8001", "1001")
    assert line.members("g1") == line.members("g2") == ["agent-1001 PJSIP/8001"]
    line.keys("8001", "*13", [1500])
    assert line.paused() == 1
    line.keys("8001", "*14", [1500])
    assert line.paused() == 0
    line.keys("8001", "*12", [1500])
    assert line.members("g1") == line.members("g2") == []
    assert line.notes() == [
        ("LB_LOGIN", {"agent": "1001", "ext": "8001", "groups": "g1:0+g2:1", "by": ""}),
        ("LB_PAUSE", {"agent": "1001", "ext": "8001", "reason": "key", "by": ""}),
        ("LB_UNPAUSE", {"agent": "1001", "ext": "8001", "reason": "key", "by": ""}),
        ("LB_LOGOUT", {"agent": "1001", "ext": "8001", "reason": "key", "by": ""}),
    ]


@pytest.mark.req("AGT-1")
def test_log_in_elsewhere_takes_the_agent_off_the_former_phone(line: Line) -> None:
    line.log_in("8001", "1001")
    line.log_in("8002", "1001")
    assert line.members("g1") == ["agent-1001 PJSIP/8002"]
    gone = {"agent": "1001", "ext": "8001", "reason": "moved", "by": ""}
    assert ("LB_LOGOUT", gone) in line.notes()


@pytest.mark.req("AGT-1")
def test_phone_has_one_agent_at_a_time(line: Line) -> None:
    line.log_in("8001", "1001")
    line.log_in("8001", "1002")
    assert line.members("g1") == ["agent-1002 PJSIP/8001"]
    assert line.members("g2") == []
    gone = {"agent": "1001", "ext": "8001", "reason": "replaced", "by": ""}
    assert ("LB_LOGOUT", gone) in line.notes()


@pytest.mark.req("SEC-2")
def test_guessing_pins_locks_the_agent_and_the_phone(line: Line) -> None:
    for _ in range(2):
        line.keys("8001", "*11", [600, *["1001#", 500, "0000#", 900] * 3, 1500])
    line.log_in("8001", "1001")  # the right PIN, too late
    line.log_in("8002", "1001")  # from elsewhere as well
    assert line.members("g1") == []
    refused = [said["what"] for name, said in line.notes() if name == "LB_DENY"]
    assert refused.count("pin") == 5 and refused.count("locked") >= 3
    line.rig.asterisk("database put lb-lock p-8001 5-1000000000")  # ten minutes later
    line.rig.asterisk("database put lb-lock a-1001 5-1000000000")
    line.log_in("8001", "1001")
    assert line.members("g1") == ["agent-1001 PJSIP/8001"]


@pytest.mark.req("SEC-2")
def test_no_pin_and_no_hash_reaches_the_journal(line: Line) -> None:
    line.log_in("8001", "1001")
    journal = (line.rig.data / "journal/cel-custom/cel.csv").read_text()
    pin = re.compile(r"(?<!\d)2468(?!\d)")  # other numbers, of a process, may hold the digits
    assert pin.search(journal) is None and "615a0345" not in journal
    assert pin.search(line.log()) is None


@pytest.mark.req("AGT-1")
def test_keys_without_an_agent_change_nothing(line: Line) -> None:
    for code in ("*12", "*13", "*14"):
        line.keys("8001", code, [1500])
    assert line.notes() == []


@pytest.mark.req("AGT-1")
def test_unknown_staff_number_is_refused(line: Line) -> None:
    line.keys("8001", "*11", [600, *["7777#", 500, "1234#", 900] * 3, 1500])
    assert {said["what"] for name, said in line.notes() if name == "LB_DENY"} == {"pin"}
    assert line.members("g1") == []


@pytest.mark.req("TEL-5")
def test_phones_of_the_house_call_each_other(line: Line) -> None:
    line.phone("8002", talk_ms=1500)
    line.keys("8001", "8002", [4000])
    entry = next(said for name, said in line.notes() if name == "LB_ENTRY")
    assert entry == {
        "gen": "1", "did": "8002", "trunk": "", "from": "8001", "vip": "0",
        "ext": "8001", "agent": "", "goal": "phone", "for": "",
    }  # fmt: skip
