"""Telephones at the box's FXS ports: told that messages wait, and handing a call on by hook flash (TEL-2).

The exchange's Asterisk gives up the far sides of two ports (board/vm: the box's channels 67 and 68, there 137 and 138);
telephones_bench.py plays telephones on them.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from box_api import BoxApi
from machine import VM, Machine, inside, until

_BENCH = Path(__file__).with_name("telephones_bench.py")
#: The telephones' extensions; nobody is on the box's staff by this number.
NEAR, FAR, STAFF = "8151", "8152", "9951"
#: The exchange's sides of the ports.
CHANNELS = ("137", "138")
CALL = "hwtest-telephones"
#: A number of the exchange that rings 2 s and talks 20 s (exchange/README.md).
TALKS = "13800001160"

type Bench = Callable[..., Any]


def sql(machine: Machine, text: str) -> None:
    psql = "psql -h /run/postgresql -U postgres -d linebox -v ON_ERROR_STOP=1 -Xqc"
    machine.sh(f"runuser -u postgres -- {psql} {shlex.quote(text)}")


@pytest.fixture(scope="module")
def own(lines: Machine) -> list[int]:
    """The box's channels of the two ports, in service."""
    api = until("its pages answer", lambda: BoxApi(lines), within_s=300, every_s=5)

    def ports() -> list[dict[str, Any]]:
        return [port for port in api.own_ports() if port["kind"] == "fxs"][:2]

    if [port["extension"] for port in ports()] != [NEAR, FAR]:
        new = [
            {"what": "extension", "after": {"number": number, "name": ""}} for number in (NEAR, FAR)
        ]
        served = zip(ports(), (NEAR, FAR), strict=True)
        api.apply([*new, *(api.change("port", port, extension=one) for port, one in served)])
    found = [int(port["channel"]) for port in ports()]
    until(
        "Asterisk has them",
        lambda: all(f"{one} " in lines.asterisk("dahdi show channels") for one in found),
        within_s=300,
        every_s=5,
    )
    return found


@pytest.fixture(scope="module")
def bench(lines: Machine, own: list[int]) -> Iterator[Bench]:
    """The telephones, in the machine."""
    inside("sh", "-c", "cat >/run/telephones_bench.py", stdin=_BENCH.read_bytes())

    def act(*words: str) -> Any:
        told = json.loads(inside("python3", "/run/telephones_bench.py", *words, timeout_s=900))
        assert "error" not in told, told
        return told

    act("release", *CHANNELS)
    yield act
    lines.sh("systemctl restart exchange-asterisk", timeout_s=300)


@pytest.fixture
def seated(lines: Machine) -> Iterator[None]:
    """A staff number at the telephone; what the test files is taken away."""
    sql(
        lines,
        "INSERT INTO agent_sessions (agent, extension, groups, logged_in_at)"
        f" VALUES ('{STAFF}', '{NEAR}', '', now())",
    )
    yield
    sql(
        lines,
        f"DELETE FROM voicemails WHERE call_id = '{CALL}'; DELETE FROM follow_ups WHERE call_id = '{CALL}';"
        f" DELETE FROM calls WHERE id = '{CALL}'; DELETE FROM agent_sessions WHERE agent = '{STAFF}'",
    )


def leave(machine: Machine) -> None:
    """A message that this staff number is to hear."""
    sql(
        machine,
        "INSERT INTO calls (id, start_id, direction, from_number, result, started_at)"
        f" VALUES ('{CALL}', 's00000001', 'in', '13900001234', 'voicemail', now());"
        f" INSERT INTO voicemails (file, call_id, mailbox, left_at) VALUES ('0/{CALL}', '{CALL}', 0, now());"
        f" SELECT follow_up(ARRAY['{CALL}']);"
        f" UPDATE follow_ups SET owner = '{STAFF}', state = 'taken', taken_at = now()"
        f" WHERE call_id = '{CALL}'",
    )


@pytest.mark.req("TEL-2")
def test_a_telephone_is_told_by_fsk_and_by_its_dial_tone_that_a_message_waits(
    lines: Machine, own: list[int], bench: Bench, seated: None
) -> None:
    assert f"{NEAR}@phones" in lines.asterisk(f"dahdi show channel {own[0]}")
    plain = bench("tone", CHANNELS[0])
    assert plain["450"] > 300 and plain["425"] < plain["450"] / 5, plain
    with subprocess.Popen(
        [VM, "sh", "python3", "/run/telephones_bench.py", "spill", CHANNELS[0], "120"],
        stdout=subprocess.PIPE,
    ) as listening:
        leave(lines)
        out, _ = listening.communicate(timeout=300)
    assert json.loads(out)["heard_s"] is not None, out
    waiting = bench("tone", CHANNELS[0])
    assert min(waiting["450"], waiting["425"]) > 300, waiting
    sql(lines, f"UPDATE voicemails SET heard_at = now() WHERE call_id = '{CALL}'")

    def plain_again() -> bool:
        told = bench("tone", CHANNELS[0])
        return bool(told["425"] < told["450"] / 5)

    until("the dial tone is plain again", plain_again, within_s=60, every_s=5)


@pytest.mark.req("TEL-2", "AGT-2")
def test_a_call_handed_on_by_hook_flash_is_one_call_of_both_telephones(
    lines: Machine, own: list[int], bench: Bench
) -> None:
    before = {row["id"] for row in lines.rows("SELECT id FROM calls")}
    told = bench("transfer", *CHANNELS, str(own[0]), str(own[1]), FAR, TALKS)
    assert told["dial_tone"]["450"] > 300 and told["left"], told
    query = f"SELECT id, result, direction FROM calls WHERE did = '{TALKS}' AND result <> 'open'"
    [call] = until(
        "the call is filed",
        lambda: [row for row in lines.rows(query) if row["id"] not in before],
        within_s=120,
    )
    assert (call["direction"], call["result"]) == ("out", "answered")
    id_ = call["id"]
    legs = lines.rows(
        f"SELECT number FROM call_legs WHERE call_id = '{id_}' AND talk_s IS NOT NULL"
    )
    assert {NEAR, FAR} <= {leg["number"] for leg in legs}, legs
    [handed] = lines.rows(
        f"SELECT fields FROM call_events WHERE call_id = '{id_}' AND kind = 'transfer'"
    )
    assert handed["fields"] == {"kind": "attended", "by": NEAR, "to": FAR}
