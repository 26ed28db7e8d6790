"""Digits that the box dials, out of the sound of a line (ITU-T Q.24)."""

from __future__ import annotations

from typing import Final

import numpy as np

from linebox.hw.sim.exchange.sound import KEYS, RATE, decode

_BLOCK: Final = 205  # 25.6 ms: rows and columns fall near its bins
_LOUD: Final = 1e3  # amplitude of each tone, about -27 dBm0
_TWIST: Final = 10.0  # one tone at most so much (power) above the other
_SHARE: Final = 0.7  # of the block's power in the two tones
_STEP: Final = 102  # each block overlaps the last by half
_HITS: Final = 2  # blocks in a row that agree: a key of 51 ms is always heard

_ROWS: Final = sorted({row for row, _ in KEYS.values()})
_COLUMNS: Final = sorted({column for _, column in KEYS.values()})
_KEY: Final = {pair: key for key, pair in KEYS.items()}
_PROBE: Final = np.exp(
    -2j * np.pi * np.outer(np.array([*_ROWS, *_COLUMNS]), np.arange(_BLOCK)) / RATE
)


class Digits:
    """Feed it A-law; it tells the keys that were pressed since it was last fed."""

    def __init__(self) -> None:
        self._rest = b""
        self._seen: str | None = None
        self._hits = 0

    def feed(self, heard: bytes) -> str:
        self._rest += heard
        found = ""
        while len(self._rest) >= _BLOCK:
            block, self._rest = self._rest[:_BLOCK], self._rest[_STEP:]
            key = _key(block)
            if key != self._seen:
                self._seen, self._hits = key, 0
            self._hits += 1
            if key is not None and self._hits == _HITS:
                found += key
        return found


def _key(block: bytes) -> str | None:
    wave = decode(block)
    power = (np.abs(_PROBE @ wave) * 2 / _BLOCK) ** 2  # squares of amplitudes
    row, column = int(np.argmax(power[:4])), 4 + int(np.argmax(power[4:]))
    low, high = float(power[row]), float(power[column])
    if min(low, high) < _LOUD**2 or max(low, high) > _TWIST * min(low, high):
        return None
    if (low + high) / 2 < _SHARE * float(np.mean(wave**2)):
        return None
    return _KEY[_ROWS[row], _COLUMNS[column - 4]]
