"""Read all settings as they were at one moment."""

from __future__ import annotations

from datetime import datetime

from psycopg import AsyncConnection

from linebox.compiler.snapshot import Snapshot
from linebox.features.agents import store as agents
from linebox.features.calendars import store as calendars
from linebox.features.extensions import store as extensions
from linebox.features.ivr import store as ivr
from linebox.features.limits import store as limits
from linebox.features.lines import hardware_store as hardware
from linebox.features.lines import store as lines
from linebox.features.music import store as music
from linebox.features.numbering import store as numbering
from linebox.features.prompts import defaults, readings
from linebox.features.prompts import store as prompts
from linebox.features.recordings import rules as recordings
from linebox.features.routing import store as routing
from linebox.features.settings import store as settings
from linebox.model.languages import Language
from linebox.store.refusals import refusals


async def read(connection: AsyncConnection, *, at: datetime) -> Snapshot:
    """The settings in force at ``at``: listed numbers whose time is over are left out.

    ``connection`` must be outside a transaction. Raises ``InputError("no-company")`` and
    ``Unavailable``.
    """
    with refusals("settings"):
        async with connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return await read_within(connection, at=at)


async def read_within(connection: AsyncConnection, *, at: datetime) -> Snapshot:
    """As ``read``, in the caller's transaction, which no other writer of settings can change."""
    company = await settings.company(connection)
    usual = await defaults.read(connection)
    dictionary = await readings.read(connection)
    return Snapshot(
        version=await settings.version(connection),
        language=Language(company.language),
        time_zone=company.time_zone,
        trunks=await lines.read(connection),
        hardware=await hardware.read(connection),
        dids=await numbering.dids(connection),
        numbers=tuple(
            listed
            for listed in await numbering.listed(connection)
            if listed.until is None or listed.until > at
        ),
        calendars=await calendars.read(connection),
        prompts=tuple(
            readings.spoken(prompt, usual, dictionary) for prompt in await prompts.read(connection)
        ),
        music=await music.read(connection),
        sound_defaults=usual,
        menus=await ivr.read(connection),
        groups=await routing.read(connection),
        agents=await agents.read(connection),
        extensions=await extensions.read(connection),
        limits=await limits.read(connection),
        recording=await recordings.read(connection),
    )
