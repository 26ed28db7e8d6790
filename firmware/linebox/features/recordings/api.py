"""A call's recording, to be heard or downloaded; who did is kept (REC-2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from linebox.base.endpoints import Ask, FileAnswer, endpoint
from linebox.base.errors import InputError
from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Form, Length, Range
from linebox.config.paths import Paths
from linebox.features.recordings import access, wav
from linebox.store.pool import Database

#: How calld names a recording; anything else never becomes a path.
_FILE = re.compile(r"[0-9]{8}/[0-9A-Za-z][0-9A-Za-z.-]{0,100}")

type CallId = Annotated[str, Length(3, 60), Form(r"[0-9A-Za-z.-]+", "通话编号", "a call's id")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingQuery:
    """``n``: which of the call's recordings, from 0; ``download``: as a file to keep."""

    n: Annotated[int, Range(0, 199)] = 0
    download: bool = False


@endpoint(
    "GET",
    "/api/calls/{id}/recording",
    "The recording, left the caller, right what the caller hears: WAV, after some minutes Ogg Opus",
    roles=SUPERVISORS,
    errors=(404, 409, 416),
)
async def get_recording(
    db: Database,
    at: Paths,
    ask: Ask,
    query: RecordingQuery,
    id: CallId,
) -> FileAnswer:
    """Takes ``Range``. 409 while the call lasts, 404 when there is none or its file is gone."""
    async with db.transaction() as connection:
        file, state = await access.find(connection, id, query.n)
        if state == "missing":
            raise InputError("recording-missing")
        if state == "recording":
            raise InputError("recording-not-ready")
        if not _FILE.fullmatch(file):
            raise InputError("recording-missing")
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


ENDPOINTS = (get_recording,)
