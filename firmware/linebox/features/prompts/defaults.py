"""What the box speaks with and plays where nothing else is said: one row."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import AsyncConnection

from linebox.features.settings.model import Author
from linebox.features.settings.service import changing


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundDefaults:
    """``music_id`` None: the music that the box came with."""

    voice_zh: str = "zf_xiaoxiao"
    voice_en: str = "af_heart"
    speed: float = 1.0
    music_id: int | None = None


async def read(connection: AsyncConnection) -> SoundDefaults:
    """As they are saved."""
    cursor = await connection.execute(
        "SELECT voice_zh, voice_en, speed, music_id FROM sound_defaults"
    )
    row = await cursor.fetchone()
    if row is None:
        return SoundDefaults()
    return SoundDefaults(voice_zh=row[0], voice_en=row[1], speed=row[2], music_id=row[3])


async def save(connection: AsyncConnection, author: Author, new: SoundDefaults) -> None:
    """Raises as ``changing``."""
    async with changing(connection, author, "sound-defaults", "sound-defaults") as change:
        change.before = await read(connection)
        await connection.execute(
            "INSERT INTO sound_defaults (voice_zh, voice_en, speed, music_id)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT (one) DO UPDATE"
            " SET voice_zh = EXCLUDED.voice_zh, voice_en = EXCLUDED.voice_en,"
            " speed = EXCLUDED.speed, music_id = EXCLUDED.music_id",
            (new.voice_zh, new.voice_en, new.speed, new.music_id),
        )
        change.after = await read(connection)
