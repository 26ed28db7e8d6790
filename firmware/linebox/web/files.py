"""Files of the box: handed to nginx by name, or sent by ourselves where nginx doesn't offer that.

nginx offers it by the request header ``X-Accel: yes``; its internal location ``/_recordings/`` is
``/data/recordings/``. Ranges work both ways.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import quote

from aiohttp import web

from linebox.base.endpoints import FileAnswer
from linebox.base.errors import InputError

_INTERNAL: Final = "/_recordings/"


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
    if request.headers.get("X-Accel") != "yes":
        return web.FileResponse(file.path, headers=headers)
    within = f"{file.path.parent.name}/{file.path.name}"
    return web.Response(headers={**headers, "X-Accel-Redirect": _INTERNAL + quote(within)})
