"""Prompts: what the box says (IVR-2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """An owner's text or file per language, or a built-in sound (``builtin = "lb/welcome"``).

    A file is named by its digest and goes before the text.
    """

    id: int
    name: str
    text_zh: str = ""
    text_en: str = ""
    voice_zh: str = "zf_xiaoxiao"
    voice_en: str = "af_heart"
    speed: float = 1.0
    builtin: str | None = None
    file_zh: str | None = None
    file_en: str | None = None

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
        )
        return f"owner/{self.id}-{hashlib.sha256(repr(said).encode()).hexdigest()[:12]}"

    def file(self, language: Language) -> str | None:
        return self.file_zh if language is Language.ZH else self.file_en
