"""boardd's tests of lines: one at a time, on free lines alone, told in words (TEL-3, TEL-10, TEL-12)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.boardd import RunningBoardd, boardd
from fixtures.dahdi_files import compiled, unit
from linebox.base.errors import InputError
from linebox.config.paths import Paths
from linebox.daemons._board_asterisk import ChanDahdi
from linebox.daemons._board_lab import Lab
from linebox.hw.impedance import Tuning
from linebox.hw.lab import LineVerdict
from linebox.hw.lab_job import LabJob, LabKind, LabStep, LabWish
from linebox.hw.sim.scenario import Do

SCENARIO = """
[[card]]
key = "E1"
kind = "te131"
spans = ["e1"]

[[card]]
key = "L"
kind = "a8b"
spans = ["fxo:2+fxs:1"]
exchange = {numbers = ["62340001", "62340002"], reversal = true}
"""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunningBoardd]:
    with boardd(tmp_path) as running:
        running.play(SCENARIO)
        running.sim.paced = False
        until(lambda: running.core.picture.port("L/1/1") is not None)
        yield running


def until(so: object, within_s: float = 10.0) -> None:
    assert callable(so)
    end_s = time.monotonic() + within_s
    while not so():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def done(lab: Lab, wish: LabWish) -> LabJob:
    job = lab.start(wish)
    until(lambda: lab.job(job.id).step is LabStep.DONE)
    return lab.job(job.id)


@pytest.mark.req("TEL-10")
def test_a_line_is_called_and_its_verdict_told_in_words(box: RunningBoardd) -> None:
    wish = LabWish(kind=LabKind.CALL, key="L/1/1", number="13800138000")
    job = done(box.core.lab, wish)
    (told,) = job.results
    assert (told.verdict, told.well, job.fault) == (LineVerdict.ANSWERED, True, None)
    assert "已接听" in told.said[0].zh and "answered" in told.said[0].en
    assert box.core.lab.newest().job == job


@pytest.mark.req("TEL-10", "DIA-5")
def test_a_line_without_voltage_is_told_so_and_none_is_taken(box: RunningBoardd) -> None:
    box.do(Do.BATTERY_LOST, "L/1/2")
    until(lambda: getattr(box.core.picture.port("L/1/2"), "alarm", None) == "battery")
    job = done(box.core.lab, LabWish(kind=LabKind.CALL, key="L/1/2"))
    assert (job.results[0].verdict, job.results[0].well) == (LineVerdict.NO_BATTERY, False)


@pytest.mark.req("TEL-12")
def test_two_lines_learn_from_each_other(box: RunningBoardd) -> None:
    wish = LabWish(
        kind=LabKind.LEARN, key="L/1/1", other="L/1/2", number="62340002", own_number="62340001"
    )
    job = done(box.core.lab, wish)
    assert [(one.key, one.verdict) for one in job.results] == [
        ("L/1/1", LineVerdict.LEARNT),
        ("L/1/2", LineVerdict.LEARNT),
    ]
    learnt = job.results[1].learnt
    assert learnt is not None and learnt.answer_reversal and learnt.busy is not None
    assert (learnt.busy.on_ms, learnt.busy.off_ms) == (350, 350)


@pytest.mark.req("TEL-12")
def test_the_impedance_that_a_line_s_exchange_fits_is_told_and_each_line_left_as_set(
    box: RunningBoardd, tmp_path: Path
) -> None:
    box.play(SCENARIO.replace("reversal = true", "reversal = true, balance = 2"))
    until(lambda: box.core.picture.port("L/1/2") is not None)
    span = box.core.picture.span("L/1")
    assert span is not None and span.number is not None
    first = span.ports[0].channel or 0
    tunings = (Tuning(country=15, set=15), Tuning(country=15, set=2))
    units = [
        replace(unit("L/1", span.number, first + n, first + n), tuning=one)
        for n, one in enumerate(tunings)
    ]
    folder = Paths(root=tmp_path).generations / "current/dahdi"
    compiled(folder, system=f"fxsks={first}-{first + 1}\n", units=units)
    lines = [box.sim._lines[f"L/1/{n}"] for n in (1, 2)]
    until(lambda: [line.acim for line in lines] == [15, 2])
    wish = LabWish(
        kind=LabKind.LEARN, key="L/1/1", other="L/1/2", number="62340002", own_number="62340001"
    )
    results = done(box.core.lab, wish).results
    found = [one.learnt.impedance if one.learnt else None for one in results]
    assert [(one.acim, one.country) for one in found if one] == [(2, 15), (2, 15)]
    assert all(one.well for one in results)
    assert "270 Ω + (750 Ω ∥ 150 nF)" in results[0].said[1].zh and "34 dB" in results[0].said[1].en
    assert [line.acim for line in lines] == [15, 2]


@pytest.mark.req("TEL-3")
def test_an_e1_s_pattern_is_compared_where_the_far_end_loops(box: RunningBoardd) -> None:
    wish = LabWish(kind=LabKind.BITS, key="E1/1", seconds=2)
    assert done(box.core.lab, wish).results[0].verdict is LineVerdict.NO_PATTERN
    box.do(Do.FAR_LOOPS, "E1/1")
    clean = done(box.core.lab, wish).results[0]
    assert clean.verdict is LineVerdict.CLEAN and clean.bits is not None and clean.bits.errors == 0
    job = box.core.lab.start(wish)
    while box.core.lab.job(job.id).step is not LabStep.DONE:
        box.do(Do.BIT_ERROR, "E1/1")
        time.sleep(0.1)
    bad = box.core.lab.job(job.id).results[0]
    assert bad.verdict is LineVerdict.ERRORS and bad.bits is not None and bad.bits.errors > 0
    assert f"{bad.bits.errors} 个误码" in bad.said[0].zh


@pytest.mark.req("TEL-10")
def test_one_test_at_a_time_and_one_that_is_stopped_has_no_verdict(box: RunningBoardd) -> None:
    box.sim.paced = True
    job = box.core.lab.start(LabWish(kind=LabKind.CALL, key="L/1/1"))
    with pytest.raises(InputError, match="line-test-running"):
        box.core.lab.start(LabWish(kind=LabKind.CALL, key="L/1/2"))
    box.core.lab.stop()
    until(lambda: box.core.lab.job(job.id).step is LabStep.DONE)
    told = box.core.lab.job(job.id)
    assert told.results == () and told.fault is not None and "停下" in told.fault.zh


@pytest.mark.req("TEL-10")
@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (LabWish(kind=LabKind.CALL, key="L/1/9"), "not-found"),
        (LabWish(kind=LabKind.CALL, key="E1/1/1"), "not-testable"),
        (LabWish(kind=LabKind.BITS, key="L/1"), "not-testable"),
        (LabWish(kind=LabKind.LEARN, key="L/1/1", number="62340002"), "learn-needs-two"),
        (LabWish(kind=LabKind.LEARN, key="L/1/1", other="L/1/3", number="1"), "learn-needs-two"),
        (LabWish(kind=LabKind.LEARN, key="L/1/1", other="L/1/2"), "learn-needs-number"),
    ],
)
def test_what_can_t_be_tested_is_refused_in_words(
    box: RunningBoardd, wish: LabWish, code: str
) -> None:
    with pytest.raises(InputError, match=code):
        box.core.lab.start(wish)


@pytest.mark.req("TEL-10")
def test_a_line_in_a_call_isn_t_tested(box: RunningBoardd, tmp_path: Path) -> None:
    port = box.core.picture.port("L/1/1")
    assert port is not None and port.channel is not None
    folder = Paths(root=tmp_path).generations / "current/dahdi"
    span = box.core.picture.span("L/1")
    assert span is not None and span.number is not None
    units = [unit("L/1", span.number, port.channel, port.channel)]
    compiled(folder, system=f"fxsks={port.channel}\n", units=units)
    box.do(Do.TALK, "L/1/1")
    until(lambda: getattr(box.core.picture.port("L/1/1"), "state", None) == "talking")
    with pytest.raises(InputError, match="line-in-use"):
        box.core.lab.start(LabWish(kind=LabKind.CALL, key="L/1/1"))


class Console:
    """Asterisk's, with three channels of lines."""

    def __init__(self, calls: str = "") -> None:
        self.calls = calls
        self.asked: list[str] = []

    def __call__(self, words: str) -> str:
        self.asked.append(words)
        if words.startswith("core"):
            return self.calls
        rows = "".join(f"  {n} default\n" for n in (32, 33, 34))
        return f"   Chan Extension\npseudo\n{rows}" if words == "dahdi show channels" else ""


