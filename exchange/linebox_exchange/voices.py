"""Makes what the parties say: words by espeak-ng over a tone of the party's own, A-law at 8 kHz.

Run when the root tree is built (``exchange/install``), so no call waits for it. The tone lies above
the words, steady and whole at the file's end, so that a recording shows for each second and side
who spoke, and a gap shows too.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linebox_exchange import numbers, paths

RATE_HZ = 8000
TONE_AMPLITUDE = 0.12
_DIGITS = "零一二三四五六七八九"


def alaw(samples: npt.NDArray[np.int16]) -> bytes:
    """G.711 A-law (even bits inverted), one byte a sample."""
    linear = samples.astype(np.int32) >> 3
    sign = np.where(linear >= 0, 0xD5, 0x55)
    level = np.minimum(np.where(linear >= 0, linear, -linear - 1), 0xFFF)
    exponent = np.maximum(np.floor(np.log2(np.maximum(level, 1))).astype(np.int32) - 4, 0)
    mantissa = np.where(exponent > 0, level >> np.maximum(exponent, 1), level >> 1) & 0x0F
    return ((exponent << 4 | mantissa) ^ sign).astype(np.uint8).tobytes()


def spoken(text: str, voice: str) -> npt.NDArray[np.float64]:
    """``text`` at 8 kHz, peak 0.5, band-limited below 1900 Hz to leave the tones alone."""
    words = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "150", "--stdout", text], check=True, capture_output=True
    )
    narrow = ["rate", str(RATE_HZ), "sinc", "-1900"]
    raw = subprocess.run(
        ["sox", "-t", "wav", "-", "-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-", *narrow],
        input=words.stdout,
        check=True,
        capture_output=True,
    )
    samples = np.frombuffer(raw.stdout, dtype="<i2").astype(np.float64)
    return samples * (0.5 / max(1.0, float(np.abs(samples).max())))


def with_tone(words: npt.NDArray[np.float64], hz: int) -> npt.NDArray[np.int16]:
    """``words`` then a pause, over ``hz``; whole seconds long, to repeat without a click."""
    length = (len(words) // RATE_HZ + 2) * RATE_HZ
    sound = TONE_AMPLITUDE * np.sin(2 * np.pi * hz * np.arange(length) / RATE_HZ)
    sound[: len(words)] += words
    return (sound * 32767).astype(np.int16)


def main(folder: Path = paths.VOICES) -> None:
    """Write ``<voice>/say.alaw`` for every party and the music classes that play them."""
    parties = [
        ("customer", "客户", "cmn", numbers.CUSTOMER_VOICES, numbers.customer_tone_hz),
        ("agent", "坐席", "cmn+f3", numbers.AGENT_VOICES, numbers.agent_tone_hz),
    ]
    classes = []
    for kind, word, voice, count, tone_hz in parties:
        for number in range(count):
            digits = "".join(_DIGITS[int(digit)] for digit in f"{number:02}")
            words = spoken(f"您好，我是{word}{digits}，能听到我说话吗？", voice)
            home = folder / f"{kind}{number}"
            home.mkdir(parents=True, exist_ok=True)
            (home / "say.alaw").write_bytes(alaw(with_tone(words, tone_hz(number))))
            classes.append(
                f"[{kind}{number}]\nmode=files\ndirectory={paths.VOICES}/{kind}{number}\n"
            )
    (folder / "musiconhold.conf").write_text("\n".join(classes))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else paths.VOICES)
