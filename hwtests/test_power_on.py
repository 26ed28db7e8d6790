"""From power-on to the first call answered on an E1, against the same machine with bare Asterisk
(issue 5, section 4).

A caller beside the box (board/vm, first-call.service), so small that it is there first, dials on the
first E1 from the moment it can, each half second anew, until it is answered: by the box, with its
data, after a power cut; and by Debian's Asterisk with nothing but chan_dahdi and ``Answer``
(bare.target), without a line of ours. The clock is the machine's own from its kernel's beginning: the
firmware's second before that is the same on both sides, and would only flatter the ratio. Under TCG
it counts the machine's work (LINEBOX_VM_STEADY of image/vm), however busy this computer is.

Ten boots, so ``make hwtest`` leaves it out: ``LINEBOX_FIGURES=1 tests/run hwtest
hwtests/test_power_on.py`` writes the row. ``LINEBOX_BOOTS``: of each side, 3 by itself; fewer write
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from bench.rows import Row, write
from machine import BOOT_S, Machine, until

BOOTS = int(os.environ.get("LINEBOX_BOOTS", "3"))
#: Who first-call.service is (board/vm).
CALLER = "13900020001"
#: The caller instead of the whole exchange; no agent of the bench's own.
CALLS = ("linebox.first-call", *(f"systemd.mask={name}.service" for name in ("exchange", "exchange-asterisk", "vm-agent")))  # fmt: skip
#: Nothing of the box: not its units, timers or sockets, and not its disk.
BARE = ("systemd.unit=bare.target", "fstab=no", "systemd.mask=timers.target", "systemd.mask=sockets.target")  # fmt: skip
_ANSWERED = "/run/first-call/answered"
_TABLE = Path(__file__).parents[1] / "build/bench.json"


def power_on(machine: Machine, words: Sequence[str]) -> float:
    """Boot with these words on the kernel's line; the seconds to the first call's answer."""
    machine.cut_power()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VM_APPEND", " ".join(words))
        environment.setenv("LINEBOX_VM_STEADY", "1")
        machine.power_on()
    said = until(
        "the first call is answered",
        lambda: machine.sh(f"cat {_ANSWERED} 2>/dev/null", check=False).strip(),
        within_s=BOOT_S,
        every_s=5,
    )
    return float(said.split()[-1])


def filed(machine: Machine) -> list[dict[str, Any]]:
    return machine.rows(
        "SELECT answered_at, did, direction, trunk FROM calls"
        f" WHERE from_number = '{CALLER}' AND result <> 'open'"
    )


@pytest.mark.skipif("LINEBOX_FIGURES" not in os.environ, reason="ten boots: LINEBOX_FIGURES=1")
@pytest.mark.req("PWR-6")
@pytest.mark.timeout(3000 + 1200 * BOOTS)
def test_a_call_is_answered_as_early_as_by_bare_asterisk(lines: Machine) -> None:
    box, bare = [], []
    for boot in range(1, BOOTS + 1):
        bare.append(power_on(lines, (*CALLS, *BARE)))
        box.append(power_on(lines, CALLS))
        until("the call is filed", lambda n=boot: len(filed(lines)) == n, within_s=BOOT_S)
        print(f"boot {boot}: bare {bare[-1]:.2f} s, box {box[-1]:.2f} s")
    for row in filed(lines):
        assert row["answered_at"] is not None
        assert (row["direction"], row["did"], row["trunk"]) == ("in", "4008001234", "telecom")
    ratio = median(box) / median(bare)
    each = [", ".join(f"{took:.1f}" for took in times) for times in (box, bare)]
    row = Row(
        name="power-on-to-first-call-ratio",
        value=round(ratio, 3),
        unit="ratio",
        limit=1.15,
        note=f"box {median(box):.1f} s ({each[0]}), bare {median(bare):.1f} s ({each[1]}),"
        " with Debian's whole manual to parse; the machine's own time",
    )
    print(row)
    if BOOTS >= 3:
        write([row], _TABLE)
    assert row.ok, row
