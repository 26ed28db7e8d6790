"""How loud a recording is, whatever the pieces in which it comes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.features.recordings.peaks import MOST, Meter


def sound(seconds: float, caller: int, ours: int) -> bytes:
    return struct.pack("<hh", caller, ours) * int(seconds * 8000)


@pytest.mark.req("REC-2")
def test_each_side_has_its_loudest_sample_of_every_step() -> None:
    meter = Meter()
    meter.feed(sound(0.1, 0, -32768) + sound(0.1, 32767, 0) + sound(0.05, -12800, 128))
    peaks = meter.read()
    assert (peaks.step_s, list(peaks.caller), list(peaks.ours)) == (0.1, [0, 255, 100], [255, 0, 1])


@pytest.mark.req("REC-2")
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_pieces_of_any_size_tell_the_same(sizes: list[int]) -> None:
    whole = sound(0.3, 500, 0) + sound(0.3, 0, 9000) + sound(0.13, -3000, 70)
    at_once, in_pieces = Meter(), Meter()
    at_once.feed(whole)
    rest = whole
    for size in sizes:
        in_pieces.feed(rest[:size])
        rest = rest[size:]
    in_pieces.feed(rest)
    assert in_pieces.read() == at_once.read()


@pytest.mark.req("REC-2")
def test_an_hour_has_no_more_steps_than_are_drawn() -> None:
    meter = Meter()
    minute = sound(60, 100, 200)
    for _ in range(60):
        meter.feed(minute)
    peaks = meter.read()
    assert len(peaks.caller) == len(peaks.ours) == MOST
    assert peaks.step_s == pytest.approx(3.0)


def test_silence_of_no_length_is_nothing() -> None:
    assert Meter().read().caller == b""
