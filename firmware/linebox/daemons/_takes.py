"""calld's recordings of prompts by telephone over HTTP (docs/names.md, "Prompts")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from aiohttp import web

from linebox.base.shapes import Length, parse, parse_value, render
from linebox.daemons._acts import answered, body, runs
from linebox.desks.board import Board
from linebox.features.prompts.phone import Takes, TakeWish
from linebox.model.spelling import RowId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whose:
    by: Annotated[str, Length(1, 100)]


class PhoneTakes:
    """``board`` tells which generation runs."""

    def __init__(self, takes: Takes, board: Board) -> None:
        self._takes = takes
        self._board = board

    def add_to(self, app: web.Application) -> None:
        """``POST /takes``, ``POST /takes/list``, ``POST /takes/<id>/away``."""
        app.router.add_post("/takes", answered(self._start))
        app.router.add_post("/takes/list", answered(self._list))
        app.router.add_post("/takes/{id}/away", answered(self._away))

    async def _start(self, request: web.Request) -> web.Response:
        wish = parse(TakeWish, await body(request))
        return web.json_response(render(self._takes.start(wish, runs(self._board).hash)))

    async def _list(self, request: web.Request) -> web.Response:
        whose = parse(_Whose, await body(request))
        return web.json_response({"items": [render(one) for one in self._takes.of(whose.by)]})

    async def _away(self, request: web.Request) -> web.Response:
        id_ = parse_value(RowId, request.match_info["id"], "id")
        assert isinstance(id_, int)
        self._takes.away(id_, parse(_Whose, await body(request)).by)
        return web.json_response({})
