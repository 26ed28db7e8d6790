"""The call of issue 2, section 3, on a real Asterisk: what callers meet and what the journal says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.dialplan_house import BLACK, CLOSED, DID, ENGLISH, FULL, SHORT, VIP, WHITE
from fixtures.dialplan_line import Line

Notes = list[tuple[str, dict[str, str]]]


def names(notes: Notes) -> list[str]:
    return [name for name, _ in notes]


def one(notes: Notes, name: str, **like: str) -> dict[str, str]:
    found = [said for n, said in notes if n == name and like.items() <= said.items()]
    assert len(found) == 1, (name, like, notes)
    return found[0]


@pytest.mark.req("TEL-8", "IVR-1", "ACD-1", "REC-1", "RPT-5")
def test_caller_reaches_an_agent_is_recorded_and_rates(line: Line) -> None:
    line.phone("8001", talk_ms=2000)
    line.log_in("8001", "1001")
    line.mark()
    call = line.telephones.call(DID, [1200, "1", 5000, "4", 2000])
    assert call.succeeded()
    notes = line.notes("13900001111")
    file = one(notes, "LB_REC", do="start")["file"]
    assert int(one(notes, "LB_LOOKUP").pop("ms")) < 1000
    assert [(n, s) for n, s in notes if n != "LB_LOOKUP"] == [
        ("LB_ENTRY", {"gen": "1", "did": DID, "trunk": "exchange", "from": "13900001111", "vip": "0"}),
        ("LB_ROUTE", {"to": "menu", "id": "1"}),
        ("LB_REC", {"do": "start", "file": file, "why": "all"}),
        ("LB_MENU", {"menu": "1", "key": "1"}),
        ("LB_ROUTE", {"to": "group", "id": "1"}),
        ("LB_QUEUE", {"group": "1", "do": "join", "status": ""}),
        ("LB_CONNECT", {"group": "1", "agent": "1001", "ext": "8001"}),
        ("LB_QUEUE", {"group": "1", "do": "leave", "status": "answered"}),
        ("LB_REC", {"do": "stop", "file": file, "why": "end"}),
        ("LB_RATING", {"value": "4", "agent": "1001"}),
    ]  # fmt: skip
    assert [e for e, _, _ in line.events()] == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    recording = (line.rig.data / "recordings" / file).read_bytes()
    assert len(recording) / 32000 > 3  # greeting, menu, 2 s of talk; 16-bit stereo at 8 kHz
    left, right = recording[0::4] + recording[1::4], recording[2::4] + recording[3::4]
    assert any(left) and any(right), "each side has sound of its own"


@pytest.mark.req("ACD-3")
@pytest.mark.parametrize("spelling", [BLACK, f"0{BLACK}", f"+86{BLACK}", f"86{BLACK}"])
def test_black_listed_caller_is_busy(line: Line, spelling: str) -> None:
    assert line.telephones.refused(DID, 486, caller=spelling).succeeded(30)
    assert line.notes()[-1] == ("LB_ROUTE", {"to": "blocked", "id": "0"})


@pytest.mark.req("ACD-3")
@pytest.mark.parametrize("spelling", [WHITE, f"+86{WHITE}"])
def test_white_listed_caller_passes_black_list_closed_hours_and_menu(
    line: Line, spelling: str
) -> None:
    line.phone("8001", talk_ms=2000)
    line.log_in("8001", "1001")
    line.mark()
    assert line.telephones.call(CLOSED, [5000, "4", 2000], caller=spelling).succeeded(40)
    notes = line.notes(spelling)
    assert [n for n, _ in notes][:3] == ["LB_LIST", "LB_ENTRY", "LB_LOOKUP"]
    assert [s["to"] for n, s in notes if n == "LB_ROUTE"] == ["group"], "no menu, no closed"
    assert one(notes, "LB_CONNECT")["agent"] == "1001"


@pytest.mark.req("TEL-8")
@pytest.mark.parametrize("number", ["4009999999", "+862166666666", "sales", "%00%22"])
def test_unknown_number_is_refused_and_noted(line: Line, number: str) -> None:
    assert line.telephones.refused(number, 404).succeeded(30)
    notes = line.notes()
    assert one(notes, "LB_ENTRY")["did"] == ""
    assert notes[-1] == ("LB_ROUTE", {"to": "unknown-did", "id": "0"})


@pytest.mark.req("TEL-4")
def test_calls_beyond_the_trunks_limit_are_refused(line: Line) -> None:
    calls = [line.telephones.call(FULL, [60_000], caller=f"1390000222{n}") for n in range(3)]
    line.rig.until(
        "three calls counted",
        lambda: line.rig.asterisk("group show channels").count("PJSIP/trunk-") == 3,
    )
    assert line.telephones.refused(DID, 503, caller="13900003333").succeeded(30)
    assert line.notes("13900003333")[-1] == ("LB_ROUTE", {"to": "full", "id": "0"})
    for call in calls:
        call.end()
    line.rig.asterisk("channel request hangup all")


@pytest.mark.req("ACD-3")
def test_vip_is_noted_and_goes_to_the_head(line: Line) -> None:
    first = line.telephones.call(DID, [900, "1", 9000], caller="13900004441")
    line.rig.until("first waits", lambda: line.where("lb-queue"))
    second = line.telephones.call(DID, [900, "1", 9000], caller=VIP)
    line.rig.until("both wait", lambda: line.rig.asterisk("queue show g1").count("wait:") == 2)
    waiting = line.rig.asterisk("queue show g1").partition("Callers:")[2].splitlines()
    assert "prio: 5" in waiting[1] and "prio: 0" in waiting[2]
    assert one(line.notes(VIP), "LB_ENTRY")["vip"] == "5"
    line.rig.asterisk("channel request hangup all")
    first.end()
    second.end()


@pytest.mark.req("IVR-6", "ACD-2")
def test_out_of_hours_leads_to_the_numbers_voicemail(line: Line) -> None:
    call = line.telephones.call(CLOSED, [3000, "#", 2000])
    assert call.succeeded(40)
    notes = line.notes("13900001111")
    assert one(notes, "LB_ROUTE", to="closed") == {"to": "closed", "id": "3"}
    assert one(notes, "LB_ROUTE", to="voicemail")["id"] == "7"
    message = one(notes, "LB_VM")
    stored = line.rig.data / "asterisk/spool/voicemail" / message["file"]
    assert message["box"] == "7" and int(message["s"]) == stored.stat().st_size // 8000 >= 1
    assert one(notes, "LB_REC", do="stop")["why"] == "voicemail"


@pytest.mark.req("IVR-6")
def test_voicemail_ended_by_hanging_up_is_kept(line: Line) -> None:
    assert line.telephones.call(CLOSED, [3500], hangs_up=True).succeeded(20)
    line.quiet()
    line.rig.until("the note", lambda: "LB_VM" in names(line.notes()))
    assert int(one(line.notes(), "LB_VM")["s"]) >= 1


@pytest.mark.req("IVR-1")
def test_wrong_missing_and_repeat_keys(line: Line) -> None:
    call = line.telephones.call(DID, [900, "7", 1200, "0", 900, "*", 900, "5", 1200, "#", 2000])
    assert call.succeeded(30)
    assert [s["key"] for n, s in line.notes() if n == "LB_MENU"] == [
        "wrong:7",
        "0",
        "*",
        "wrong:5",
        "#",
    ]


@pytest.mark.req("IVR-1")
@pytest.mark.parametrize(
    ("sound", "script", "keys"),
    [
        ("welcome", [900, "1", 3000], ["1"]),
        ("menu-wrong", [900, "7", 1200, "1", 3000], ["wrong:7", "1"]),
        ("menu-none", [3500, "1", 3000], ["none", "1"]),
    ],
)
def test_a_key_pressed_while_a_sentence_is_said_counts(
    line: Line, sound: str, script: list[int | str], keys: list[str]
) -> None:
    with lasting(line.rig.folder / f"share/sounds/zh/lb/{sound}.alaw", 4.0):
        line.telephones.call(DID, script)
        line.rig.until("the keys are noted", lambda: menu_keys(line) == keys, within_s=8)
        line.rig.asterisk("channel request hangup all")


@contextmanager
def lasting(sound: Path, seconds: float) -> Iterator[None]:
    """A sound as long as real speech: the rig's last 100 ms."""
    short = sound.rename(sound.with_suffix(".short"))
    sound.write_bytes(b"\xd5" * int(seconds * 8000))
    yield
    short.rename(sound)


