"""The figures of analog lines (issue 5): 200 calls in each caller ID scheme, and calls ended in every way a line can end.

Half an hour by themselves, so ``make hwtest`` leaves them out; ``LINEBOX_FIGURES=1 LINEBOX_VM_STEADY=1 tests/run hwtest
hwtests/test_line_figures.py`` writes them into build/bench.json (``image/vm``: without counted time a busy machine's sound
has holes). ``LINEBOX_CALLS``: fewer calls in each scheme, which write nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.rows import Row, write
from machine import Machine
from test_lbsim import laid

CALLS = int(os.environ.get("LINEBOX_CALLS", "200"))
LINES = 10
_TABLE = Path(__file__).parents[1] / "build/bench.json"


@pytest.mark.skipif("LINEBOX_FIGURES" not in os.environ, reason="half an hour: LINEBOX_FIGURES=1")
@pytest.mark.req("TEL-2")
@pytest.mark.timeout(60 * CALLS + 3000)
def test_every_number_is_received_and_every_line_is_free_again(machine: Machine) -> None:
    bench = laid(machine, lines=LINES)
    told = bench("figures", str(CALLS), timeout_s=60 * CALLS + 1200)
    print(told)
    calls = sum(told["calls"].values())
    failed = {scheme: numbers for scheme, numbers in told["failed"].items() if numbers}
    stuck = [line for line, hook in enumerate(told["hooks"], 1) if hook != "onhook"]
    unwell = [line for line, word in told["channels"].items() if word != "No Alarm"]
    dead = len(told["dead"]) + len(stuck) + len(unwell) + told["left"]
    each = ", ".join(f"{ending} {count}" for ending, count in told["calls"].items())
    rows = [
        Row(
            name="caller-id-failed",
            value=sum(map(len, failed.values())),
            unit="calls",
            limit=0,
            note=f"{CALLS} calls in each of {', '.join(told['failed'])}; real chan_dahdi",
        ),
        Row(
            name="dead-lines",
            value=dead,
            unit="lines",
            limit=0,
            note=f"after {calls} calls: {each}",
        ),
    ]
    if CALLS >= 200:
        write(rows, _TABLE)
    assert calls == 5 * CALLS + 4 * LINES
    assert failed == {}
    assert (told["dead"], stuck, unwell, told["left"]) == ([], [], [], 0)
    bench("down")
