"""The program that takes an owner's sound file: what sox reads → A-law at the common loudness.

``python3 -m linebox.features.prompts.take IN OUT.alaw`` tells one line of JSON: ``{"seconds",
"lufs", "peak_db", "flags"}``, or ``{"error": code}`` with status 1. What is read was made by nobody
knows whom, so this process bounds itself: memory, processor time, size of what it writes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from linebox.features.prompts import audio

MAX_S: Final = 600
"""Ten minutes: a prompt, or a piece of music."""
_RATE: Final = 48000
_MEMORY: Final = 2 * 2**30
_CPU_S: Final = 40
_WALL_S: Final = 45
QUIET_LUFS: Final = -45.0
CLIPPED_SHARE: Final = 0.0005
#: What begins so is Opus, which Debian's sox doesn't read.
_OPUS: Final = b"OpusHead"


class NoSound(Exception):
    """``args[0]``: ``sound-unreadable``, ``sound-empty`` or ``sound-too-long``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """``seconds`` as it will be played; ``lufs`` and ``peak_db`` as it came."""

    seconds: float
    lufs: float
    peak_db: float
    flags: tuple[str, ...]


def bound() -> None:
    """This process and its children may take no more than that."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    size = (MAX_S + 60) * _RATE * 2 * 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def decode(source: Path) -> audio.Samples:
    """One channel at 24 kHz. Raises ``NoSound``."""
    head = source.read_bytes()[:64]
    if head[:4] == b"OggS" and _OPUS in head:
        wav = source.with_suffix(".wav")
        _run(["opusdec", "--quiet", "--rate", str(_RATE), str(source), str(wav)])
        source = wav
    rate = audio.TELEPHONE_HZ * 3
    # sox knows some MP3s by their name alone.
    kind = ("-t", "mp3") if head[:1] == b"\xff" and head[1:2] >= b"\xe0" else ()
    made = _run(
        [
            *("sox", "-V1", "-D", *kind, str(source), "-t", "raw", "-r", str(rate), "-c", "1"),
            *("-e", "signed", "-b", "16", "-", "trim", "0", str(MAX_S + 1)),
        ]
    )
    samples = np.frombuffer(made[: len(made) & ~1], dtype="<i2").astype(np.float64) / 32768
    if not len(samples):
        raise NoSound("sound-unreadable")
    if len(samples) > MAX_S * rate:
        raise NoSound("sound-too-long")
    return np.asarray(samples)


def _run(command: list[str]) -> bytes:
    try:
        return subprocess.run(
            command, capture_output=True, check=True, timeout=_WALL_S, stdin=subprocess.DEVNULL
        ).stdout
    except (subprocess.SubprocessError, OSError) as error:
        raise NoSound("sound-unreadable") from error


def take(source: Path, out: Path) -> Taken:
    """Decoded, silence trimmed, at the common loudness. Raises ``NoSound``."""
    samples = decode(source)
    peak = float(np.abs(samples).max())
    if audio.db(peak) < -60:
        raise NoSound("sound-empty")
    rate = audio.TELEPHONE_HZ * 3
    lufs = audio.loudness(samples, rate)
    flags = []
    if lufs < QUIET_LUFS:
        flags.append("quiet")
    if float(np.mean(np.abs(samples) > 0.999)) > CLIPPED_SHARE:
        flags.append("clipped")
    finished = audio.finish(samples, rate)
    out.write_bytes(audio.alaw(finished))
    return Taken(
        seconds=round(len(finished) / audio.TELEPHONE_HZ, 2),
        lufs=round(lufs, 1),
        peak_db=round(audio.db(peak), 1),
        flags=tuple(flags),
    )


def main() -> int:
    bound()
    try:
        taken = take(Path(sys.argv[1]), Path(sys.argv[2]))
    except NoSound as error:
        print(json.dumps({"error": str(error)}))  # noqa: T201
        return 1
    except MemoryError:
        print(json.dumps({"error": "sound-too-long"}))  # noqa: T201
        return 1
    told = {"seconds": taken.seconds, "lufs": taken.lufs, "peak_db": taken.peak_db}
    print(json.dumps(told | {"flags": taken.flags}))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
