"""Owners' sound files: common formats come out alike, what is no sound is refused in words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import linebox
from linebox.base.errors import InputError
from linebox.compiler.sounds import Sounds
from linebox.config.paths import Paths
from linebox.features.prompts import audio, take
from linebox.features.prompts.model import Spoken
from linebox.model.languages import Language


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that takes files finds our package."""
    monkeypatch.setenv("PYTHONPATH", str(Path(linebox.__file__).parents[1]))


def speechlike(folder: Path, name: str, *, vol: float = 0.3, seconds: float = 3) -> Path:
    """Two tones with silence around, by sox, in the format of the name."""
    path, plain = folder / name, folder / "plain.wav"
    rate = "8000" if name.endswith(("amr-nb", "8k.mp3")) else "44100"
    command = ["sox", "-n", "-b", "16", "-r", rate, "-c", "1"]
    effects = ["synth", str(seconds), "sine", "500", "sine", "1100", "remix", "-", "vol", str(vol)]
    made = plain if path.suffix == ".opus" else path
    subprocess.run([*command, str(made), *effects, "pad", "0.7", "0.7"], check=True, timeout=20)
    if path.suffix == ".opus":
        encode = ["opusenc", "--quiet", str(plain), str(path)]
        subprocess.run(encode, check=True, timeout=20)
    return path


@pytest.mark.req("IVR-2")
@pytest.mark.parametrize(
    "kind", ["wav", "mp3", "8k.mp3", "ogg", "opus", "flac", "amr-nb", "aiff", "au"]
)
def test_common_formats_come_out_at_the_common_loudness(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "out.alaw"
    nameless = speechlike(tmp_path, f"given.{kind}").rename(tmp_path / "given")
    taken = take.take(nameless, out)

    heard = audio.from_alaw(out.read_bytes())
    assert abs(audio.loudness(heard, 8000) - audio.LOUDNESS_LUFS) < 1
    assert taken.seconds == pytest.approx(3.08, abs=0.15), "silence around is trimmed"
    assert taken.flags == ()


@pytest.mark.req("IVR-2")
def test_what_is_too_quiet_or_clipped_is_said_and_lifted(tmp_path: Path) -> None:
    out = tmp_path / "out.alaw"
    assert take.take(speechlike(tmp_path, "a.wav", vol=0.003), out).flags == ("quiet",)
    assert abs(audio.loudness(audio.from_alaw(out.read_bytes()), 8000) + 19) < 1
    assert take.take(speechlike(tmp_path, "b.wav", vol=4), out).flags == ("clipped",)


def no_sounds(folder: Path) -> dict[str, bytes]:
    mp3 = speechlike(folder, "whole.mp3").read_bytes()
    wav = speechlike(folder, "whole.wav").read_bytes()
    huge = wav[:40] + b"\xff\xff\xff\x7f" + wav[44:60]
    return {
        "empty": b"",
        "text": b"#!/bin/sh\ntouch /tmp/pwned\n" * 100,
        "noise": np.random.default_rng(3).bytes(50_000),
        "html": b"<html><body>404</body></html>",
        "head": mp3[:20],
        "opus head": b"OggS" + bytes(24) + b"OpusHead" + bytes(100),
        "lying": huge,
        "elf": Path("/bin/true").read_bytes()[:5000],
    }


@pytest.mark.req("IVR-2")
async def test_what_is_no_sound_is_refused_in_words(tmp_path: Path) -> None:
    sounds = Sounds(_at(tmp_path), _mute)
    for name, data in no_sounds(tmp_path).items():
        with pytest.raises(InputError) as caught:
            await sounds.take(data)
        assert caught.value.code in ("sound-unreadable", "sound-empty"), name
    assert not list((tmp_path / "data/prompts").glob("**/*.*"))


@pytest.mark.req("IVR-2")
async def test_silence_is_refused(tmp_path: Path) -> None:
    sounds = Sounds(_at(tmp_path), _mute)
    with pytest.raises(InputError, match="sound-empty"):
        await sounds.take(speechlike(tmp_path, "a.wav", vol=0).read_bytes())


@pytest.mark.req("IVR-2")
def test_what_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take, "MAX_S", 2)
    with pytest.raises(take.NoSound, match="sound-too-long"):
        take.take(speechlike(tmp_path, "a.mp3"), tmp_path / "out.alaw")


@pytest.mark.req("IVR-2")
async def test_a_file_is_played_before_the_text_and_kept_with_its_original(tmp_path: Path) -> None:
    at = _at(tmp_path)
    sounds = Sounds(at, _mute)
    given = speechlike(tmp_path, "a.wav").read_bytes()
    told = await sounds.take(given)
    file = str(told["file"])
    prompt = Spoken(id=3, name="p", text_zh="不说", file_zh=file)

    assert await sounds.say([prompt]) == 1
    assert await sounds.say([prompt]) == 0

    played = at.prompts / "zh" / f"{prompt.sound}.alaw"
    assert played.read_bytes() == (at.prompts / f"files/{file}.alaw").read_bytes()
    assert (at.prompts / f"files/{file}.orig").read_bytes() == given
    assert prompt.file(Language.EN) is None
    assert prompt.sound != Spoken(id=3, name="p", text_zh="不说").sound


def _at(root: Path) -> Paths:
    at = Paths(root=root)
    at.prompts.mkdir(parents=True)
    return at


async def _mute(_utterances: object) -> None:
    raise AssertionError("nothing is to be spoken")
