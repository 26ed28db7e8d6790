"""Faults of cards and of what serves them, with calls on the lines (issue 5, section 3): TEL-1, TEL-2, TEL-3, DIA-5.

Cards of dahdi_lbsim in the running box, found by its own boardd, put into service by the settings, used by its own Asterisk;
at their far side the exchange of linebox.hw.sim.exchange (lines) and the machine's exchange (`e1-3`). What is done to them is
faults_bench.py's, inside the machine.

It takes dahdi_lbsim for the box's own Asterisk, which test_lbsim.py has for its own: run after that one's last test (conftest.py).
``LINEBOX_FIGURES=1``: 25 alarms on and off on each of four lines and the trunk, which is the figure, and boardd killed 50 times.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.rows import Row, write
from box_api import BoxApi
from machine import MAIN, Machine, inside, until

FIGURES = "LINEBOX_FIGURES" in os.environ
ALARMS, KILLS = ("25", "50") if FIGURES else ("4", "6")
SEED = os.environ.get("LINEBOX_SEED", str(secrets.randbelow(10**6)))
_BENCH = Path(__file__).with_name("faults_bench.py")
_TABLE = Path(__file__).parents[1] / "build/bench.json"

type Bench = Callable[..., Any]


@pytest.fixture(scope="module")
def bench(lines: Machine) -> Iterator[Bench]:
    """Four lines and a trunk of dahdi_lbsim, in service; their far sides answer."""
    inside("sh", "-c", "cat >/run/faults_bench.py", stdin=_BENCH.read_bytes())

    def experiment(*words: str) -> Any:
        return json.loads(inside("python3", "/run/faults_bench.py", *words))

    began = experiment("up")
    assert "error" not in began and began["exchange_s"] is not None, began
    api = until("its pages answer", lambda: BoxApi(lines), within_s=300, every_s=5)

    def own(kind: str) -> list[dict[str, Any]]:
        spans = [one for one in api.items("spans") if one["key"].startswith("lbsim-")]
        if kind == "spans":
            return [one for one in spans if one["kind"] == "e1"]
        ids = {one["id"] for one in spans}
        return [one for one in api.items("ports") if one["span_id"] in ids]

    until(
        "the cards are filed",
        lambda: (len(own("spans")), len(own("ports"))) == (1, 4),
        within_s=300,
        every_s=5,
    )

    def in_service() -> bool:
        """Confd may still be starting, or bring the new cards into effect: asked again."""
        if not any(trunk["name"] == "simulated" for trunk in api.items("trunks")):
            new = {"what": "trunk", "after": {"name": "simulated", "kind": "e1"}, "ref": "new:1"}
            many = {"what": "trunk", "after": {"name": "wires", "kind": "analog"}, "ref": "new:2"}
            spans = [api.change("span", e1, trunk_id="new:1", crc4=True) for e1 in own("spans")]
            ports = [api.change("port", p, trunk_id="new:2", number=MAIN) for p in own("ports")]
            api.apply([new, many, *spans, *ports])
        return lines.asterisk("pri show spans").count("Up, Active") == 3

    until("the new trunk's D-channel is up", in_service, within_s=600, every_s=10)
    yield experiment
    experiment("down")


def one_record(machine: Machine, number: str) -> dict[str, Any]:
    """The only one of a caller's calls, once it is over."""
    sql = f"SELECT id, result, cut, answered_at FROM calls WHERE from_number = '{number}' AND result <> 'open'"
    rows = until(f"the call of {number} is filed", lambda: machine.rows(sql), within_s=120)
    assert len(rows) == 1, rows
    return rows[0]


def start(machine: Machine) -> str:
    """Asterisk's start that runs: the journal's newest folder."""
    return machine.sh("ls /data/journal | tail -n 1")


def talking(machine: Machine, caller: str, line: str) -> str:
    """A call on a line that goes on for long."""
    placed = machine.exchange.place(caller, MAIN, line=line, talk_s=900, ring_s=120)
    machine.exchange.wait_for(placed, lambda call: call["answered_at"], within_s=200)
    return placed


def ends_well(machine: Machine, placed: str) -> None:
    """It still goes on; then the customer hangs up."""
    assert machine.exchange.call(placed)["ended_at"] is None, machine.exchange.call(placed)
    machine.exchange.hang_up(placed)
    record = machine.exchange.ended(placed, within_s=60)
    assert record["ended_by"] == "party"
    assert machine.filed(record)["cut"] is False


@pytest.mark.req("TEL-1", "DIA-5")
def test_a_card_pulled_out_in_a_call_and_put_back_takes_calls_again(
    bench: Bench, lines: Machine, caller: str
) -> None:
    before = start(lines)
    other = talking(lines, caller, "e1-1")
    began = bench("begin", "1", "13611110001")
    assert began["answered_s"] is not None and began["channel"], began
    told = bench("pull")
    assert len(told["before"]) == 4 and told["again"] == [True], told
    assert told["page_gone_s"] is not None and told["port"] == "alarm gone", told
    assert told["healed_s"] is not None and told["given_back_s"] is not None, told
    assert told["ports"] == ["idle"] * 4, told
    assert one_record(lines, "13611110001")["cut"] is False
    called = bench("call", "1", "13611110002")
    assert called.get("answered_s") is not None, called
    one_record(lines, "13611110002")
    ends_well(lines, other)
    assert start(lines) == before


