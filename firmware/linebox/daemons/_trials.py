"""calld's trials of lines over HTTP (docs/names.md, "Setup")."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from linebox.asterisk.ami import Ami
from linebox.base.errors import InputError, Unavailable
from linebox.base.shapes import parse, parse_value, render
from linebox.daemons._acts import answered, body
from linebox.desks.board import Board
from linebox.features.lines.trial import Connect, Trials, TrialWish, answer_time_ms
from linebox.model.spelling import RowId


class Lines:
    """``ami`` gives the connection that stands, ``connect`` makes one of a trial's own."""

    def __init__(self, ami: Callable[[], Ami | None], connect: Connect, board: Board) -> None:
        self._ami = ami
        self._board = board
        self._trials = Trials(connect)

    def add_to(self, app: web.Application) -> None:
        """``GET /lines``, ``POST /trials``, ``GET /trials/<id>``."""
        app.router.add_get("/lines", answered(self._lines))
        app.router.add_post("/trials", answered(self._start))
        app.router.add_get("/trials/{id}", answered(self._trial))

    async def _lines(self, _: web.Request) -> web.Response:
        ami = self._ami()
        if ami is None:
            raise Unavailable("asterisk-away", reason="not connected")
        names = self._board.names.trunks
        return web.json_response({name: await answer_time_ms(ami, name) for name in names})

    async def _start(self, request: web.Request) -> web.Response:
        wish = parse(TrialWish, await body(request))
        names = self._board.names
        if wish.trunk not in names.trunks:
            raise InputError("not-found", what="trunk", key=wish.trunk)
        trial = self._trials.start(wish.trunk, wish.number, names.hash, wish.channel)
        return web.json_response(render(trial))

    async def _trial(self, request: web.Request) -> web.Response:
        id_ = parse_value(RowId, request.match_info["id"], "id")
        assert isinstance(id_, int)
        return web.json_response(render(self._trials.trial(id_)))
