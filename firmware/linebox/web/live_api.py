"""The live picture over HTTP; its WebSocket is ``sockets.py`` (SUP-1)."""

from __future__ import annotations

from linebox.base import rights
from linebox.base.endpoints import Ask, RawAnswer, endpoint
from linebox.base.errors import InputError
from linebox.base.roles import EVERYBODY
from linebox.web.live import Live
from linebox.web.live_shapes import LiveSnapshot
from linebox.web.live_view import Viewer, viewer


@endpoint(
    "GET",
    "/api/live",
    "What happens now: groups, callers, agents, calls, parts",
    roles=EVERYBODY,
    right=rights.LIVE_SEE,
)
async def get_live(live: Live, ask: Ask) -> RawAnswer[LiveSnapshot]:
    """Without the database. Agents get it cut to what is theirs.

    Changes come by the WebSocket ``/api/live/ws`` as ``LiveMessage``; ``?epoch=&after=`` goes on
    where a broken connection ended.
    """
    return RawAnswer(body=await live.snapshot_now(_viewer(ask)))


def _viewer(ask: Ask) -> Viewer:
    return viewer(ask.role, ask.agent, whole=ask.may(rights.NUMBERS_WHOLE))


@endpoint(
    "GET",
    "/api/wall/live",
    "What happens now, for the wall: without any caller's number",
    needs_session=False,
    errors=(401,),
)
async def get_wall_live(live: Live, ask: Ask) -> RawAnswer[LiveSnapshot]:
    """For who took up a link to the wall; changes come by ``/api/wall/live/ws``."""
    if not ask.who:
        raise InputError("not-logged-in")
    return RawAnswer(body=await live.snapshot_now(viewer(None, "")))


ENDPOINTS = (get_live, get_wall_live)
