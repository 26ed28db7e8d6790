"""Who asks: the session's cookie, the address that nginx saw, and where the request came from."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from linebox.base.endpoints import Ask, Reply
from linebox.base.errors import InputError
from linebox.features.accounts.service import Accounts
from linebox.features.wall.service import Walls

#: ``__Host-`` makes browsers insist on https, Path=/ and no Domain.
COOKIE: Final = "__Host-linebox"


#: The wall's own session, for these paths only (features/wall).
WALL_COOKIE: Final = "__Host-linebox-wall"
WALL_PATHS: Final = "/api/wall/"


def wall_asks(request: web.Request, walls: Walls) -> Ask:
    """The wall as the asker: without a role; ``who`` is empty when its cookie opens nothing."""
    seat = walls.session(request.cookies.get(WALL_COOKIE, ""))
    return Ask(
        who="wall" if seat else "",
        address=address(request),
        session_id=seat.link if seat else "",
        session_until=seat.until if seat else None,
    )


def who_asks(request: web.Request, accounts: Accounts, walls: Walls) -> Ask:
    """The asker, with an empty ``who`` when the cookie is missing, forged, over or ended."""
    if request.path.startswith(WALL_PATHS):
        return wall_asks(request, walls)
    signed = accounts.session(request.cookies.get(COOKIE, ""))
    device = request.headers.get("User-Agent", "")[:200]
    if signed is not None:
        accounts.saw(signed, address(request), device)
    match = re.fullmatch(r'\s*(?:W/)?"?([^"\s]{1,80})"?\s*', request.headers.get("If-Match", ""))
    return Ask(
        who=signed.person.login if signed else "",
        role=signed.person.role if signed else None,
        agent=signed.person.agent if signed else "",
        kept=accounts.kept(signed.person) if signed else None,
        made=signed.person.made if signed else None,
        host=host(request),
        address=address(request),
        device=device,
        if_match=match[1] if match else None,
        session_id=signed.id if signed else "",
        session_until=signed.until if signed else None,
    )


def address(request: web.Request) -> str:
    """The client's address. Only nginx reaches our socket, and it sets the header itself."""
    return request.headers.get("X-Real-IP", request.remote or "")[:45]


def host(request: web.Request) -> str:
    """The name in the address, in small letters; empty for what isn't one."""
    try:
        return (urlsplit(f"//{request.host}").hostname or "")[:253]
    except ValueError:
        return ""


def check_origin(request: web.Request) -> None:
    """Refuse what another site's page sends (with SameSite=Strict: twice held).

    Programs send no Origin; browsers always do with a write or a WebSocket from another site.
    Raises ``InputError("wrong-origin")``.
    """
    if (
        request.method in ("GET", "HEAD")
        and "upgrade" not in request.headers.get("Connection", "").lower()
    ):
        return
    origin = request.headers.get("Origin")
    try:
        same = origin is None or urlsplit(origin).netloc.lower() == request.host.lower()
    except ValueError:
        same = False
    if not same or request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        raise InputError("wrong-origin")


def set_cookie(request: web.Request, response: web.Response, reply: Reply[object]) -> None:
    """Give the browser the session, or take it away."""
    if reply.cookie is None:
        return
    response.set_cookie(
        WALL_COOKIE if request.path.startswith(WALL_PATHS) else COOKIE,
        reply.cookie,
        max_age=reply.cookie_max_age_s,
        path="/",
        secure=True,
        httponly=True,
        samesite="Strict",
    )
