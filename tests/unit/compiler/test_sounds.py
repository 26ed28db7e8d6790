"""The sounds that come of settings: spoken once, joined rightly, kept while they are played."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from linebox.base.errors import InputError
from linebox.compiler.generation import Sound
from linebox.compiler.sounds import Sounds, Utterance, speak
from linebox.config.paths import Paths
from linebox.features.prompts.model import Spoken
from linebox.model.languages import Language

OWN = Spoken(id=3, name="own", text_zh="您好", text_en="Hello", speed=1.1)
MUTE = Spoken(id=4, name="mute", text_zh="只有中文", text_en=" ")
BUILTIN = Spoken(id=1, name="welcome", builtin="lb/welcome")


class Voice:
    """Writes a file for each text; ``leaves_out`` those of one text."""

    def __init__(self, leaves_out: str = "") -> None:
        self.said: list[tuple[str, str]] = []
        self.leaves_out = leaves_out

    async def __call__(self, utterances: Sequence[Utterance]) -> None:
        for each in utterances:
            self.said.append((each.language, each.text))
            if each.text != self.leaves_out:
                each.out.write_bytes(each.text.encode())


@pytest.fixture
def at(tmp_path: Path) -> Paths:
    made = Paths(root=tmp_path)
    made.prompts.mkdir(parents=True)
    return made


def lay(at: Paths, language: str, name: str, data: bytes) -> None:
    path = at.share / "sounds" / language / f"{name}.alaw"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.mark.req("IVR-2")
async def test_prompts_are_spoken_once_in_the_languages_they_have(at: Paths) -> None:
    voice = Voice()
    sounds = Sounds(at, voice)

    assert await sounds.say([OWN, MUTE, BUILTIN]) == 3
    assert await sounds.say([OWN, MUTE, BUILTIN]) == 0

    assert voice.said == [("zh", "您好"), ("en", "Hello"), ("zh", "只有中文")]
    file = at.prompts / "zh" / f"{OWN.sound}.alaw"
    assert file.read_bytes() == "您好".encode()
    assert file.stat().st_mode & 0o777 == 0o644
    assert not list(at.prompts.glob(".making-*"))


@pytest.mark.req("IVR-2")
def test_another_text_voice_or_speed_is_another_sound() -> None:
    changed = {"text_zh": "再见", "text_en": "Bye", "voice_en": "am_adam", "speed": 1.0}
    names = {
        OWN.sound,
        *(Spoken(**{**_fields(OWN), key: new}).sound for key, new in changed.items()),
    }  # type: ignore[arg-type]

    assert len(names) == 5
    assert Spoken(**{**_fields(OWN), "name": "renamed"}).sound == OWN.sound  # type: ignore[arg-type]


def _fields(prompt: Spoken) -> dict[str, object]:
    return {name: getattr(prompt, name) for name in prompt.__dataclass_fields__}


@pytest.mark.req("IVR-2")
async def test_text_that_could_not_be_spoken_is_told(at: Paths) -> None:
    with pytest.raises(InputError, match="speech-failed"):
        await Sounds(at, Voice(leaves_out="Hello")).say([OWN])


@pytest.mark.req("IVR-2")
async def test_speaking_process_that_fails_gives_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\necho \'{"out": "x", "error": "no such voice"}\'; exit 1\n')
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))

    with pytest.raises(InputError) as caught:
        await speak(
            [Utterance(language=Language.ZH, text="x", voice="v", speed=1, out=tmp_path / "x")]
        )
    assert caught.value.fields == {"reason": "no such voice"}


def test_empty_file_counts_as_missing(at: Paths) -> None:
    lay(at, "zh", "lb/welcome", b"")
    lay(at, "en", "lb/welcome", b"\xd5")
    sounds = [Sound(language=language, name="lb/welcome") for language in Language]

    assert Sounds(at, Voice()).missing(sounds) == [Sound(language=Language.ZH, name="lb/welcome")]


@pytest.mark.req("AGT-1")
def test_staff_number_is_joined_from_pieces_and_follows_them(at: Paths) -> None:
    for name, data in {
        "staff-prefix": b"<",
        "n/yao": b"1",
        "n/0": b"0",
        "staff-suffix": b">",
    }.items():
        lay(at, "zh", f"lb/{name}", data)
    sounds = Sounds(at, Voice())
    file = at.data / "astdata/sounds/zh_1001/lb/staff.alaw"

    sounds.join_staff([(Language.ZH, "1001")])
    assert file.read_bytes() == b"<1001>"
    lay(at, "zh", "lb/staff-suffix", b"!")
    sounds.join_staff([(Language.ZH, "1001")])
    assert file.read_bytes() == b"<1001!"


def test_only_what_nobody_plays_is_cleared_away(at: Paths) -> None:
    sounds = Sounds(at, Voice())
    sounds.join_staff([(Language.ZH, "1001"), (Language.EN, "1002")])
    (at.data / "astdata/sounds/zh").mkdir()
    for name in ("3-aaa", "3-bbb"):
        path = at.prompts / "zh/owner" / f"{name}.alaw"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    fresh = at.prompts / "zh/owner/3-ccc.alaw"
    for path in at.prompts.glob("*/owner/*"):
        os.utime(path, (0, 0))
    fresh.touch()  # of a prompt that nobody hears yet

    sounds.clear_away({"zh_1001"}, lambda name: name == "owner/3-bbb")

    assert sorted(path.name for path in (at.data / "astdata/sounds").iterdir()) == ["zh", "zh_1001"]
    kept = sorted(path.name for path in at.prompts.glob("*/owner/*"))
    assert kept == ["3-bbb.alaw", "3-ccc.alaw"]
