"""The built-in sounds as the voice layer has them: all there, as loud as each other, not clipped.

``LINEBOX_SOUNDS`` says where they lie; else the newest voice layer of build/tree."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from linebox.features.prompts import audio, builtin, speech
from linebox.model.languages import Language

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def sounds() -> Path:
    if said := os.environ.get("LINEBOX_SOUNDS"):
        return Path(said)
    layers = sorted(
        REPOSITORY.glob("build/tree/voice-*/usr/share/linebox/sounds"),
        key=lambda layer: layer.stat().st_mtime,
    )
    if not layers:
        pytest.fail("no voice layer: run image/voice")
    return layers[-1]


def heard(sounds: Path, language: Language, name: str) -> audio.Samples:
    return audio.from_alaw((sounds / language / f"{name}.alaw").read_bytes())


SPOKEN = [pytest.param(s, id=f"{s.language}/{s.name}") for s in builtin.sounds()]


@pytest.mark.req("IVR-2")
def test_every_sound_is_there_in_both_languages(sounds: Path) -> None:
    names = [(s.language, s.name) for s in builtin.sounds()]
    names += [(language, tone.name) for tone in builtin.tones() for language in Language]
    assert [n for n in names if not (sounds / n[0] / f"{n[1]}.alaw").exists()] == []


@pytest.mark.parametrize("sound", SPOKEN)
def test_sound_is_as_loud_as_the_others_and_not_clipped(sounds: Path, sound: builtin.Sound) -> None:
    samples = heard(sounds, sound.language, sound.name)
    assert audio.loudness(samples, 8000) == pytest.approx(audio.LOUDNESS_LUFS, abs=1.0)
    assert audio.db(audio.true_peak(samples)) < audio.PEAK_DBTP + 0.7


@pytest.mark.parametrize("sound", SPOKEN)
def test_sound_lasts_as_long_as_its_text(sounds: Path, sound: builtin.Sound) -> None:
    seconds = len(heard(sounds, sound.language, sound.name)) / 8000
    signs = len(re.sub(r"\W", "", sound.text))
    each = 0.24 if sound.language is Language.ZH else 0.075
    assert 0.18 < seconds < 0.6 + signs * each * 2.2
    assert seconds > signs * each * 0.45


@pytest.mark.parametrize("language", list(Language))
def test_digits_are_even(sounds: Path, language: Language) -> None:
    lengths = [len(heard(sounds, language, f"lb/n/{n}")) / 8000 for n in range(10)]
    assert max(lengths) < 0.75
    assert max(lengths) / min(lengths) < 2.1


@pytest.mark.parametrize("sound", [s for s in SPOKEN if s.values[0].joined])
def test_piece_begins_and_ends_without_a_long_silence(sounds: Path, sound: builtin.Sound) -> None:
    samples = heard(sounds, sound.language, sound.name)
    start, end = audio.span(samples, 8000, 34.0)
    assert start / 8000 < 0.2  # soft consonants are more than 34 dB below the vowel
    assert (len(samples) - end) / 8000 < 0.2


def test_joined_samples_can_be_listened_to(sounds: Path) -> None:
    """Writes build/voice-samples/<lang>-<what>.wav for ears."""
    target = REPOSITORY / "build/voice-samples"
    target.mkdir(parents=True, exist_ok=True)
    for language in Language:
        for what, pieces in {
            "number": speech.number(120_120_012, language),
            "small": speech.number(1010, language),
            "telephone": speech.digits("13800138000", language),
            "code": speech.code("SO20261122-0017", language),
            "time": speech.time(14, 22, language),
            "money": speech.money(123_405, language),
        }.items():
            joined = np.concatenate([heard(sounds, language, speech.sound(p)) for p in pieces])
            (target / f"{language}-{what}.wav").write_bytes(audio.wav(joined))
            assert 0.3 < len(joined) / 8000 / len(pieces) < 1.3


def test_every_sound_the_dialplan_names_exists(sounds: Path) -> None:
    named: set[str] = set()
    for file in (REPOSITORY / "firmware/linebox").rglob("*.conf"):
        named |= set(re.findall(r"\blb/[a-z]+(?:-[a-z]+)*(?![\w/${-])", file.read_text("utf-8")))
    missing = {
        name
        for name in named - {"lb/n", "lb/staff", "lb/order"}
        for language in Language
        if not (sounds / language / f"{name}.alaw").exists()
    }
    assert missing == set()


def test_espeak_speaks_when_the_layer_is_away(tmp_path: Path) -> None:
    batch = tmp_path / "batch.json"
    out = tmp_path / "a.alaw"
    batch.write_text(f'[{{"lang": "zh", "text": "您好", "voice": "x", "out": "{out}"}}]')
    done = subprocess.run(
        ["python3", "-m", "linebox.features.prompts.speak", "--batch", str(batch)],
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "firmware"),
            "LINEBOX_VOICE": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert '"espeak-ng"' in done.stdout
    assert "espeak-ng speaks" in done.stderr
    assert audio.loudness(audio.from_alaw(out.read_bytes()), 8000) == pytest.approx(-19, abs=1)