@pytest.mark.req("TEL-2", "TEL-3", "DIA-5")
@pytest.mark.timeout(3600)
def test_each_alarm_is_on_the_page_within_two_seconds_and_in_the_history(
    bench: Bench, lines: Machine
) -> None:
    known = lines.rows("SELECT coalesce(max(id), 0) AS id FROM port_events")[0]["id"]
    told = bench("alarms", ALARMS, SEED)
    rows = told["rows"]
    assert len(rows) == 2 * 5 * int(ALARMS)
    assert [one for one in rows if one["s"] is None] == []
    on = [one for one in rows if one["what"] == "on"]
    seen = {(one["fault"], one["word"]) for one in on}
    assert seen == {
        ("0", "alarm battery"),
        ("los", "los+red"),
        ("lfa", "red+lfa"),
        ("ais", "blue"),
        ("rai", "yellow"),
    }
    took = sorted(one["s"] * 1000 for one in rows)
    p99, p50 = took[-1 - len(took) // 100], took[len(took) // 2]
    print(f"{len(took)} alarms: p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {took[-1]:.0f} ms")
    if FIGURES:
        note = (
            f"{len(on)} alarms on and off (seed {SEED}), {ALARMS} each of 4 lines' batteries and an E1's los, ais, rai, lfa; p50"
            f" {p50:.0f} ms; from the fault in dahdi_lbsim's sysfs, its own debounce (battery 1 s, E1 0.5 and 1 s) included,"
            " to the answer in a client that asks as the page does; one clock, in the machine"
        )
        write(
            [Row(name="alarm-to-page-p99-ms", value=p99, unit="ms", limit=2000, note=note)], _TABLE
        )
    events = (  # what DAHDI says between an alarm and its end is filed, too
        "SELECT key, became FROM port_events"
        f" WHERE id > {known} AND (key LIKE 'lbsim-box/1/%' OR key = 'lbsim-e1-box/1') AND became <> 'recover'"
    )
    until("each is filed", lambda: len(lines.rows(events)) == len(rows), within_s=60)
    assert p99 <= 2000 or not FIGURES


@pytest.mark.req("TEL-3")
def test_clock_slips_are_counted_and_told(bench: Bench) -> None:
    told = bench("slips", "7")
    assert told["told_s"] is not None, told


@pytest.mark.req("TEL-2", "PWR-6")
@pytest.mark.timeout(3600)
def test_boardd_killed_again_and_again_disturbs_no_call_and_loses_no_event(
    bench: Bench, lines: Machine, caller: str
) -> None:
    known = lines.rows("SELECT coalesce(max(id), 0) AS id FROM port_events")[0]["id"]
    placed = talking(lines, caller, "e1-1")
    began = bench("begin", "1", "13611110003")
    assert began["answered_s"] is not None, began
    told = bench("kills", KILLS, SEED)
    assert told["late"] == []
    assert "13611110003" in lines.asterisk("core show channels concise")
    assert told["words"]["lbsim-box/1/1"] == "talking"
    ends_well(lines, placed)
    wanted = [["idle", "alarm battery"], ["alarm battery", "idle"]] * (int(KILLS) // 2)
    events = f"SELECT was, became, start FROM port_events WHERE id > {known} AND key = 'lbsim-box/1/3' ORDER BY id"
    rows = until(
        "its events are filed",
        lambda: rows if len(rows := lines.rows(events)) >= len(wanted) else None,
        within_s=120,
    )
    assert [[row["was"], row["became"]] for row in rows] == wanted
    cards = f"SELECT * FROM port_events WHERE id > {known} AND what = 'card'"
    assert lines.rows(cards) == []
    lines.asterisk("channel request hangup all")
    one_record(lines, "13611110003")


@pytest.mark.req("TEL-2", "LOG-1")
def test_without_the_database_calls_and_alarms_go_on_and_are_filed_later(
    bench: Bench, lines: Machine, caller: str
) -> None:
    known = lines.rows("SELECT coalesce(max(id), 0) AS id FROM port_events")[0]["id"]
    other = talking(lines, caller, "e1-2")
    try:
        told = bench("without_database")
        assert told["alarm battery"] is not None and told["idle"] is not None, told
        placed = lines.exchange.place("13611110004", MAIN, line="e1-3", talk_s=5, ring_s=120)
        record = lines.exchange.ended(placed, within_s=200)
        assert record["answered_at"] is not None, record
    finally:
        lines.sh("systemctl start postgresql", timeout_s=300)
    ends_well(lines, other)
    one_record(lines, "13611110004")
    events = f"SELECT was, became FROM port_events WHERE id > {known} AND key = 'lbsim-box/1/2' ORDER BY id"
    rows = until("both are filed", lambda: len(r := lines.rows(events)) == 2 and r, within_s=120)
    assert [row["became"] for row in rows] == ["alarm battery", "idle"]


@pytest.mark.req("LOG-1", "TEL-1")
def test_a_killed_asterisk_is_back_with_its_calls_filed_and_its_lines_free(
    bench: Bench, lines: Machine, caller: str
) -> None:
    talking(lines, caller, "e1-1")
    assert bench("begin", "2", "13611110005")["answered_s"] is not None
    before = lines.sh("systemctl show -P MainPID asterisk")
    lines.sh("kill -KILL $(systemctl show -P MainPID asterisk)")
    until(
        "Asterisk is back",
        lambda: (
            lines.sh("systemctl show -P MainPID asterisk") not in (before, "0")
            and lines.asterisk("pri show spans").count("Up, Active") == 3
        ),
        within_s=600,
        every_s=3,
    )
    for number in (caller, "13611110005"):
        assert one_record(lines, number)["cut"] is True
    assert "0 active channels" in lines.asterisk("core show channels")
    for line, number in (("e1-1", "13611120001"), ("e1-3", "13611120003")):
        placed = lines.exchange.place(number, MAIN, line=line, talk_s=3, ring_s=120)
        assert lines.exchange.ended(placed, within_s=200)["answered_at"] is not None
        one_record(lines, number)
    assert bench("call", "2", "13611110006").get("answered_s") is not None
    one_record(lines, "13611110006")