def menu_keys(line: Line) -> list[str]:
    return [said["key"] for name, said in line.notes() if name == "LB_MENU"]


@pytest.mark.req("IVR-1")
def test_no_key_at_all_ends_in_the_menus_fallback(line: Line) -> None:
    assert line.telephones.call(DID, [8000]).succeeded(30)
    assert [s["key"] for n, s in line.notes() if n == "LB_MENU"] == ["none", "none"]


@pytest.mark.req("IVR-3")
def test_self_service_says_its_data_though_no_database_answers(line: Line) -> None:
    call = line.telephones.call(ENGLISH, [900, "2", 12000, "0", 1500, "#", 1500])
    assert call.succeeded(40)
    lookups = [s for n, s in line.notes() if n == "LB_LOOKUP"]
    assert [(s["name"], s["outcome"]) for s in lookups] == [
        ("LB_LEVEL", "default"),
        ("LB_ORDER", "default"),
    ]
    assert all(int(s["ms"]) < 1000 for s in lookups)
    assert "does not exist" not in line.complaints()


@pytest.mark.req("ACD-5")
def test_waiting_too_long_overflows_to_voicemail(line: Line) -> None:
    assert line.telephones.call(SHORT, [6500, "#", 2000]).succeeded(40)
    notes = line.notes()
    assert one(notes, "LB_QUEUE", do="leave")["status"] == "TIMEOUT"
    assert one(notes, "LB_ROUTE", to="voicemail")["id"] == "0"


