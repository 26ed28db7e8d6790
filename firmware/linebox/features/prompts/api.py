"""Prompts over HTTP (IVR-2): what the box says, as text; confd speaks it when it is applied."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Annotated, Final

from linebox.base.endpoints import BytesAnswer, FileAnswer, endpoint
from linebox.base.shapes import Count, Form, Length, Range, parse, problem
from linebox.config.paths import Paths
from linebox.features.prompts import defaults, readings, store
from linebox.features.prompts.marks import has
from linebox.features.prompts.model import Prompt, Sound
from linebox.features.recordings import wav
from linebox.features.settings.confd import Confd
from linebox.features.settings.resources import Resource
from linebox.model.languages import Language
from linebox.model.spelling import LanguageCode, Name, RowId
from linebox.store.pool import Database

#: 15 MB as base64.
_DATA_MAX: Final = 20 * 2**20

type PromptText = Annotated[str, Length(0, 2000, lines=True)]
type Voice = Annotated[str, Length(1, 40), Form(r"[a-z0-9_]+", "语音的名字", "a voice's name")]
type Speed = Annotated[float, Range(0.5, 2.0)]
type SoundFile = Annotated[
    str, Length(32, 32), Form(r"[0-9a-f]{32}", "已上传的文件", "a file that was uploaded")
]
type BuiltinSound = Annotated[
    str, Length(4, 60), Form(r"lb/[a-z0-9/-]+", "内置提示音 lb/…", "a built-in sound lb/…")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptInput:
    """Texts or files of the owner, or ``builtin``: the name of a built-in sound instead.

    A file goes before the text of its language. Voices and speed null: the box's.
    """

    name: Name
    text_zh: PromptText = ""
    text_en: PromptText = ""
    voice_zh: Voice | None = None
    voice_en: Voice | None = None
    speed: Speed | None = None
    builtin: BuiltinSound | None = None
    file_zh: SoundFile | None = None
    file_en: SoundFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRow(PromptInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    items: tuple[PromptRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A word of the dictionary, and how it is read."""

    word: Annotated[str, Length(1, 40)]
    reading: Annotated[str, Length(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """A try-out of a text before it is saved. Voice and speed null: the box's; ``readings`` null:
    the dictionary as it is saved."""

    lang: LanguageCode
    voice: Voice | None = None
    text: Annotated[str, Length(1, 2000, lines=True)]
    speed: Speed | None = None
    readings: Annotated[tuple[Read, ...], Count(0, 500)] | None = None


def _model(id_: int, given: PromptInput) -> Prompt:
    said = (given.text_zh.strip(), given.text_en.strip(), given.file_zh, given.file_en)
    if not given.builtin and not any(said):
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
        file_zh=given.file_zh,
        file_en=given.file_en,
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
        file_zh=prompt.file_zh,
        file_en=prompt.file_en,
        etag=etag,
    )


@endpoint(
    "POST",
    "/api/prompts/speak",
    "Hear a text before it is saved, as WAV",
    timeout_s=60.0,
)
async def speak_prompt(db: Database, confd: Confd, body: Speak) -> BytesAnswer:
    language = Language(body.lang)
    async with db.transaction() as connection:
        usual = await defaults.read(connection)
        known = await readings.read(connection)
    words = {one.word: one.reading for one in known if one.lang is language}
    if body.readings is not None:
        words = {one.word: one.reading for one in body.readings}
    said = await confd.speak(
        lang=language,
        voice=body.voice or (usual.voice_zh if language is Language.ZH else usual.voice_en),
        text=body.text,
        speed=body.speed or usual.speed,
        readings={word: said for word, said in words.items() if has(body.text, word)},
    )
    return BytesAnswer(body=said, media_type="audio/wav")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSound:
    """A sound file, base64: what sox reads (wav mp3 ogg opus flac amr aiff …)."""

    data: Annotated[str, Length(4, _DATA_MAX), Form(r"[0-9A-Za-z+/]+=*", "base64", "base64")]


@endpoint(
    "POST",
    "/api/prompts/sounds",
    "Take a sound file for a prompt; what no prompt comes to use is deleted after some time",
    status=201,
    max_bytes=_DATA_MAX + 100,
    timeout_s=60.0,
)
async def take_sound(confd: Confd, body: NewSound) -> Sound:
    try:
        data = base64.b64decode(body.data, validate=True)
    except ValueError as error:
        raise problem("data", "wrong-form", zh="base64", en="base64") from error
    return parse(Sound, await confd.take(data))


@endpoint("GET", "/api/prompts/sounds/{file}", "Hear an owner's file, as callers do", errors=(404,))
async def get_sound(at: Paths, file: SoundFile) -> FileAnswer:
    return FileAnswer(
        path=at.prompts / "files" / f"{file}.alaw",
        media_type="audio/wav",
        name=f"{file}.wav",
        head=wav.head_alaw,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltinQuery:
    lang: LanguageCode
    name: BuiltinSound


@endpoint("GET", "/api/prompts/builtin", "Hear a built-in sound", errors=(404,))
async def get_builtin(at: Paths, query: BuiltinQuery) -> FileAnswer:
    return FileAnswer(
        path=at.share / "sounds" / query.lang / f"{query.name}.alaw",
        media_type="audio/wav",
        name=f"{query.name.replace('/', '-')}.wav",
        head=wav.head_alaw,
    )


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
ENDPOINTS = (speak_prompt, take_sound, get_sound, get_builtin, *PROMPTS.endpoints())
