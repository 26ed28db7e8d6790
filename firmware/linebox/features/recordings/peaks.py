"""How loud each side of a recording is, for drawing it (REC-2)."""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_RATE_HZ: Final = 8000
#: Steps while the sound passes; in the end so many are one that at most ``MOST`` remain.
_STEP_S: Final = 0.1
_STEP_BYTES: Final = int(_RATE_HZ * _STEP_S) * 4
MOST: Final = 1200
_READ_BYTES: Final = _STEP_BYTES * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """A byte for each ``step_s`` of sound, 255 the loudest there can be. Equally long."""

    step_s: float
    caller: bytes
    ours: bytes


class Meter:
    """Takes 16-bit little-endian 8 kHz stereo as it comes, in pieces of any size."""

    def __init__(self) -> None:
        self._rest = b""
        self._caller = bytearray()
        self._ours = bytearray()

    def feed(self, sound: bytes) -> None:
        sound = self._rest + sound
        whole = len(sound) - len(sound) % _STEP_BYTES
        for at in range(0, whole, _STEP_BYTES):
            self._step(sound[at : at + _STEP_BYTES])
        self._rest = sound[whole:]

    def read(self) -> Peaks:
        """What was fed; a part of a step at the end counts as one."""
        if len(self._rest) >= 4:
            self._step(self._rest[: len(self._rest) // 4 * 4])
            self._rest = b""
        many = max(1, -(-len(self._caller) // MOST))
        return Peaks(
            step_s=_STEP_S * many,
            caller=_loudest(self._caller, many),
            ours=_loudest(self._ours, many),
        )

    def _step(self, sound: bytes) -> None:
        samples = array("h", sound)
        if sys.byteorder == "big":
            samples.byteswap()
        for side, loud in ((samples[0::2], self._caller), (samples[1::2], self._ours)):
            loud.append(min(255, max(max(side), -min(side)) >> 7))


def _loudest(steps: bytearray, many: int) -> bytes:
    return bytes(max(steps[at : at + many]) for at in range(0, len(steps), many))


def of_raw(raw: Path) -> Peaks:
    """Of a recording as Asterisk wrote it; some 0.3 ms a second of sound. Raises ``OSError``."""
    meter = Meter()
    with raw.open("rb") as file:
        while sound := file.read(_READ_BYTES):
            meter.feed(sound)
    return meter.read()
