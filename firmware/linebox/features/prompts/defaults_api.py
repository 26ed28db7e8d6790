"""The box's usual voices and music over HTTP (IVR-2, ACD-5)."""

from __future__ import annotations

from dataclasses import dataclass

from linebox.base.endpoints import Ask, endpoint
from linebox.features.prompts import defaults
from linebox.features.prompts.api import Speed, Voice
from linebox.features.prompts.defaults import SoundDefaults as Model
from linebox.features.settings.resources import etag
from linebox.features.settings.single import Single
from linebox.model.spelling import RowId
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundDefaultsInput:
    """``music_id`` null: the music that the box came with."""

    voice_zh: Voice = "zf_xiaoxiao"
    voice_en: Voice = "af_heart"
    speed: Speed = 1.0
    music_id: RowId | None = None

    def model(self) -> Model:
        return Model(
            voice_zh=self.voice_zh,
            voice_en=self.voice_en,
            speed=self.speed,
            music_id=self.music_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundDefaults(SoundDefaultsInput):
    etag: str


def _answer(of: Model) -> SoundDefaults:
    return SoundDefaults(
        voice_zh=of.voice_zh,
        voice_en=of.voice_en,
        speed=of.speed,
        music_id=of.music_id,
        etag=etag(of),
    )


SOUND_DEFAULTS = Single(
    one_word="sound-defaults",
    word="sound_defaults",
    body=SoundDefaultsInput,
    model=Model,
    read=defaults.read,
    save=defaults.save,
    reference="music_id",
)


@endpoint("GET", "/api/sound-defaults", "What the box speaks with and plays where none is named")
async def get_sound_defaults(db: Database) -> SoundDefaults:
    async with db.transaction() as connection:
        return _answer(await defaults.read(connection))


@endpoint("PUT", "/api/sound-defaults", "Change it", needs_match=True, errors=(412, 428))
async def replace_sound_defaults(db: Database, ask: Ask, body: SoundDefaultsInput) -> SoundDefaults:
    async with db.transaction() as connection:
        return _answer(await SOUND_DEFAULTS.put(connection, ask, body.model()))


ENDPOINTS = (get_sound_defaults, replace_sound_defaults)
