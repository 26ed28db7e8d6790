"""calld's acts over HTTP: on agents, and passwords of browser phones (docs/names.md)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from linebox.asterisk.ami import Ami
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.messages import told_error
from linebox.base.shapes import parse
from linebox.desks.board import Board
from linebox.features.agents.acts import Act, Running, act
from linebox.features.agents.phones import renew, revoke
from linebox.model.spelling import HouseNumber

log = logging.getLogger(__name__)

_STATES = {
    "not-found": 404,
    "agent-not-in": 409,
    "agent-not-in-group": 409,
    "agent-only-group": 409,
    "agent-no-groups": 409,
    "agent-changed": 409,
    "phone-not-registered": 409,
    "trial-running": 409,
    "take-running": 409,
}


def runs(board: Board) -> Running:
    """The generation that runs, as ``board`` knows it. Raises ``Unavailable``."""
    names = board.names
    if names.generation is None:
        raise Unavailable("asterisk-away", reason="no generation")
    return Running(
        number=names.generation,
        hash=names.hash,
        agents=frozenset(names.agents),
        groups=frozenset(group.id for group in names.groups),
        on_cards=names.on_cards,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whose:
    agent: HouseNumber


class Acts:
    """``ami`` gives the connection that stands, ``None`` without one; ``board`` the picture."""

    def __init__(self, ami: Callable[[], Ami | None], board: Board) -> None:
        self._ami = ami
        self._board = board

    def add_to(self, app: web.Application) -> None:
        """The routes of docs/names.md, "Browser phone" and "Acts on agents"."""
        app.router.add_post("/act", answered(self._act))
        app.router.add_post("/phones", answered(self._renew))
        app.router.add_delete("/phones/{agent}", answered(self._revoke))

    def _asterisk(self) -> Ami:
        ami = self._ami()
        if ami is None:
            raise Unavailable("asterisk-away", reason="not connected")
        return ami

    async def _act(self, request: web.Request) -> web.Response:
        wish = parse(Act, await body(request))
        running = runs(self._board)
        await act(self._asterisk(), wish, running)
        log.info("%s of agent %s by %s", wish.do, wish.agent, wish.by or "?")
        return web.json_response({}, status=200)

    async def _renew(self, request: web.Request) -> web.Response:
        agent = parse(_Whose, await body(request)).agent
        if agent not in self._board.names.agents:
            raise InputError("not-found", what="agent", key=agent)
        made = await renew(self._asterisk(), agent)
        return web.json_response(
            {"user": made.user, "password": made.password, "realm": made.realm}
        )

    async def _revoke(self, request: web.Request) -> web.Response:
        whose = parse(_Whose, {"agent": request.match_info["agent"]})
        await revoke(self._asterisk(), whose.agent)
        return web.json_response({}, status=200)


type _Handler = Callable[[web.Request], Awaitable[web.Response]]


def answered(handler: _Handler) -> _Handler:
    """Errors of ours as ``{"code", "fields", "zh", "en"}``."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except LineboxError as error:
            otherwise = 422 if isinstance(error, InputError) else 503
            state = _STATES.get(error.code, otherwise)
            return web.json_response(told_error(error), status=state)

    return answer


async def body(request: web.Request) -> object:
    """A request's JSON. Raises ``InputError("bad-json")``."""
    try:
        given: object = await request.json()
    except ValueError as error:
        raise InputError("bad-json") from error
    return given
