"""Prompts: what the box says (IVR-2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """An owner's text per language, or a built-in sound (``builtin = "lb/welcome"``)."""

    id: int
    name: str
    text_zh: str = ""
    text_en: str = ""
    voice_zh: str = "zf_xiaoxiao"
    voice_en: str = "af_heart"
    speed: float = 1.0
    builtin: str | None = None

    @property
    def sound(self) -> str:
        """The sound's name for Playback, without language and ending."""
        return self.builtin or f"owner/{self.id}"
