"""Power cuts with calls on the E1 and on the analog lines (issue 5, section 3): nothing that was hung up is lost.

``make hwtest`` cuts twice; ``LINEBOX_FIGURES=1 LINEBOX_VM_STEADY=1 tests/run hwtest hwtests/test_power_cuts.py`` twenty times and
writes the figure; ``LINEBOX_CUTS=200 …`` as often as it is told (a cut takes two to five minutes under TCG). ``LINEBOX_SEED``
repeats a run. Recordings are heard with ``LINEBOX_VM_STEADY`` alone: without it a busy machine's sound is shorter than its time.
"""

from __future__ import annotations

import os
import random
import secrets
from pathlib import Path

import pytest

from bench.rows import Row, write
from machine import MAIN, Machine, until
from power_cuts import LINES, Cut, calls_until_cut, comes_back, judge

FIGURES = "LINEBOX_FIGURES" in os.environ
CUTS = int(os.environ.get("LINEBOX_CUTS", "20" if FIGURES else "2"))
SEED = int(os.environ.get("LINEBOX_SEED", secrets.randbelow(10**6)))
_TABLE = Path(__file__).parents[1] / "build/bench.json"


@pytest.mark.req("PWR-6", "LOG-1", "REC-1", "TEL-1")
@pytest.mark.timeout(3000 + 1200 * CUTS)
def test_power_cuts_lose_no_call_and_no_recording(lines: Machine) -> None:
    print(f"{CUTS} cuts, LINEBOX_SEED={SEED}", flush=True)
    rng = random.Random(SEED)
    cuts: list[Cut] = []
    for number in range(1, CUTS + 1):
        cut = calls_until_cut(lines, rng, f"137{number:06d}")
        comes_back(lines, cut)
        cuts.append(cut)
        print(f"cut {number}: {cut}", flush=True)
    lines.running()
    until(
        "every call is filed",
        lambda: not lines.rows("SELECT id FROM calls WHERE result = 'open'"),
        within_s=180,
    )
    judge(lines, cuts)
    for number, cut in enumerate(cuts, 1):
        print(f"cut {number}: {cut}", flush=True)
    if FIGURES:
        write([_row(cuts)], _TABLE)
    assert [one for cut in cuts for one in cut.lost] == []
    assert [one for cut in cuts for one in cut.wrong] == []
    _each_line_takes_a_call(lines)


def _each_line_takes_a_call(lines: Machine) -> None:
    placed = [
        lines.exchange.place(f"1370000{n:04d}", MAIN, line=line, talk_s=3, ring_s=120)
        for n, line in enumerate(LINES, 1)
    ]
    for record in lines.exchange.all_ended(placed, within_s=400):
        assert record["answered_at"] is not None, record


def _row(cuts: list[Cut]) -> Row:
    ended, talking = sum(len(cut.ended) for cut in cuts), sum(len(cut.talking) for cut in cuts)
    heard, behind = sum(cut.recordings for cut in cuts), max(cut.behind_s for cut in cuts)
    wrong = sum(len(cut.wrong) for cut in cuts)
    return Row(
        name="power-cuts-lost-calls",
        value=sum(len(cut.lost) for cut in cuts),
        unit="calls",
        limit=0,
        note=f"{len(cuts)} cuts of the machine (seed {SEED}): {ended} calls ended before, {talking} in progress, on 2 E1"
        f" and 4 lines; {heard} recordings heard, the shortest ends {behind:.1f} s early; {wrong} otherwise wrong",
    )
