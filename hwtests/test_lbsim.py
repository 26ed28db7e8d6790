"""Telephone lines and an E1 of our own span driver, under the real chan_dahdi (TEL-1, TEL-2, DIA-6).

The experiments run inside the machine (lbsim/), beside the box's own lines, with an Asterisk of their own; here is
what has to come of them. The figures are test_line_figures.py's, with more lines and more calls.
"""

from __future__ import annotations

import base64
import json
import shlex
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from machine import Machine

CALLS = 5
_EXPERIMENTS = Path(__file__).with_name("lbsim")
_PIECE = 800  # of a console's line

type Bench = Callable[..., Any]


def _zipped() -> bytes:
    """The experiments as one file that Python runs."""
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(_EXPERIMENTS.glob("*.py")):
            packed.write(path, path.name)
    return whole.getvalue()


def laid(machine: Machine, *, lines: int = 4) -> Bench:
    """The experiments, in the machine: each with so many lines. The box's boardd is stopped, or it would put them into service."""
    machine.running()
    machine.sh("systemctl stop linebox-boardd")
    packed = base64.b64encode(_zipped()).decode()
    machine.sh("rm -f /run/bench.*")
    for at in range(0, len(packed), _PIECE):
        machine.sh(f"printf %s {packed[at : at + _PIECE]} >>/run/bench.b64")
    machine.sh("base64 -d /run/bench.b64 >/run/bench.pyz")

    def experiment(*words: str, timeout_s: float = 900) -> Any:
        """Its last line: what it says is cut into the console's lines."""
        command = f"LBSIM_LINES={lines} python3 /run/bench.pyz " + shlex.join(words)
        said = machine.sh(f"{command} | base64 -w 70", timeout_s=timeout_s)
        return json.loads(base64.b64decode("".join(said.split())))

    began = experiment("up")
    assert began["channels"] == {str(line): "No Alarm" for line in range(1, lines + 1)}, began
    return experiment


@pytest.fixture(scope="module")
def bench(machine: Machine) -> Iterator[Bench]:
    """The module loaded, the lines configured, both of their sides up."""
    yield laid(machine)
    machine.sh("systemctl start linebox-boardd")


FREE = {str(line): "No Alarm" for line in range(1, 5)}


@pytest.mark.req("TEL-2", "DIA-6")
def test_a_callers_number_is_received_in_each_scheme_and_each_ending_frees_the_line(
    bench: Bench,
) -> None:
    told = bench(
        "calls",
        "fsk,fsk-sdmf,fsk-v23,dtmf-before,dtmf-after",
        str(CALLS),
        "battery,reversal,busy",
        timeout_s=60 * CALLS + 600,
    )
    assert {name: rows["failed"] for name, rows in told["schemes"].items() if rows["failed"]} == {}
    assert [times for times in told["freed"].values() if None in times or not times] == []
    assert (
        max(told["freed"]["battery"]) < 3
        and max(told["freed"]["reversal"]) < 3
        and max(told["freed"]["busy"]) < 10
    )
    assert told["left"] == 0


@pytest.mark.req("TEL-2")
@pytest.mark.parametrize("ending", ["battery", "reversal", "busy"])
def test_a_call_of_the_box_is_dialled_answered_by_reversal_and_ended(
    bench: Bench, ending: str
) -> None:
    told = bench("outgoing", ending)
    assert told["made"]["dialled"] == told["digits"]
    assert told["made"]["answered_s"] is not None and told["made"]["freed_s"] is not None
    assert told["answered"] and told["left"] == 0


@pytest.mark.req("TEL-2", "TEL-3")
def test_a_lost_battery_is_a_red_alarm_after_a_second_and_a_short_break_none(bench: Bench) -> None:
    told = bench("battery")
    assert 0.9 < told["alarm_s"] < 2 and 0.9 < told["back_s"] < 2
    assert (
        told["asterisk_red_s"] is not None
        and told["asterisk_back_s"] is not None
        and told["voltage"] == 0
    )
    assert told["break_0.3"]["alarm"] == "none" and told["break_2.0"]["alarm"] == "red"
    assert max(told["break_0.3"]["onhook_s"], told["break_2.0"]["onhook_s"]) < 0.9, (
        "the call goes on without a battery"
    )
    assert told["channels"] == FREE


