"""The program that speaks: a batch of texts → files, then it ends.

``python3 -m linebox.features.prompts.speak --batch FILE.json``, FILE a list of
``{"lang": "zh", "text": "…", "voice": "zf_xiaoxiao", "speed": 1.0, "out": "….alaw" or "….wav"}``,
maybe with ``"readings": {"word": "how it is read"}`` (``marks.marked``).
For each one line of JSON on stdout: ``{"out", "engine": "kokoro" | "espeak-ng", "seconds"}``,
or ``{"out", "error"}``; exit status 1 if any failed. A file is whole or absent.
Speaks by the voice layer (``LINEBOX_VOICE``, default /usr/lib/linebox/voice); by espeak-ng, said so
on stderr, when the layer is away or the language is none of ours. Needs 0.4 GB or more meanwhile.
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import os
import subprocess
import sys
import warnings
import wave
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from linebox.features.prompts import audio, marks, normalise, pronounce
from linebox.model.languages import Language

MODEL_HZ: Final = 24000
FRAME: Final = 600
"""Samples of one of the frames in which the model reckons durations."""
MAX_SYMBOLS: Final = 480
"""The model takes 510; style vectors end there too."""
MAX_TEXT: Final = 1000
"""Characters of one prompt; over three minutes, and more than one minute of work."""
GOOD_ENOUGH: Final = 1.0
"""Of ``audio.unevenness``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One text to be spoken. ``speed`` 0.5–2; ``joined``: a piece, trimmed tightly."""

    lang: str
    text: str
    voice: str
    out: Path
    speed: float = 1.0
    joined: bool = False
    readings: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """Speaks a text as samples at 24 kHz or as it likes; raises ValueError for an unknown voice."""

    name: str

    def speak(self, order: Order) -> tuple[audio.Samples, int]: ...


class Kokoro:
    """The voice model; loads in 0.6 s."""

    name = "kokoro"

    def __init__(self, layer: Path, threads: int) -> None:
        sys.path.append(str(layer / "site-packages"))
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(layer / "model/kokoro.onnx"), options, providers=["CPUExecutionProvider"]
        )
        vocabulary = json.loads((layer / "model/vocab.json").read_text(encoding="utf-8"))
        self._tokens: dict[str, int] = vocabulary["vocab"]
        self._voices = layer / "voices"

    def speak(self, order: Order) -> tuple[audio.Samples, int]:
        language = Language(order.lang)
        text = marks.marked(order.text, order.readings)
        clauses: list[tuple[str, float]] = []
        for part, rest_s in text.parts:
            clauses += pronounce.clauses(normalise.spoken(part, language), language, text.readings)
            if clauses and rest_s:
                clauses[-1] = (clauses[-1][0], rest_s)
        carried = len(clauses) == 1 and pronounce.needs_carrier(clauses[0][0], language)
        if order.joined and len(clauses) == 1 and not carried:
            return self._piece(clauses[0][0], order), MODEL_HZ
        spoken: list[audio.Samples] = []
        for symbols, pause_s in clauses:
            if pronounce.needs_carrier(symbols, language):
                said = [self._carried(symbols, order)]
            else:
                said = [self._run(c, order.voice, order.speed)[0] for c in chunks(symbols)]
            spoken += [audio.trim(part, MODEL_HZ, joined=True) for part in said]
            spoken.append(np.zeros(int(MODEL_HZ * pause_s)))
        return (np.concatenate(spoken) if spoken else np.zeros(0)), MODEL_HZ

    def _piece(self, symbols: str, order: Order) -> audio.Samples:
        """One word, as even as its neighbours: the model hurries or swallows short words with some
        style vectors, so others are tried until one has a fair length and quiet edges."""
        fair_s = pronounce.fair_length_s(symbols, Language(order.lang)) / order.speed
        best, best_fault = np.zeros(0), float("inf")
        for more in (0, 4, 9, 15):
            said, _ = self._run(symbols, order.voice, order.speed, style=len(symbols) + more)
            fault = audio.unevenness(said, MODEL_HZ, fair_s)
            if fault < best_fault:
                best, best_fault = said, fault
            if fault < GOOD_ENOUGH:
                break
        return best

    def _carried(self, symbols: str, order: Order) -> audio.Samples:
        """A short Mandarin word, cut out of the end of a phrase, where it keeps its tones."""
        carrier, word, speed = pronounce.carried(symbols)
        said, frames = self._run(carrier + word, order.voice, order.speed * speed)
        begins = int(frames[: 1 + len(carrier)].sum()) * FRAME
        return said[audio.quietest(said, MODEL_HZ, begins) :]

    def _run(
        self, symbols: str, voice: str, speed: float, style: int | None = None
    ) -> tuple[audio.Samples, audio.Samples]:
        """Samples, and the frames of each token (one more before and behind the symbols)."""
        tokens = [self._tokens[s] for s in symbols if s in self._tokens]
        styles = self._styles(voice)
        said, frames = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": styles[min(style or len(tokens), len(styles) - 1)],
                "speed": np.array([speed], dtype=np.float32),
            },
        )
        return np.asarray(said, np.float64).ravel(), np.asarray(frames, np.float64).ravel()

    @functools.cache  # noqa: B019 (one engine lives as long as the process)
    def _styles(self, voice: str) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
        file = self._voices / f"{Path(voice).name}.bin"
        if not file.exists():
            raise ValueError(f"no such voice: {voice}")
        return np.fromfile(file, dtype="<f4").reshape(-1, 1, 256)


class EspeakNg:
    """The fall-back: robotic, but every language."""

    name = "espeak-ng"

    def speak(self, order: Order) -> tuple[audio.Samples, int]:
        language = {"zh": "cmn", "en": "en-us"}.get(order.lang, order.lang)
        text = ". ".join(part for part, _ in marks.marked(order.text, order.readings).parts)
        if order.lang in Language:
            text = normalise.spoken(text, Language(order.lang))
        done = subprocess.run(
            [
                "espeak-ng",
                "--stdout",
                "-v",
                language,
                "-s",
                f"{int(165 * order.speed)}",
                "--",
                text,
            ],
            capture_output=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise ValueError(done.stderr.decode(errors="replace").strip() or "espeak-ng failed")
        with wave.open(io.BytesIO(done.stdout)) as file:
            rate = file.getframerate()
        pcm = np.frombuffer(done.stdout[44:], dtype="<i2")
        return pcm / 32768.0, rate


def chunks(symbols: str) -> list[str]:
    """Split what is longer than the model takes: at a full stop, else a comma, else a space."""
    whole: list[str] = []
    while len(symbols) > MAX_SYMBOLS:
        head = symbols[:MAX_SYMBOLS]
        cut = max(head.rfind(". "), head.rfind("! "), head.rfind("? "))
        if cut < MAX_SYMBOLS // 3:
            cut = max(head.rfind(", "), head.rfind("; "))
        if cut < MAX_SYMBOLS // 3:
            cut = head.rfind(" ")
        cut = cut + 1 if cut > 0 else MAX_SYMBOLS
        whole.append(symbols[:cut].strip())
        symbols = symbols[cut:].strip()
    return [*whole, symbols] if symbols else whole


class Speaker:
    """Picks the engine for an order; the model is loaded at its first use."""

    def __init__(self, layer: Path, threads: int) -> None:
        self._layer = layer
        self._threads = threads

    @functools.cached_property
    def _kokoro(self) -> Kokoro | None:
        try:
            return Kokoro(self._layer, self._threads)
        except Exception as error:  # onnxruntime raises classes of its own
            print(f"speak: no voice layer, espeak-ng speaks: {error}", file=sys.stderr)  # noqa: T201
            return None

    def engine(self, lang: str) -> Engine:
        if lang not in Language:
            print(f"speak: espeak-ng speaks {lang}", file=sys.stderr)  # noqa: T201
            return EspeakNg()
        return self._kokoro or EspeakNg()

    def speak(self, order: Order) -> tuple[audio.Samples, str]:
        """Samples at 8 kHz ready to be written, and the engine's name.

        Raises ValueError: an unknown voice or language, a text too long or without a sound."""
        if len(order.text) > MAX_TEXT:
            raise ValueError(f"text of {len(order.text)} characters, at most {MAX_TEXT}")
        if not 0.5 <= order.speed <= 2.0:
            raise ValueError(f"speed {order.speed}, must be 0.5 to 2")
        engine = self.engine(order.lang)
        samples, rate = engine.speak(order)
        finished = audio.finish(samples, rate, joined=order.joined)
        if not len(finished):
            raise ValueError("nothing to be heard in this text")
        return finished, engine.name


def write(samples: audio.Samples, out: Path) -> None:
    """By the ending; whole or not at all."""
    data = audio.wav(samples) if out.suffix == ".wav" else audio.alaw(samples)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(out)


def run(orders: Iterable[Order], speaker: Speaker) -> bool:
    """Speak all, report each; False if any failed."""
    good = True
    for order in orders:
        told: dict[str, str | float] = {"out": str(order.out)}
        try:
            samples, engine = speaker.speak(order)
            write(samples, order.out)
            told |= {"engine": engine, "seconds": round(len(samples) / audio.TELEPHONE_HZ, 3)}
        except (ValueError, OSError, subprocess.SubprocessError) as error:
            told["error"] = str(error)
            good = False
        print(json.dumps(told, ensure_ascii=False), flush=True)  # noqa: T201
    return good


def orders(file: Path) -> list[Order]:
    """Raises KeyError, TypeError or ValueError for a batch that isn't one."""
    return [
        Order(
            lang=str(each["lang"]),
            text=str(each["text"]),
            voice=str(each["voice"]),
            out=Path(each["out"]),
            speed=float(each.get("speed", 1.0)),
            joined=bool(each.get("joined", False)),
            readings={str(word): str(said) for word, said in each.get("readings", {}).items()},
        )
        for each in json.loads(file.read_text(encoding="utf-8"))
    ]


def layer() -> Path:
    return Path(os.environ.get("LINEBOX_VOICE", "/usr/lib/linebox/voice"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Speak a batch of texts into files.")
    parser.add_argument("--batch", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", SyntaxWarning)  # jieba's old syntax is no news
    os.nice(10)
    return 0 if run(orders(arguments.batch), Speaker(layer(), arguments.threads)) else 1


if __name__ == "__main__":
    sys.exit(main())