@pytest.mark.req("ACD-5")
def test_full_queue_overflows_at_once(line: Line) -> None:
    first = line.telephones.call(FULL, [9000])
    line.rig.until("first waits", lambda: line.where("lb-queue"))
    assert line.telephones.call(FULL, [2000], caller="13900005555").succeeded(20)
    assert one(line.notes("13900005555"), "LB_QUEUE", do="leave")["status"] == "FULL"
    first.end()
    line.rig.asterisk("channel request hangup all")


@pytest.mark.req("RPT-5")
def test_caller_who_hangs_up_while_talking_is_noted_as_connected(line: Line) -> None:
    line.phone("8001")
    line.log_in("8001", "1001")
    line.mark()
    assert line.telephones.call(DID, [900, "1", 2500], hangs_up=True).succeeded(20)
    line.rig.until("the note", lambda: "LB_CONNECT" in names(line.notes()))
    notes = line.notes()
    assert one(notes, "LB_CONNECT") == {"group": "1", "agent": "1001", "ext": "8001"}
    assert "LB_RATING" not in names(notes)
    assert [e for e, _, _ in line.events()] == ["ENTERQUEUE", "CONNECT", "COMPLETECALLER"]


def test_caller_who_hangs_up_while_waiting_was_not_connected(line: Line) -> None:
    assert line.telephones.call(DID, [900, "1", 1500], hangs_up=True).succeeded(20)
    line.quiet()
    line.rig.until("the end", lambda: [e for e, _, _ in line.events()] == ["ENTERQUEUE", "ABANDON"])
    assert "LB_CONNECT" not in names(line.notes())


@pytest.mark.req("AGT-6", "ACD-7")
def test_lost_agent_leg_brings_the_caller_back_to_the_same_agent(line: Line) -> None:
    line.phone("8001")
    line.log_in("8001", "1001")
    line.mark()
    call = line.telephones.call(DID, [900, "1", 20000])
    line.rig.until("they talk", lambda: "CONNECT" in [e for e, _, _ in line.events()])
    legs = [c.split("!")[0] for c in line.channels() if c.startswith("PJSIP/8001")]
    line.rig.asterisk(f"channel request hangup {legs[0]}")
    line.rig.until(
        "the agent rings again and answers",
        lambda: any(
            c.startswith("PJSIP/8001") and c.split("!")[0] != legs[0] and "!Up!" in c
            for c in line.channels()
        ),
    )
    notes = line.notes()
    assert [s["status"] for n, s in notes if n == "LB_QUEUE"] == ["", "lost", "lost"]
    assert "LB_RATING" not in names(notes)
    again = next(c.split("!")[0] for c in line.channels() if c.startswith("PJSIP/8001"))
    assert again != legs[0]
    call.end()
    line.rig.asterisk("channel request hangup all")
