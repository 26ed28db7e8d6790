"""calld's share of the telephone cards: its worker, and the calls on their channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from linebox.asterisk.ami import Ami
from linebox.base.clock import monotonic_s
from linebox.base.errors import Unavailable
from linebox.base.shapes import render
from linebox.config.paths import Paths
from linebox.daemons._acts import answered
from linebox.daemons._runtime import Heart
from linebox.desks.board import Board
from linebox.features.lines.boardd import Boardd
from linebox.features.lines.ports_calls import PortCalls, on_ports
from linebox.features.lines.ports_jobs import Connect, Ports
from linebox.features.settings.confd import Confd

#: However many pages ask, Asterisk is asked so often.
_ASK_EVERY_S: Final = 0.9


class PortLines:
    """``ami`` gives the connection that stands."""

    def __init__(
        self, at: Paths, ami: Callable[[], Ami | None], board: Board, connect: Connect
    ) -> None:
        self._ami = ami
        self._board = board
        self._confd = Confd(at.socket("confd"))
        self._ports = Ports(Boardd(at.socket("boardd")), connect, self._apply)
        self._asked_s = -_ASK_EVERY_S
        self._calls = PortCalls(items=())

    async def run(self, heart: Heart) -> None:
        await self._ports.run(heart.beat)

    async def _apply(self) -> None:
        await self._confd.apply(by="boardd", note="新的语音卡 / new telephone cards")

    def add_to(self, app: web.Application) -> None:
        """``GET /port-calls``."""
        app.router.add_get("/port-calls", answered(self._port_calls))

    async def _port_calls(self, _: web.Request) -> web.Response:
        if monotonic_s() - self._asked_s >= _ASK_EVERY_S:
            ami = self._ami()
            if ami is None:
                raise Unavailable("asterisk-away", reason="not connected")
            self._asked_s = monotonic_s()
            self._calls = await on_ports(ami, self._board.calls)
        return web.json_response(render(self._calls))
