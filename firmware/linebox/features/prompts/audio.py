"""From what the voice model gives (float, 24 kHz) to what Asterisk plays (A-law, 8 kHz).

Everything is numpy; no filter runs sample by sample in Python. Loudness is ITU-R BS.1770-4 / EBU
R128, the K-weighting taken as a frequency response, so that it holds at any sampling rate.
"""

from __future__ import annotations

import io
import wave
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

TELEPHONE_HZ: Final = 8000
LOUDNESS_LUFS: Final = -19.0
"""Integrated loudness of every prompt: lively on a telephone, and far enough from clipping."""
PEAK_DBTP: Final = -2.0
"""Greatest true peak; A-law's steps are coarse up there."""
EDGE_S: Final = 0.04
"""Silence left before and after a sentence."""
EDGE_JOINED_S: Final = 0.012
"""Likewise for pieces, which follow each other."""


def db(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, 1e-9)))


def levels(samples: Samples, rate: int, window_s: float = 0.01) -> Samples:
    """RMS in dBFS of each 5 ms step, in windows of ``window_s``."""
    step = rate // 200
    width = int(rate * window_s)
    power = np.convolve(samples**2, np.full(width, 1 / width), mode="same")[::step]
    return np.asarray(10 * np.log10(power + 1e-12))


def span(samples: Samples, rate: int, below_peak_db: float) -> tuple[int, int]:
    """First and last sample whose surroundings are at most ``below_peak_db`` under the loudest."""
    level = levels(samples, rate)
    heard = np.flatnonzero(level > level.max() - below_peak_db)
    step = rate // 200
    return int(heard[0]) * step, min(len(samples), (int(heard[-1]) + 1) * step)


def trim(samples: Samples, rate: int, *, joined: bool) -> Samples:
    """Cut leading and trailing silence, fade the edges (a piece ends shorter than a sentence)."""
    start, end = span(samples, rate, 34.0 if joined else 45.0)
    edge = int(rate * (EDGE_JOINED_S if joined else EDGE_S))
    cut = samples[max(0, start - edge) : min(len(samples), end + edge)].copy()
    rise, fall = int(rate * 0.008), min(len(cut) // 2, int(rate * (0.03 if joined else 0.02)))
    cut[:rise] *= np.linspace(0, 1, rise)
    cut[-fall:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fall))
    return cut


