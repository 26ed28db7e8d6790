"""China's R2 on the second E1, the caller's number in both directions (TEL-3): libopenr2 with our patch on both sides.

Each digit is a tone that the other side answers at once, so a machine starved of its processor hears digits twice or never:
these run with ``LINEBOX_VM_STEADY=1`` (image/vm) on a quiet machine. tests/integration/lines has the same calls without one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from box_api import BoxApi
from machine import Machine, until

pytestmark = pytest.mark.skipif(
    "LINEBOX_VM_STEADY" not in os.environ, reason="digits are tones: LINEBOX_VM_STEADY=1"
)
#: The factory's main number (its menu answers).
MAIN = "4008001234"
#: A number of the exchange that rings 2 s and talks 20 s (exchange/README.md).
TALKS = "13800001160"
#: The exchange's side of the second E1 (board/vm).
CHANNELS = "102-116,118-132"
EXCHANGE = "/run/linebox-exchange/asterisk"
R2 = {
    "signalling": "mfcr2",
    "mfcr2_variant": "cn",
    "mfcr2_get_ani_first": "no",
    "mfcr2_max_ani": 20,
    "mfcr2_max_dnis": 11,
    "mfcr2_category": "national_subscriber",
    "mfcr2_mfback_timeout": -1,
    "mfcr2_metering_pulse_timeout": -1,
    "mfcr2_logdir": "r2",
}


def exchange_side(machine: Machine, dahdi: str, asterisk: str) -> None:
    """The far end of the second E1 as ``dahdi`` (system.conf), its Asterisk's lines before it."""
    machine.sh("systemctl stop exchange-asterisk")
    machine.sh(f"printf '{dahdi}' >/run/e1-2.conf")
    machine.sh("dahdi_cfg -c /run/e1-2.conf -C 102-132")
    machine.sh(f"[ -e /run/e1-2.kept ] || cp {EXCHANGE}/chan_dahdi.conf /run/e1-2.kept")
    said = f"s/^channel => {CHANNELS}$/{asterisk}channel => {CHANNELS}/"
    machine.sh(f"sed '{said}' /run/e1-2.kept >{EXCHANGE}/chan_dahdi.conf")
    machine.sh("systemctl start exchange-asterisk", timeout_s=300)


def idle(machine: Machine) -> bool:
    """All 30 channels of the span are R2 and both ends of them idle."""
    rows = [row for row in machine.asterisk("mfcr2 show channels").splitlines() if " CN " in row]
    return len(rows) == 30 and all(row.count("IDLE") == 2 for row in rows)


def row(api: BoxApi, span: int) -> dict[str, Any]:
    return next(one for one in api.items("spans") if one["id"] == span)


@pytest.fixture(scope="module")
def r2(machine: Machine) -> Iterator[Machine]:
    machine.running()
    api = until("its pages answer", lambda: BoxApi(machine), within_s=300, every_s=5)
    until("the cards are filed", lambda: len(api.own_ports()) == 8, within_s=300, every_s=5)
    span = [one for one in api.own_spans() if one["kind"] == "e1"][1]
    lines = "".join(f"{key} = {value}\\n" for key, value in R2.items())
    exchange_side(machine, f"cas={CHANNELS}:1111\\nloadzone=cn\\n", lines)

    def given_over() -> bool:
        """The span is R2's: confd may still be starting."""
        trunk = [one["id"] for one in api.items("trunks") if one["name"] == "r2"]
        new = {"what": "trunk", "after": {"name": "r2", "kind": "e1"}, "ref": "new:1"}
        digits = {"r2_called_digits": len(MAIN), "r2_caller_digits": 20}
        own = {"trunk_id": (trunk or ["new:1"])[0], "signalling": "r2", **digits}
        api.apply([*([] if trunk else [new]), api.change("span", row(api, span["id"]), **own)])
        return True

    until("the span is R2's", given_over, within_s=600, every_s=10)
    until("its channels are idle", lambda: idle(machine), within_s=300, every_s=5)
    yield machine
    exchange_side(machine, "bchan=102-116,118-132\\ndchan=117\\nloadzone=cn\\n", "")
    before = {"trunk_id": span["trunk_id"], "signalling": span["signalling"]}
    api.apply([api.change("span", row(api, span["id"]), **before)])


@pytest.mark.req("TEL-3")
def test_the_library_is_ours(r2: Machine) -> None:
    assert "Send the caller" in r2.sh("head -n 1 /usr/share/doc/libopenr2-3/*.patch")


@pytest.mark.req("TEL-3")
def test_a_call_in_brings_the_callers_number(r2: Machine, caller: str) -> None:
    placed = r2.exchange.place(caller, MAIN, line="e1-2", keys="1@4", talk_s=5, ring_s=120)
    record = r2.exchange.ended(placed, within_s=400)
    assert record["answered_at"] is not None, str(record)
    row = r2.filed(record)
    assert (row["direction"], row["did"], row["trunk"]) == ("in", MAIN, "r2")
    until("the channel is free", lambda: idle(r2), within_s=60)


@pytest.mark.req("TEL-3", "TEL-9")
def test_a_call_out_tells_the_boxs_number(r2: Machine) -> None:
    since = max((call["invited_at"] or 0 for call in r2.exchange.calls()), default=0)
    for step in (f"1,Set(CALLERID(num)={MAIN})", f"2,Dial(DAHDI/32/{TALKS})"):
        r2.asterisk(f"dialplan add extension r2,{step} into hwtest-r2 replace")
    r2.asterisk("module load res_clioriginate.so")  # which has the next command
    r2.asterisk("channel originate Local/r2@hwtest-r2 application Wait 8")
    called = until(
        "the exchange sees the call",
        lambda: [
            call
            for call in r2.exchange.calls()
            if call["to"] == TALKS and (call["invited_at"] or 0) > since and call["answered_at"]
        ],
        within_s=120,
    )
    assert [call["from"] for call in called] == [MAIN]
    until("the channel is free", lambda: idle(r2), within_s=60)
