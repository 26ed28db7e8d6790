"""The sounds of a generation: owner's prompts are spoken, staff numbers joined, none is missing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from linebox.base import clock
from linebox.base.errors import InputError
from linebox.base.files import put_in_place, write_whole
from linebox.compiler.generation import Generation, Sound
from linebox.compiler.snapshot import Snapshot
from linebox.config.paths import Paths
from linebox.features.music.model import Music
from linebox.features.prompts import speech
from linebox.features.prompts.model import Spoken
from linebox.model.languages import Language

#: One batch of prompts: the model loads in a second and speaks about three times as fast as people.
SPEAKING_S: Final = 300
#: Decoding ten minutes of music takes some seconds.
TAKING_S: Final = 48
#: What owners' files may take together.
FILES_BYTES: Final = 2**30
#: Undoing a change of settings may want a file back so long.
UNUSED_S: Final = 32 * 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What is to be said into the file ``out``: ``.alaw`` (8 kHz) or ``.wav``."""

    language: Language
    text: str
    voice: str
    speed: float
    out: Path
    readings: Mapping[str, str] = field(default_factory=dict)


type Speaker = Callable[[Sequence[Utterance]], Awaitable[None]]


async def speak(utterances: Sequence[Utterance]) -> None:
    """Speak a batch in a process of its own, which ends with it: the voice model is large.

    Raises ``InputError("speech-failed")``; then some files may be there and some not.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as batch:
        json.dump(
            [
                {
                    "lang": each.language.value,
                    "text": each.text,
                    "voice": each.voice,
                    "speed": each.speed,
                    "readings": each.readings,
                    "out": str(each.out),
                }
                for each in utterances
            ],
            batch,
        )
        batch.flush()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "linebox.features.prompts.speak", "--batch", batch.name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SPEAKING_S):
                said, _ = await process.communicate()
        except TimeoutError as error:
            raise InputError("speech-failed", reason=f"{SPEAKING_S} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode:
        raise InputError("speech-failed", reason=_reason(said) or f"status {process.returncode}")


def _reason(said: bytes) -> str:
    """The first error that the speaking process told (a line of JSON for each text)."""
    for line in said.decode("utf-8", "replace").splitlines():
        with suppress(ValueError, AttributeError):
            if error := json.loads(line).get("error"):
                return str(error)[:300]
    return ""


class Sounds:
    """Where the box's sounds lie, and the making of those that come of settings."""

    def __init__(self, at: Paths, speaker: Speaker) -> None:
        self._at = at
        self._speaker = speaker

    async def say(self, prompts: Iterable[Spoken]) -> int:
        """Make the sounds of the owner's prompts that aren't there yet; how many.

        Raises as ``speak``.
        """
        prompts = list(prompts)
        self._mark(prompts)
        laid = self._lay_files(prompts)
        with tempfile.TemporaryDirectory(dir=self._at.prompts, prefix=".making-") as made:
            wanted = {
                Path(made) / f"{number}.alaw": said
                for number, said in enumerate(self._unsaid(prompts))
            }
            if wanted:
                await self._speaker([replace(said, out=part) for part, said in wanted.items()])
            for part, said in wanted.items():
                if not part.exists() or not part.stat().st_size:
                    raise InputError("speech-failed", reason=said.text[:40])
                said.out.parent.mkdir(parents=True, exist_ok=True)
                part.chmod(0o644)
                put_in_place(part, said.out)
            return laid + len(wanted)

    async def take(self, data: bytes) -> Mapping[str, object]:
        """Keep an owner's file and its sound; equal files are one. What was measured.

        Raises ``InputError``: ``sound-unreadable``, ``sound-empty``, ``sound-too-long``,
        ``sounds-full``.
        """
        folder = self._at.prompts / "files"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        if sum(path.stat().st_size for path in folder.iterdir()) > FILES_BYTES:
            raise InputError("sounds-full", max_mb=FILES_BYTES // 2**20)
        name = hashlib.sha256(data).hexdigest()[:32]
        with tempfile.TemporaryDirectory(dir=self._at.prompts, prefix=".making-") as made:
            source, out = Path(made) / "given", Path(made) / "sound.alaw"
            source.write_bytes(data)
            told = await _taken(source, out)
            for part, kept in ((source, f"{name}.orig"), (out, f"{name}.alaw")):
                part.chmod(0o644)
                put_in_place(part, folder / kept)
        return {"file": name, **told}

    def _files(self, prompts: Iterable[Spoken]) -> Iterable[tuple[Path, Path]]:
        """Of prompts that are files: the file's sound, and where it is played from."""
        for prompt in prompts:
            for language in Language:
                if not prompt.builtin and (file := prompt.file(language)):
                    sound = Sound(language=language, name=prompt.sound)
                    yield self._at.prompts / "files" / f"{file}.alaw", self._owners(sound)

    def _mark(self, prompts: Iterable[Spoken]) -> None:
        """Those that are there already are in use."""
        for prompt in prompts:
            for language in Language:
                path = self._owners(Sound(language=language, name=prompt.sound))
                if not prompt.builtin and path.exists():
                    os.utime(path)

    def _lay_files(self, prompts: Iterable[Spoken]) -> int:
        laid = 0
        for source, out in self._files(prompts):
            if out.exists() or not source.exists():
                continue
            out.parent.mkdir(parents=True, exist_ok=True)
            part = out.with_suffix(".part")
            shutil.copyfile(source, part)
            part.chmod(0o644)
            put_in_place(part, out)
            laid += 1
        return laid

    def silent(self, music: Iterable[Music]) -> list[Music]:
        """Music of which a piece isn't there."""
        folder = self._at.prompts / "files"
        return [
            one
            for one in music
            if not all((folder / f"{piece.file}.alaw").exists() for piece in one.pieces)
        ]

    def clear_files(self, snapshot: Snapshot) -> None:
        """Delete files that no prompt and no music has used for ``UNUSED_S``; the ones in use are
        marked."""
        used = {file for one in snapshot.prompts for file in (one.file_zh, one.file_en)}
        used |= {piece.file for one in snapshot.music for piece in one.pieces}
        for path in (self._at.prompts / "files").glob("*"):
            if path.stem in used:
                os.utime(path)
            elif _unused(path):
                path.unlink(missing_ok=True)

    def missing(self, required: Iterable[Sound]) -> list[Sound]:
        """Those without a file that can be played."""
        return [sound for sound in sorted(set(required)) if not self._playable(sound)]

    def unsayable(self, snapshot: Snapshot, generation: Generation) -> list[Sound]:
        """Those missing of the generation that speaking its prompts wouldn't bring."""
        coming = {each.out for each in self._unsaid(snapshot.prompts)}
        coming |= {out for source, out in self._files(snapshot.prompts) if source.exists()}
        return [
            sound
            for sound in self.missing(generation.required_sounds)
            if self._owners(sound) not in coming
        ]

    def join_staff(self, staff: Iterable[tuple[Language, str]]) -> None:
        """For each agent and language the sound that tells callers who speaks: 工号 1001 为您服务.

        A piece that is missing makes it shorter; the check of required sounds tells of it.
        """
        pieces: dict[Path, bytes] = {}

        def piece(language: Language, name: str) -> bytes:
            path = self._builtin(Sound(language=language, name=name))
            if path not in pieces:
                pieces[path] = path.read_bytes() if path.exists() else b""
            return pieces[path]

        for language, number in staff:
            digits = (speech.sound(each) for each in speech.code(number, language))
            names = ("lb/staff-prefix", *digits, "lb/staff-suffix")
            sound = b"".join(piece(language, name) for name in names)
            path = self._staff / f"{language}_{number}" / "lb/staff.alaw"
            if not path.exists() or path.read_bytes() != sound:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, sound, lasting=False)

    def clear_away(self, staff: Collection[str], needed: Callable[[str], bool]) -> None:
        """Delete staff sounds not among ``staff``, and owner's prompts that aren't ``needed`` and
        that no prompt has had for ``UNUSED_S``: one that nobody hears yet isn't spoken again."""
        for folder in self._staff.glob("[a-z][a-z]_*"):
            if folder.name not in staff:
                shutil.rmtree(folder, ignore_errors=True)
        for path in self._at.prompts.glob("*/owner/*.alaw"):
            if _unused(path) and not needed(f"owner/{path.stem}"):
                path.unlink(missing_ok=True)

    @property
    def _staff(self) -> Path:
        return self._at.data / "astdata/sounds"

    def _builtin(self, sound: Sound) -> Path:
        return self._at.share / "sounds" / sound.language / f"{sound.name}.alaw"

    def _owners(self, sound: Sound) -> Path:
        return self._at.prompts / sound.language / f"{sound.name}.alaw"

    def _playable(self, sound: Sound) -> bool:
        path = self._owners(sound) if sound.name.startswith("owner/") else self._builtin(sound)
        try:
            return path.stat().st_size > 0
        except OSError:
            return False

    def _unsaid(self, prompts: Iterable[Spoken]) -> Iterable[Utterance]:
        for prompt in prompts:
            if prompt.builtin:
                continue
            for language in Language:
                text = prompt.text(language)
                sound = Sound(language=language, name=prompt.sound)
                if text.strip() and not prompt.file(language) and not self._playable(sound):
                    yield Utterance(
                        language=language,
                        text=text,
                        voice=prompt.voice(language),
                        speed=prompt.speed,
                        out=self._owners(sound),
                        readings=prompt.readings(language),
                    )


def _unused(path: Path) -> bool:
    return clock.now().timestamp() - path.stat().st_mtime > UNUSED_S


async def _taken(source: Path, out: Path) -> Mapping[str, object]:
    """Decode a file in a process of its own, which bounds itself. Raises ``InputError``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "linebox.features.prompts.take", str(source), str(out)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(TAKING_S):
            said, _ = await process.communicate()
    except TimeoutError as error:
        raise InputError("sound-too-long") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        told = dict(json.loads(said))
    except ValueError as error:
        raise InputError("sound-unreadable") from error
    if process.returncode:
        raise InputError(str(told.get("error", "sound-unreadable")))
    return told
