"""calld's switch of calls out over HTTP (docs/names.md, "Limits")."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web

from linebox.asterisk.ami import Ami
from linebox.base.errors import Unavailable
from linebox.base.shapes import Length, parse, render
from linebox.daemons._acts import answered, body
from linebox.features.diagnostics.alarms import Alarm
from linebox.features.limits import stop

log = logging.getLogger(__name__)

#: Calls out are stopped: an alarm for as long as they are.
STOPPED = "toll-stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    stopped: bool
    cut: bool = False
    by: Annotated[str, Length(0, 100)] = ""


class Toll:
    """``ami`` gives the connection that stands, ``None`` without one."""

    def __init__(self, ami: Callable[[], Ami | None]) -> None:
        self._ami = ami

    def add_to(self, app: web.Application) -> None:
        """``GET /toll``, ``POST /toll {"stopped", "cut", "by"}`` → ``{"ended"}``."""
        app.router.add_get("/toll", answered(self._get))
        app.router.add_post("/toll", answered(self._post))

    async def alarms(self) -> tuple[Alarm, ...]:
        """That they are stopped. Nobody knows while Asterisk is away: nothing is called then."""
        ami = self._ami()
        if ami is None:
            return ()
        try:
            since = await stop.stopped_since(ami)
        except Unavailable:
            return ()
        return (Alarm(code=STOPPED, subject="", since=since, count=1),) if since else ()

    def _asterisk(self) -> Ami:
        ami = self._ami()
        if ami is None:
            raise Unavailable("asterisk-away", reason="not connected")
        return ami

    async def _get(self, _: web.Request) -> web.Response:
        return web.json_response(render(await stop.read(self._asterisk())))

    async def _post(self, request: web.Request) -> web.Response:
        wish = parse(_Wish, await body(request))
        ami = self._asterisk()
        await stop.put(ami, stopped=wish.stopped)
        ended = await stop.cut(ami) if wish.stopped and wish.cut else 0
        said = "stopped" if wish.stopped else "let go again"
        log.warning("calls out %s by %s, %d cut", said, wish.by or "?", ended)
        return web.json_response({"ended": ended})
