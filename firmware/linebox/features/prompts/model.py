"""Prompts: what the box says (IVR-2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """An owner's text or file per language, or a built-in sound (``builtin = "lb/welcome"``).

    A file is named by its digest and goes before the text. Voices and speed that are None are the
    box's (``SoundDefaults``).
    """

    id: int
    name: str
    text_zh: str = ""
    text_en: str = ""
    voice_zh: str | None = None
    voice_en: str | None = None
    speed: float | None = None
    builtin: str | None = None
    file_zh: str | None = None
    file_en: str | None = None

    def text(self, language: Language) -> str:
        return self.text_zh if language is Language.ZH else self.text_en

    def file(self, language: Language) -> str | None:
        return self.file_zh if language is Language.ZH else self.file_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a word is read in every text of that language: pinyin, or what is said instead of it."""

    id: int
    lang: Language
    word: str
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken(Prompt):
    """A prompt as it is spoken: the box's voices where it names none, and the words of the owner's
    dictionary that are in its texts."""

    voice_zh: str = "zf_xiaoxiao"
    voice_en: str = "af_heart"
    speed: float = 1.0
    words: tuple[Reading, ...] = ()

    @property
    def sound(self) -> str:
        """The sound's name for Playback, without language and ending.

        Another text is another sound, so that callers in an earlier flow hear what it said.
        """
        if self.builtin:
            return self.builtin
        said: tuple[str, ...] = (
            *(self.text_zh, self.text_en, self.voice_zh, self.voice_en, f"{self.speed:.3f}"),
            *((self.file_zh or "", self.file_en or "") if self.file_zh or self.file_en else ()),
            *(f"{one.lang}:{one.word}={one.reading}" for one in self.words),
        )
        return f"owner/{self.id}-{hashlib.sha256(repr(said).encode()).hexdigest()[:12]}"

    def voice(self, language: Language) -> str:
        return self.voice_zh if language is Language.ZH else self.voice_en

    def readings(self, language: Language) -> Mapping[str, str]:
        """Word → how it is read."""
        return {one.word: one.reading for one in self.words if one.lang is language}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A sound file that was taken. ``file`` names it in a prompt. ``seconds`` as it will be heard;
    ``lufs``, ``peak_db`` and ``flags`` (``quiet``, ``clipped``) of what came; it is played at the
    common loudness."""

    file: str
    seconds: float
    lufs: float
    peak_db: float
    flags: tuple[str, ...]
