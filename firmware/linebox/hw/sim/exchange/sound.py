"""Tones, keys and frequency-shift keying as A-law, exact to the sample (8000 a second).

Levels are dBm0: ITU-T G.711 puts a sine of full scale at 3.14 in A-law.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 8000
SILENCE: Final = 0xD5  # A-law's zero
_FULL: Final = 32124.0 * 10 ** (-3.14 / 20)  # the peak of a sine of 0 dBm0

#: Rows and columns, ITU-T Q.23.
KEYS: Final = {
    key: (row, column)
    for row, keys in ((697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D"))
    for column, key in zip((1209, 1336, 1477, 1633), keys, strict=True)
}
#: China's tones (ITU-T E.180 supplement 2): 450 Hz, seconds on and off.
BUSY: Final = (0.35, 0.35)
CONGESTION: Final = (0.7, 0.7)
RINGBACK: Final = (1.0, 4.0)
TONE_HZ: Final = 450

type Samples = NDArray[np.float64]


def samples(seconds: float) -> int:
    return round(seconds * RATE)


def encode(wave: Samples) -> bytes:
    """Linear 16 bit to A-law, G.711 table 1a."""
    value = np.clip(np.rint(wave), -32768, 32767).astype(np.int32)
    size = np.where(value >= 0, value, -value - 1) >> 3  # 13 bits: sign and 12
    exponent = np.zeros_like(size)
    for bit in range(5, 12):
        exponent += size >= 1 << bit
    mantissa = np.where(exponent > 1, size >> np.maximum(exponent, 1), size >> 1) & 0x0F
    code = (exponent << 4) | mantissa
    return ((code ^ np.where(value >= 0, 0xD5, 0x55)).astype(np.uint8)).tobytes()


def _decoded() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 0x0F
    size = np.where(
        exponent > 0, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0), (mantissa << 4) + 8
    )
    return np.where(code & 0x80, size, -size).astype(np.float64)


_LINEAR: Final = _decoded()


def decode(sound: bytes) -> Samples:
    return _LINEAR[np.frombuffer(sound, dtype=np.uint8)]


def silence(seconds: float) -> bytes:
    return bytes([SILENCE]) * samples(seconds)


def tone(seconds: float, *parts: tuple[float, float]) -> bytes:
    """Sines, each of a frequency and a level (dBm0)."""
    at = np.arange(samples(seconds)) / RATE
    wave = np.zeros(len(at))
    for hz, level in parts:
        wave += _FULL * 10 ** (level / 20) * np.sin(2 * np.pi * hz * at)
    return encode(wave)


def cadence(on_off_s: tuple[float, float], *, hz: int = TONE_HZ, level: float = -10) -> bytes:
    """One period of an interrupted tone, to be repeated."""
    return tone(on_off_s[0], (hz, level)) + silence(on_off_s[1])


def dtmf(keys: Iterable[str], *, on_s: float = 0.07, off_s: float = 0.07) -> bytes:
    """Keys, the high tone 2 dB above the low one. ``KeyError`` for what isn't a key."""
    return b"".join(
        tone(on_s, (KEYS[key][0], -11), (KEYS[key][1], -9)) + silence(off_s) for key in keys
    )


def fsk(bits: Iterable[int], *, mark_hz: int, space_hz: int, baud: int, level: float) -> bytes:
    """Frequency-shift keying, its phase unbroken: a bit ends where it ends, not at a sample."""
    sent = np.fromiter(bits, dtype=np.int64)
    # The phase at each sample is the integral of the frequency: whole bits before it, and a part.
    cycles = np.where(sent == 1, mark_hz, space_hz) / baud
    before = np.concatenate(([0.0], np.cumsum(cycles)))
    at = np.arange(len(sent) * RATE // baud) * baud / RATE
    bit = at.astype(np.int64)
    phase = before[bit] + (at - bit) * cycles[bit]
    return encode(_FULL * 10 ** (level / 20) * np.sin(2 * np.pi * phase))
