"""The live picture over HTTP; its WebSocket is ``sockets.py`` (SUP-1)."""

from __future__ import annotations

from linebox.base.endpoints import RawAnswer, endpoint
from linebox.base.roles import EVERYBODY
from linebox.web.live import Live
from linebox.web.live_shapes import LiveSnapshot


@endpoint(
    "GET",
    "/api/live",
    "What happens now: groups, callers, agents, calls, parts",
    roles=EVERYBODY,
)
async def get_live(live: Live) -> RawAnswer[LiveSnapshot]:
    """Without the database. Changes come by the WebSocket ``/api/live/ws`` as ``LiveMessage``;
    ``?epoch=&after=`` goes on where a broken connection ended."""
    return RawAnswer(body=await live.snapshot_now())


ENDPOINTS = (get_live,)