@pytest.mark.req("TEL-10")
def test_asterisk_lets_go_of_the_line_and_has_it_again(box: RunningBoardd, tmp_path: Path) -> None:
    channel = getattr(box.core.picture.port("L/1/1"), "channel", None)
    console, back, taken = Console(), [], []
    lab = Lab(
        box.sim, box.core.picture, ChanDahdi(console), threading.Lock(), lambda: back.append(1)
    )
    job = lab.start(LabWish(kind=LabKind.CALL, key="L/1/1"))
    until(lambda: taken.append(lab.taken) or lab.job(job.id).step is LabStep.DONE)
    assert frozenset({channel}) in taken and lab.taken == frozenset() and back == [1]
    assert f"dahdi destroy channels {channel} {channel}" in console.asked


@pytest.mark.req("TEL-10")
def test_a_call_that_only_asterisk_knows_keeps_the_line_from_a_test(box: RunningBoardd) -> None:
    channel = getattr(box.core.picture.port("L/1/1"), "channel", None)
    console = Console(f"DAHDI/{channel}-1!from-trunk!s!1!Up\n")
    lab = Lab(box.sim, box.core.picture, ChanDahdi(console), threading.Lock(), lambda: None)
    with pytest.raises(InputError, match="line-in-use"):
        lab.start(LabWish(kind=LabKind.CALL, key="L/1/1"))
