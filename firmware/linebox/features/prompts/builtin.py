"""Makes the built-in sounds, what has not changed from a cache (run by ``image/voice``).

``python3 -m linebox.features.prompts.builtin --cache DIR --to DIR/usr/share/linebox/sounds``
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linebox.features.prompts import audio, normalise, speech
from linebox.model.languages import Language

PIPELINE: Final = {Language.ZH: 2, Language.EN: 1}
"""Grows with each change of pronounce, audio or speak that is heard: then all is spoken anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What one built-in sound says in one language."""

    name: str
    language: Language
    text: str
    voice: str
    speed: float
    joined: bool

    @property
    def key(self) -> str:
        """Equal for sounds that are heard alike."""
        said = normalise.spoken(self.text, self.language)
        parts = (
            PIPELINE[self.language],
            str(self.language),
            said,
            self.voice,
            self.speed,
            self.joined,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    name: str
    hz: float
    seconds: float
    dbfs: float


def builtin() -> Mapping[str, dict[str, dict[str, object]]]:
    """builtin.toml as it stands."""
    file = Path(__file__).with_name("builtin.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def sounds() -> list[Sound]:
    """All that is spoken, in both languages."""
    written = builtin()
    made: list[Sound] = []
    for language in Language:
        voice = written["voices"][language]
        texts = {
            name: (str(sound[language]), bool(sound.get("joined", False)))
            for name, sound in written["sounds"].items()
        }
        said = speech.pieces(language) | {k: str(v) for k, v in written["pieces"][language].items()}
        texts |= {speech.sound(piece): (text, True) for piece, text in said.items()}
        texts |= {f"digits/{n}": (said[n], True) for n in speech.saycdigits(language)}
        texts |= {
            f"digits/{name}": (str(text), True)
            for name, text in written["digits"][language].items()
        }
        made += [
            Sound(
                name=name,
                language=language,
                text=text,
                voice=str(voice["voice"]),
                speed=float(str(voice["speed"])),
                joined=joined,
            )
            for name, (text, joined) in texts.items()
        ]
    return made


def tones() -> list[Tone]:
    """All that is no speech; the same in every language."""
    return [
        Tone(
            name=name,
            hz=float(str(tone["hz"])),
            seconds=float(str(tone["ms"])) / 1000,
            dbfs=float(str(tone["dbfs"])),
        )
        for name, tone in builtin()["tones"].items()
    ]


def speak_missing(wanted: list[Sound], cache: Path, workers: int) -> int:
    """Fill the cache, by processes of one thread each (two threads in one gain half as much).

    Returns how many were spoken; raises CalledProcessError if one couldn't be, or RuntimeError if
    espeak-ng spoke (a build without the model is no build)."""
    missing = {s.key: s for s in wanted if not (cache / f"{s.key}.alaw").exists()}
    orders = [
        {
            "lang": s.language,
            "text": s.text,
            "voice": s.voice,
            "speed": s.speed,
            "joined": s.joined,
            "out": str(cache / f"{key}.alaw"),
        }
        for key, s in sorted(missing.items(), key=lambda item: -len(item[1].text))
    ]
    with tempfile.TemporaryDirectory() as folder:
        running: list[subprocess.Popen[str]] = []
        for worker in range(workers):
            share = orders[worker::workers]
            if not share:
                continue
            batch = Path(folder) / f"{worker}.json"
            batch.write_text(json.dumps(share), encoding="utf-8")
            command = [sys.executable, "-m", "linebox.features.prompts.speak", "--threads", "1"]
            running.append(
                subprocess.Popen(
                    [*command, "--batch", str(batch)], stdout=subprocess.PIPE, text=True
                )
            )
        for process in running:
            told, _ = process.communicate()
            if process.returncode:
                failed = [line for line in told.splitlines() if '"error"' in line]
                raise RuntimeError(f"not spoken: {failed[:3]}")
            if '"espeak-ng"' in told:
                raise RuntimeError("the voice layer is not whole: espeak-ng spoke")
    return len(missing)


def make(cache: Path, target: Path, workers: int) -> tuple[int, int]:
    """Lay all sounds under ``target/<lang>``; returns how many there are and how many were new."""
    cache.mkdir(parents=True, exist_ok=True)
    wanted = sounds()
    new = speak_missing(wanted, cache, workers)
    for sound in wanted:
        lay((cache / f"{sound.key}.alaw").read_bytes(), target, sound.language, sound.name)
    for tone in tones():
        data = audio.alaw(audio.tone(tone.hz, tone.seconds, tone.dbfs))
        for language in Language:
            lay(data, target, language, tone.name)
    return len(wanted) + len(tones()) * len(Language), new


def lay(data: bytes, target: Path, language: Language, name: str) -> None:
    out = target / language / f"{name}.alaw"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the built-in sounds.")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    count, new = make(arguments.cache, arguments.to, os.cpu_count() or 1)
    print(f"voice: {count} sounds, {new} of them new")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