def quietest(samples: Samples, rate: int, near: int) -> int:
    """The quietest place up to 30 ms before and 15 ms behind ``near``: a cut is heard least."""
    step = rate // 200
    level = levels(samples, rate)
    first = max(0, near // step - 6)
    return (first + int(level[first : near // step + 4].argmin())) * step


def unevenness(samples: Samples, rate: int, fair_s: float) -> float:
    """How badly a piece's raw sound fits among others; under 1 is good.

    1 for each 35 % of length off the fair one, 2 for an end that is cut off, 2 for a blip that
    stands apart from the word."""
    start, end = span(samples, rate, 34.0)
    fault = abs(np.log((end - start) / rate / fair_s)) / np.log(1.35)
    level = levels(samples, rate)
    if len(samples) - end < rate // 50:
        fault += 2
    inside = level[start * 200 // rate : end * 200 // rate] < level.max() - 40
    longest = max(
        (len(run) for run in "".join("x" if q else " " for q in inside).split()), default=0
    )
    return float(fault + (2 if longest > 24 else 0))


def lowpass(cutoff_hz: float, rate: int, taps: int) -> Samples:
    """A windowed sinc (Blackman)."""
    at = np.arange(taps) - (taps - 1) / 2
    kernel = np.sinc(2 * cutoff_hz / rate * at) * np.blackman(taps)
    return np.asarray(kernel / kernel.sum())


def to_telephone(samples: Samples, rate: int) -> Samples:
    """To 8 kHz, band-limited to 3.7 kHz (−6 dB); ``rate`` is a multiple of 8000, or espeak-ng's."""
    if rate % TELEPHONE_HZ:
        common = 24000
        count = int(len(samples) * common / rate)
        smooth = np.convolve(samples, lowpass(3700, rate, 255), mode="same")
        samples = np.interp(np.arange(count) * rate / common, np.arange(len(smooth)), smooth)
        rate = common
    factor = rate // TELEPHONE_HZ
    if factor == 1:
        return samples
    return np.asarray(np.convolve(samples, lowpass(3700, rate, 64 * factor - 1), mode="same"))[
        ::factor
    ]


def _weighting(hz: NDArray[np.floating]) -> Samples:
    """|H|² of BS.1770's two filters (its coefficients at 48 kHz), at the frequencies ``hz``."""
    z = np.exp(-2j * np.pi * hz / 48000)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(np.abs(shelf * high) ** 2)


def loudness(samples: Samples, rate: int) -> float:
    """Integrated loudness in LUFS, gated; what is shorter than a block of 400 ms is one block."""
    padded = np.concatenate([samples, np.zeros(rate // 10)])
    spectrum = np.fft.rfft(padded)
    gain = np.sqrt(_weighting(np.fft.rfftfreq(len(padded), 1 / rate)))
    weighted = np.fft.irfft(spectrum * gain, len(padded))[: len(samples)]
    block, hop = int(0.4 * rate), int(0.1 * rate)
    if len(weighted) <= block:
        powers = np.array([np.mean(weighted**2)])
    else:
        powers = np.array(
            [
                np.mean(weighted[i : i + block] ** 2)
                for i in range(0, len(weighted) - block + 1, hop)
            ]
        )
    powers = powers[_lufs(powers) > -70]
    if not len(powers):
        return -70.0
    gate = float(_lufs(np.mean(powers))) - 10
    return float(_lufs(np.mean(powers[_lufs(powers) > gate])))


def _lufs(power: NDArray[np.floating] | np.floating) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-12)))


def true_peak(samples: Samples) -> float:
    """The greatest value between the samples too (4 times oversampled), as a ratio."""
    return float(np.abs(_oversampled(samples)).max()) if len(samples) else 0.0


def _oversampled(samples: Samples) -> Samples:
    spectrum = np.fft.rfft(np.concatenate([samples, np.zeros(64)]))
    count = len(samples) + 64
    wide = np.zeros(count * 2 + 1, dtype=np.complex128)
    wide[: len(spectrum)] = spectrum
    return np.asarray(np.fft.irfft(wide, count * 4))[: len(samples) * 4] * 4


def limit(samples: Samples, rate: int) -> Samples:
    """Hold true peaks under PEAK_DBTP by a smooth gain (5 ms ahead and behind), not by clipping."""
    ceiling = 10 ** (PEAK_DBTP / 20)
    peaks = np.abs(_oversampled(samples)).reshape(-1, 4).max(axis=1)
    if peaks.max(initial=0.0) <= ceiling:
        return samples
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    reach = rate // 200
    padded = np.pad(needed, reach, mode="edge")
    held = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    ramp = np.hanning(2 * reach + 3)[1:-1]
    smooth = np.convolve(np.pad(held, reach, mode="edge"), ramp / ramp.sum(), mode="valid")
    return np.asarray(samples * np.minimum(smooth, 1.0))


def finish(samples: Samples, rate: int, *, joined: bool = False) -> Samples:
    """Trimmed, at 8 kHz, at the common loudness, peaks held. Empty stays empty."""
    if not samples.any():
        return np.zeros(0)
    narrow = to_telephone(trim(samples, rate, joined=joined), rate)
    for _ in range(3):
        narrow = narrow * 10 ** ((LOUDNESS_LUFS - loudness(narrow, TELEPHONE_HZ)) / 20)
        narrow = limit(narrow, TELEPHONE_HZ)
    return narrow


def tone(hz: float, seconds: float, dbfs: float) -> Samples:
    """A sine with edges of 5 ms; 0 Hz is silence."""
    count = round(TELEPHONE_HZ * seconds)
    if not hz:
        return np.zeros(count)
    wave_form = np.sin(2 * np.pi * hz * np.arange(count) / TELEPHONE_HZ) * 10 ** (dbfs / 20)
    edge = np.linspace(0, 1, TELEPHONE_HZ // 200)
    wave_form[: len(edge)] *= edge
    wave_form[-len(edge) :] *= edge[::-1]
    return np.asarray(wave_form)


def alaw(samples: Samples) -> bytes:
    """ITU-T G.711 A-law."""
    pcm = np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int32)
    magnitude = np.where(pcm >= 0, pcm, -pcm - 1) >> 3
    exponent = np.maximum(np.frexp(magnitude)[1] - 5, 0)
    mantissa = (magnitude >> np.maximum(exponent, 1)) & 15
    code = (exponent << 4) | mantissa
    return bytes((np.where(pcm >= 0, code | 0x80, code) ^ 0x55).astype(np.uint8))


def from_alaw(data: bytes) -> Samples:
    """The samples that a decoder gives."""
    code = np.frombuffer(data, dtype=np.uint8).astype(np.int32) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (mantissa << 1) + 1
    magnitude = np.where(exponent > 0, (magnitude + 32) << np.maximum(exponent - 1, 0), magnitude)
    return np.asarray(np.where(code & 0x80, magnitude, -magnitude) / 4096.0)


def wav(samples: Samples, rate: int = TELEPHONE_HZ) -> bytes:
    """A mono file of 16 bits."""
    pcm = np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.tobytes())
    return out.getvalue()
