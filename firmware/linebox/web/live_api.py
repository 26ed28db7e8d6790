"""The live picture over HTTP; its WebSocket is ``sockets.py`` (SUP-1)."""

from __future__ import annotations

from linebox.base.endpoints import Ask, RawAnswer, endpoint
from linebox.base.roles import EVERYBODY
from linebox.web.live import Live
from linebox.web.live_shapes import LiveSnapshot
from linebox.web.live_view import viewer


@endpoint(
    "GET",
    "/api/live",
    "What happens now: groups, callers, agents, calls, parts",
    roles=EVERYBODY,
)
async def get_live(live: Live, ask: Ask) -> RawAnswer[LiveSnapshot]:
    """Without the database. Agents get it cut to what is theirs.

    Changes come by the WebSocket ``/api/live/ws`` as ``LiveMessage``; ``?epoch=&after=`` goes on
    where a broken connection ended.
    """
    return RawAnswer(body=await live.snapshot_now(viewer(ask.role, ask.agent)))


ENDPOINTS = (get_live,)
