"""A call's recordings and messages, heard and downloaded; who did is kept (REC-2, SEC-4)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from linebox.base import rights
from linebox.base.endpoints import Ask, FileAnswer, endpoint
from linebox.base.errors import InputError, LineboxError
from linebox.base.roles import ADMINISTRATORS, EVERYBODY
from linebox.base.shapes import Form, Length, Range
from linebox.config.paths import Paths
from linebox.features.recordings import access, opus, peaks, store, wav
from linebox.store.pool import Database

#: How calld names a recording and the dialplan a message; anything else never becomes a path.
_FILE = re.compile(r"[0-9]{8}/[0-9A-Za-z][0-9A-Za-z.-]{0,100}")
_MESSAGE = re.compile(r"[0-9]{1,5}/[0-9A-Za-z][0-9A-Za-z.-]{0,100}")

type CallId = Annotated[str, Length(3, 60), Form(r"[0-9A-Za-z.-]+", "通话编号", "a call's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingQuery:
    """``n``: which of the call's, from 0; ``download``: as a file to keep."""

    n: Annotated[int, Range(0, 199)] = 0
    download: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PeaksQuery:
    n: Annotated[int, Range(0, 199)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPeaks:
    """The loudest sample of each ``step_s`` seconds, 0 to 255, for both sides alike."""

    step_s: float
    caller: tuple[int, ...]
    ours: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAccess:
    """``name`` is null for the owner and for who has no account any more."""

    at: datetime
    made_by: str
    name: str | None
    from_address: str
    download: bool
    voicemail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAccesses:
    items: tuple[RecordingAccess, ...]


def _may_take(ask: Ask, query: RecordingQuery) -> None:
    if query.download:
        ask.need(rights.RECORDINGS_DOWNLOAD)


@endpoint(
    "GET",
    "/api/calls/{id}/recording",
    "The recording, left the caller, right what the caller hears: WAV, after some minutes Ogg Opus",
    roles=EVERYBODY,
    right=rights.RECORDINGS_LISTEN,
    errors=(404, 409, 416),
)
async def get_recording(
    db: Database,
    at: Paths,
    ask: Ask,
    query: RecordingQuery,
    id: CallId,
) -> FileAnswer:
    """Takes ``Range``. Agents hear their own calls and download none. 409 while the call lasts,
    404 when there is none or its file is gone."""
    _may_take(ask, query)
    async with db.transaction() as connection:
        file, state = await access.find(connection, id, query.n, ask.agent or None)
        _check(file, state)
        await access.note(
            connection, who=ask.who, address=ask.address, file=file, download=query.download
        )
    name = file.replace("/", "-")
    if state == "raw":
        return FileAnswer(
            path=at.recordings / f"{file}.raw",
            media_type="audio/wav",
            name=f"{name}.wav",
            download=query.download,
            head=wav.head,
        )
    return FileAnswer(
        path=at.recordings / f"{file}.opus",
        media_type="audio/ogg",
        name=f"{name}.opus",
        download=query.download,
    )


def _check(file: str, state: str) -> None:
    if state == "removed":
        raise InputError("recording-removed")
    if state == "missing" or not _FILE.fullmatch(file):
        raise InputError("recording-missing")
    if state == "recording":
        raise InputError("recording-not-ready")


@endpoint(
    "GET",
    "/api/calls/{id}/peaks",
    "How loud each side of the recording is, to draw it",
    roles=EVERYBODY,
    right=rights.RECORDINGS_LISTEN,
    errors=(404, 409),
)
async def get_peaks(
    db: Database, at: Paths, ask: Ask, query: PeaksQuery, id: CallId
) -> RecordingPeaks:
    """Measured when the recording was converted; before that, or for an old one, when first asked
    for."""
    async with db.transaction() as connection:
        file, state = await access.find(connection, id, query.n, ask.agent or None)
        _check(file, state)
        found = await store.peaks(connection, file)
    if found is None:
        try:
            if state == "raw":
                found = await asyncio.to_thread(peaks.of_raw, at.recordings / f"{file}.raw")
            else:
                found = (await opus.check(at.recordings / f"{file}.opus")).peaks
        except (OSError, LineboxError) as error:
            raise InputError("recording-missing") from error
        async with db.transaction() as connection:
            await store.keep_peaks(connection, file, found)
    return RecordingPeaks(step_s=found.step_s, caller=tuple(found.caller), ours=tuple(found.ours))


@endpoint(
    "GET",
    "/api/calls/{id}/voicemail",
    "The message that the caller left, as WAV",
    roles=EVERYBODY,
    right=rights.RECORDINGS_LISTEN,
    errors=(404, 416),
)
async def get_voicemail(
    db: Database, at: Paths, ask: Ask, query: RecordingQuery, id: CallId
) -> FileAnswer:
    """Takes ``Range``. Agents hear those of callers whom they look after, and download none."""
    _may_take(ask, query)
    async with db.transaction() as connection:
        file = await access.find_voicemail(connection, id, query.n, ask.agent or None)
        if not _MESSAGE.fullmatch(file):
            raise InputError("recording-missing")
        first = await access.note(
            connection,
            who=ask.who,
            address=ask.address,
            file=access.VOICEMAIL + file,
            download=query.download,
        )
        if first:
            await access.heard(connection, id, file, ask.who)
    return FileAnswer(
        path=at.voicemails / f"{file}.alaw",
        media_type="audio/wav",
        name=f"{file.replace('/', '-')}.wav",
        download=query.download,
        head=wav.head_alaw,
    )


@endpoint(
    "GET",
    "/api/calls/{id}/access",
    "Who heard or downloaded the call's recordings and messages",
    roles=ADMINISTRATORS,
    right=rights.AUDIT_SEE,
)
async def list_access(db: Database, id: CallId) -> RecordingAccesses:
    async with db.transaction() as connection:
        rows = await access.of_call(connection, id)
    return RecordingAccesses(items=tuple(RecordingAccess(**row) for row in rows))


ENDPOINTS = (get_recording, get_peaks, get_voicemail, list_access)
