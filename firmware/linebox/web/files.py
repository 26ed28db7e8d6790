"""Files of the box: handed to nginx by name, or sent by ourselves where nginx doesn't offer that.

nginx offers it by the request header ``X-Accel: yes``; its internal location ``/_recordings/`` is
``/data/recordings/``. Ranges work both ways.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiohttp import web

from linebox.base.endpoints import FileAnswer
from linebox.base.errors import InputError

_INTERNAL: Final = "/_recordings/"
_PART_BYTES: Final = 256 * 1024


async def send_file(request: web.Request, file: FileAnswer) -> web.StreamResponse:
    """Raises ``InputError("recording-missing")`` when it isn't on the disk."""
    if not await asyncio.to_thread(file.path.is_file):
        raise InputError("recording-missing")
    way = "attachment" if file.download else "inline"
    headers = {
        "Content-Type": file.media_type,
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(file.name)}",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if file.head is not None:
        return await _send_with_head(request, file, file.head, headers)
    if request.headers.get("X-Accel") != "yes":
        return web.FileResponse(file.path, headers=headers)
    within = f"{file.path.parent.name}/{file.path.name}"
    return web.Response(headers={**headers, "X-Accel-Redirect": _INTERNAL + quote(within)})


async def _send_with_head(
    request: web.Request,
    file: FileAnswer,
    head: Callable[[int], bytes],
    headers: Mapping[str, str],
) -> web.StreamResponse:
    """Head and file as one body, in the range that was asked for."""
    size = (await asyncio.to_thread(file.path.stat)).st_size
    before = head(size)
    total = len(before) + size
    try:
        asked = request.http_range
    except ValueError as error:
        raise web.HTTPRequestRangeNotSatisfiable(
            headers={"Content-Range": f"bytes */{total}"}
        ) from error
    start, stop, _ = slice(asked.start, asked.stop).indices(total)
    if start >= stop:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{total}"})
    partial = asked.start is not None or asked.stop is not None
    answer = web.StreamResponse(status=206 if partial else 200, headers=dict(headers))
    answer.headers["Accept-Ranges"] = "bytes"
    if partial:
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    answer.content_length = stop - start
    await answer.prepare(request)
    if start < len(before):
        await answer.write(before[start : min(stop, len(before))])
    at, left = max(0, start - len(before)), stop - max(start, len(before))
    while left > 0:
        part = await asyncio.to_thread(_read, file.path, at, min(left, _PART_BYTES))
        if not part:
            break
        await answer.write(part)
        at, left = at + len(part), left - len(part)
    await answer.write_eof()
    return answer


def _read(path: Path, at: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(size)
