"""Prompts over HTTP (IVR-2): what the box says, as text; confd speaks it when it is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from linebox.base.endpoints import BytesAnswer, endpoint
from linebox.base.shapes import Form, Length, Range, problem
from linebox.features.prompts import store
from linebox.features.prompts.model import Prompt
from linebox.features.settings.confd import Confd
from linebox.features.settings.resources import Resource
from linebox.model.spelling import LanguageCode, Name, RowId

type PromptText = Annotated[str, Length(0, 2000, lines=True)]
type Voice = Annotated[str, Length(1, 40), Form(r"[a-z0-9_]+", "语音的名字", "a voice's name")]
type Speed = Annotated[float, Range(0.5, 2.0)]
type BuiltinSound = Annotated[
    str, Length(4, 60), Form(r"lb/[a-z0-9/-]+", "内置提示音 lb/…", "a built-in sound lb/…")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptInput:
    """Texts of the owner, or ``builtin``: the name of a built-in sound instead."""

    name: Name
    text_zh: PromptText = ""
    text_en: PromptText = ""
    voice_zh: Voice = "zf_xiaoxiao"
    voice_en: Voice = "af_heart"
    speed: Speed = 1.0
    builtin: BuiltinSound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow(PromptInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    items: tuple[PromptRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """A try-out of a text before it is saved."""

    lang: LanguageCode
    voice: Voice
    text: Annotated[str, Length(1, 2000, lines=True)]
    speed: Speed = 1.0


def _model(id_: int, given: PromptInput) -> Prompt:
    if not (given.builtin or given.text_zh.strip() or given.text_en.strip()):
        raise problem("text_zh", "missing")
    return Prompt(
        id=id_,
        name=given.name,
        text_zh=given.text_zh,
        text_en=given.text_en,
        voice_zh=given.voice_zh,
        voice_en=given.voice_en,
        speed=given.speed,
        builtin=given.builtin,
    )


def _row(prompt: Prompt, etag: str) -> PromptRow:
    return PromptRow(
        id=prompt.id,
        name=prompt.name,
        text_zh=prompt.text_zh,
        text_en=prompt.text_en,
        voice_zh=prompt.voice_zh,
        voice_en=prompt.voice_en,
        speed=prompt.speed,
        builtin=prompt.builtin,
        etag=etag,
    )


@endpoint(
    "POST",
    "/api/prompts/speak",
    "Hear a text before it is saved, as WAV",
    timeout_s=60.0,
)
async def speak_prompt(confd: Confd, body: Speak) -> BytesAnswer:
    wav = await confd.speak(lang=body.lang, voice=body.voice, text=body.text, speed=body.speed)
    return BytesAnswer(body=wav, media_type="audio/wav")


PROMPTS = Resource(
    word="prompts",
    one_word="prompt",
    feature="prompts",
    key=RowId,
    new=PromptInput,
    body=PromptInput,
    model=Prompt,
    row=PromptRow,
    rows=Prompts,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda _: None,
    make=lambda given: _model(0, given),
    change=lambda old, given: _model(old.id, given),
    answer=_row,
)
ENDPOINTS = (speak_prompt, *PROMPTS.endpoints())
