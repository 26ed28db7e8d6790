"""What a telephone line's sound tells: levels, tones, cadences. Pure, without libraries: boardd,
which measures, stays small.

Sound is 16-bit linear, 8000 samples a second; levels are dBm0, of which a sine of full scale has
3.14 in A-law (ITU-T G.711).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Final

RATE: Final = 8000
#: The peak of a sine of 0 dBm0.
_FULL: Final = 32124.0 * 10 ** (-3.14 / 20)
#: Told for silence.
FLOOR_DBM0: Final = -80.0
#: Where tones of exchanges lie (ITU-T E.180), and how finely one is looked for, Hz.
_LOWEST, _HIGHEST, _COARSE = 300, 1300, 20
#: A slice of the sound whose loudness tells tone from rest.
_SLICE: Final = 40
#: What is at most so much below the loud parts is tone, dB.
_BELOW_DB: Final = 12.0
_QUIET_DBM0: Final = -45.0
#: Tones and rests that make a cadence, and how far each may be from their middle.
_CYCLES: Final = 3
_APART: Final = 0.12

#: Rows and columns, ITU-T Q.23.
KEYS: Final = {
    key: (row, column)
    for row, keys in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for column, key in zip((1209, 1336, 1477, 1633), keys, strict=True)
}

type Sound = array[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """``hz`` to one hertz; ``pure``: the share of the sound's power that is in it."""

    hz: int
    dbm0: float
    pure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """A tone that comes and goes: milliseconds, to ten."""

    on_ms: int
    off_ms: int
    hz: int
    dbm0: float


def silence(seconds: float) -> Sound:
    return array("h", bytes(2 * round(seconds * RATE)))


def tone(seconds: float, *parts: tuple[float, float], first: int = 0) -> Sound:
    """Sines, each of a frequency and a level (dBm0). ``first``: the sample of them it begins with,
    for a sound that is made piece by piece."""
    waves = [(2 * math.pi * hz / RATE, _FULL * 10 ** (dbm0 / 20)) for hz, dbm0 in parts]
    return array(
        "h",
        (
            round(max(-32768.0, min(32767.0, sum(peak * math.sin(w * n) for w, peak in waves))))
            for n in range(first, first + round(seconds * RATE))
        ),
    )


def keys(number: Iterable[str], *, on_s: float = 0.08, off_s: float = 0.08) -> Sound:
    """Keys as a telephone sends them, the high tone 2 dB above the low one (GB/T 15279)."""
    said = array("h")
    for key in number:
        low, high = KEYS[key]
        said += tone(on_s, (low, -9.0), (high, -7.0)) + silence(off_s)
    return said


def level_dbm0(sound: Sequence[int]) -> float:
    """Of everything in it."""
    if not sound:
        return FLOOR_DBM0
    power = sum(one * one for one in sound) / len(sound)
    return _dbm0(math.sqrt(2 * power))


def part_dbm0(sound: Sequence[int], hz: float) -> float:
    """Of one frequency in it."""
    return _dbm0(_amplitude(sound, hz))


def share(sound: Sequence[int], hz: float) -> float:
    """0 to 1: how much of the power one frequency has."""
    power = sum(one * one for one in sound) / max(len(sound), 1)
    return min(1.0, _amplitude(sound, hz) ** 2 / 2 / power) if power else 0.0


def strongest(sound: Sequence[int]) -> Tone | None:
    """The strongest tone of an exchange; of the first half second of ``sound``. None: silence."""
    sound = sound[: RATE // 2]
    if level_dbm0(sound) <= _QUIET_DBM0:
        return None
    # A short piece hears a broad band, so none is missed between two steps.
    rough = max(range(_LOWEST, _HIGHEST + 1, _COARSE), key=lambda hz: _amplitude(sound[:400], hz))
    near = range(rough - _COARSE, rough + _COARSE + 1)
    hz = max(near, key=lambda hz: _amplitude(sound, hz))
    return Tone(hz=hz, dbm0=part_dbm0(sound, hz), pure=share(sound, hz))


def cadence(sound: Sequence[int]) -> Cadence | None:
    """The longest stretch of a regular tone; None: there is none, or it was heard less than three
    times. The first and the last part of the sound may be cut."""
    whole = [one for one in _spans(sound) if one[2] - one[1] >= _SLICE * 4][1:-1]
    for size in range(len(whole), 2 * _CYCLES - 1, -1):
        for first in range(len(whole) - size + 1):
            if found := _regular(sound, whole[first : first + size]):
                return found
    return None


def _regular(sound: Sequence[int], spans: Sequence[tuple[bool, int, int]]) -> Cadence | None:
    if any(before[0] == after[0] for before, after in pairwise(spans)):
        return None
    middles: list[float] = []
    for wanted in (True, False):
        sizes = [end - begin for on, begin, end in spans if on is wanted]
        middle = median(sizes)
        if any(abs(size - middle) > _APART * middle for size in sizes):
            return None
        middles.append(middle)
    begin, end = next((begin, end) for on, begin, end in spans if on)
    heard = strongest(sound[begin + _SLICE : end - _SLICE])
    if heard is None:
        return None
    on_ms, off_ms = map(_tens, middles)
    return Cadence(on_ms=on_ms, off_ms=off_ms, hz=heard.hz, dbm0=heard.dbm0)


def _spans(sound: Sequence[int]) -> Iterator[tuple[bool, int, int]]:
    """Loud and quiet stretches, as sample numbers."""
    levels = [
        level_dbm0(sound[at : at + _SLICE]) for at in range(0, len(sound) - _SLICE + 1, _SLICE)
    ]
    if not levels:
        return
    loud = sorted(levels)[-max(1, len(levels) // 10)]
    edge = max(loud - _BELOW_DB, _QUIET_DBM0)
    at = 0
    for on, run in groupby(level > edge for level in levels):
        size = sum(1 for _ in run) * _SLICE
        yield on, at, at + size
        at += size


def _amplitude(sound: Sequence[int], hz: float) -> float:
    """Goertzel's way."""
    if not sound:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hz / RATE)
    before = last = 0.0
    for one in sound:
        before, last = last, one + turn * last - before
    power = before * before + last * last - turn * before * last
    return 2 * math.sqrt(max(power, 0.0)) / len(sound)


def _dbm0(peak: float) -> float:
    return max(FLOOR_DBM0, 20 * math.log10(peak / _FULL)) if peak > 0 else FLOOR_DBM0


def _tens(samples: float) -> int:
    """Milliseconds, to ten."""
    return round(samples / RATE * 100) * 10
