"""``/api/live/ws``: each change of the live picture to each open page, in order, none missed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from linebox.base import clock, rights
from linebox.base.endpoints import Ask
from linebox.base.errors import InputError, Unavailable
from linebox.features.accounts.service import Accounts
from linebox.web import auth
from linebox.web.live import Live
from linebox.web.live_view import Viewer, viewer

log = logging.getLogger(__name__)

#: Pages at once; a message must be taken within this time, else the page is slower than the news.
_MOST: Final = 500
_SEND_S: Final = 10.0
_SESSION_OVER: Final = 4401
#: So often a wall's link is held against those that were ended.
_WALL_S: Final = 3.0


class LiveSockets:
    """All open WebSockets; close code 4401 says that the session is over."""

    def __init__(self, live: Live, accounts: Accounts, who: Callable[[web.Request], Ask]) -> None:
        self._live = live
        self._who = who
        self._open: dict[web.WebSocketResponse, str] = {}
        self._ending: set[asyncio.Task[bool]] = set()
        #: What a session's pages last saw: with other rights they get the whole picture anew.
        self._views: dict[str, Viewer] = {}
        accounts.when_ended(self._end)
        accounts.roles.when_changed(self._look_again)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One page, until it leaves. ``?epoch=&after=``: go on after that change."""
        auth.check_origin(request)
        ask = self._who(request)
        if ask.session_until is None:
            raise InputError("not-logged-in")
        walls = request.path.startswith(auth.WALL_PATHS)
        if not walls:
            ask.need(rights.LIVE_SEE)
        if len(self._open) >= _MOST:
            raise Unavailable("too-many-pages", max=_MOST)
        after = request.query.get("after", "")
        seen = int(after) if after.isascii() and after.isdecimal() and len(after) < 16 else None
        looks = viewer(ask.role, ask.agent, whole=walls or ask.may(rights.NUMBERS_WHOLE))
        socket = web.WebSocketResponse(heartbeat=20.0, max_msg_size=1024, compress=False)
        await socket.prepare(request)
        self._open[socket] = ask.session_id
        if not self._who(request).who:  # it ended while we shook hands
            self._end(ask.session_id, "")
        try:
            async with self._live.looking(), asyncio.TaskGroup() as group:
                sending = group.create_task(
                    _send(
                        socket,
                        self._live,
                        request.query.get("epoch", ""),
                        seen if self._same_view(ask, looks) else None,
                        looks,
                    )
                )
                watching = group.create_task(self._watch(request, socket))
                left_s = (ask.session_until - clock.now()).total_seconds()
                await _until_closed(socket, left_s)
                sending.cancel()
                watching.cancel()
        finally:
            self._open.pop(socket, None)
        return socket

    def _same_view(self, ask: Ask, looks: Viewer) -> bool:
        before = self._views.get(ask.session_id, looks)
        self._views[ask.session_id] = looks
        return before == looks

    def _look_again(self) -> None:
        """Roles have changed: every page connects again, with the rights that it now has."""
        for socket in tuple(self._open):
            self._close(socket, WSCloseCode.SERVICE_RESTART)

    async def _watch(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        """Close a wall whose link is ended; the end of a person's session is told (``_end``)."""
        if not request.path.startswith(auth.WALL_PATHS):
            return
        while True:
            await asyncio.sleep(_WALL_S)
            if not self._who(request).who:
                break
        await socket.close(code=_SESSION_OVER)

    async def close_all(self, _app: web.Application) -> None:
        """At the end of the daemon: pages connect again to the next one."""
        for socket in tuple(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _end(self, session_id: str, _agent: str) -> None:
        """A session was ended: its pages are told at once."""
        self._views.pop(session_id, None)
        for socket in [one for one, its in self._open.items() if its == session_id]:
            self._close(socket, _SESSION_OVER)

    def _close(self, socket: web.WebSocketResponse, code: int) -> None:
        closing = asyncio.get_running_loop().create_task(socket.close(code=code))
        self._ending.add(closing)
        closing.add_done_callback(self._ending.discard)


async def _send(
    socket: web.WebSocketResponse, live: Live, epoch: str, after: int | None, who: Viewer
) -> None:
    seq, texts = live.first(epoch, after, who)
    try:
        while True:
            for text in texts:
                async with asyncio.timeout(_SEND_S):
                    await socket.send_str(text)
            seq, texts = await live.next(seq, who)
    except (ConnectionError, TimeoutError):
        await socket.close(code=WSCloseCode.GOING_AWAY)


async def _until_closed(socket: web.WebSocketResponse, left_s: float) -> None:
    """Pages say nothing; wait for the close or for the end of the session."""
    try:
        async with asyncio.timeout(left_s):
            while (await socket.receive()).type not in (
                WSMsgType.CLOSE,
                WSMsgType.CLOSING,
                WSMsgType.CLOSED,
                WSMsgType.ERROR,
            ):
                pass
    except TimeoutError:
        await socket.close(code=_SESSION_OVER)
