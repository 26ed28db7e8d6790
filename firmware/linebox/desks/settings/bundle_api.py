"""The support bundle with the settings in it: hostd makes it and cleans what goes in (DIA-1)."""

from __future__ import annotations

import asyncio
from typing import Final

from linebox.base.endpoints import BytesAnswer, endpoint
from linebox.base.errors import LineboxError
from linebox.desks.settings import document
from linebox.features.host.client import Hostd
from linebox.store.pool import Database

#: Rows about people and their numbers: only how many there are.
_COUNTED: Final = ("agent", "extension", "number")
#: More than this is left out; hostd takes 4 MB.
_MOST: Final = 2**20


@endpoint(
    "POST",
    "/api/support-bundle",
    "One file for support, without secrets",
    right="host.change",
    timeout_s=65.0,
)
async def make_support_bundle(hostd: Hostd, db: Database) -> BytesAnswer:
    """A ZIP of versions, states, logs, settings and the like; numbers masked, no secret in it.

    With the database away it says so in the settings' place.
    """
    body = {"settings": await _settings(db)}
    return BytesAnswer(body=await hostd.file("/bundle", body), media_type="application/zip")


async def _settings(db: Database) -> str:
    try:
        async with db.transaction() as connection:
            there = await document.states(connection)
    except (LineboxError, TimeoutError) as error:
        return f"not told: {error}\n"
    counts = "".join(f"# {what}: {len(there[what])} rows\n" for what in _COUNTED)
    kept = {what: {} if what in _COUNTED else rows for what, rows in there.items()}
    text = counts + await asyncio.to_thread(document.written, kept, "en")
    return text if len(text) < _MOST else f"{counts}not told: {len(text)} characters\n"


ENDPOINTS = (make_support_bundle,)