@pytest.mark.req("DIA-6")
def test_wires_have_voltages_and_faults_and_refuse_what_they_cannot_do(bench: Bench) -> None:
    told = bench("faults")
    assert (
        told["idle"] == 48000 and told["swapped"] == ["reversed", -48000] and 0.9 < told["cut"] < 2
    )
    refused = told["refused"]
    assert set(refused.values()) == {"Invalid argument"}


@pytest.mark.req("DIA-6")
def test_a_ports_impedance_is_seen_on_its_wire(bench: Bench) -> None:
    told = bench("tune")
    assert told["given_up_s"] is not None, told
    assert told["free_s"] is not None, told
    assert told["tune"] == "3 1 2 3 4 5 6 7 8" and told["mv"] == 48000
    assert told["bad_tune"] == "Invalid argument" and told["channels"] == FREE


@pytest.mark.req("TEL-1")
@pytest.mark.parametrize("state", ["idle", "call"])
def test_a_card_pulled_out_and_put_back_takes_calls_again(bench: Bench, state: str) -> None:
    told = bench("pull", state)
    assert (told["calls_before"] > 0) == (state == "call")
    assert told["calls_over_s"] is not None and told["out"] == ["unplugged", "idle"]
    assert told["destroyed"] is not None and told["channels"] == FREE
    assert told["call"]["answered_s"] is not None and told["call"]["freed_s"] is not None


@pytest.mark.req("TEL-1")
def test_the_exchange_gone_is_a_lost_battery_on_each_line(bench: Bench) -> None:
    told = bench("pull_exchange")
    assert None not in (told["red_s"], told["back_s"], told["plugged_s"])


@pytest.mark.req("TEL-2")
def test_calls_go_both_ways_over_a_trunk(bench: Bench) -> None:
    told = bench("e1")
    assert None not in told.values(), told


@pytest.mark.req("TEL-3")
def test_each_fault_of_a_trunk_is_its_alarm_and_the_other_side_hears_of_it(bench: Bench) -> None:
    told = bench("e1_alarms")
    assert told["los"]["box"] == ["red", "los"] and told["los"]["exchange"] == ["yellow"]
    assert told["lfa"]["box"] == ["red", "lfa"] and told["lfa"]["exchange"] == ["yellow"]
    assert told["ais"]["box"] == ["blue"] and told["ais"]["exchange"] == ["yellow"]
    assert told["rai"]["box"] == ["yellow"] and told["rai"]["exchange"] == []
    assert [
        name for name, one in told.items() if one["rose_s"] is None or one["gone_s"] is None
    ] == []


@pytest.mark.req("TEL-3")
def test_errors_are_counted_loops_close_and_clocks_slip(bench: Bench) -> None:
    told = bench("e1_counters")
    assert told["box"] == {"bpv": 1, "crc4": 2, "ebit": 3, "fas": 4} and told["slips"] == 5
    assert told["reset"] == [0, 0, 0, 0]
    assert told["defects"] == {"exchange": [1, 1, 1], "box_ebit": 1}
    assert told["source"] == [True, 0]
    assert told["looped"] == {"exchange": ["loopback"], "box": ["loopback"], "prbs": 1}
    assert (
        told["bit_errors"] == 1 and told["local"] == ["loopback"] and told["cleared_s"] is not None
    )
    # a thousand parts in a million are eight frames a second
    assert told["drifted"] > 10 and told["locked"] == 0


@pytest.mark.req("DIA-6")
def test_a_trunk_carries_bytes_as_they_are(bench: Bench) -> None:
    assert bench("audio")["whole"]


@pytest.mark.req("TEL-1")
def test_the_driver_goes_in_any_order_without_a_word_from_the_kernel(bench: Bench) -> None:
    """The last one: afterwards there are no lines."""
    told = bench("down")
    assert told == {"unloaded_s": told["unloaded_s"], "rounds": 4, "kernel": []}
    assert told["unloaded_s"] is not None
