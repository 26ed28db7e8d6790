"""The wall over HTTP: supervisors make and end links, the TV takes one up (SUP-1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from linebox.base.endpoints import Ask, Reply, endpoint
from linebox.base.errors import LineboxError
from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Length
from linebox.features.wall import store
from linebox.features.wall.service import Walls
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class WallLink:
    """``token`` opens the wall as ``/wall#<token>``; told in this answer only."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedWalls:
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WallToken:
    token: Annotated[str, Length(1, 100)] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WallCompany:
    name_zh: str
    name_en: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSession:
    """``open``: this browser may show the wall. ``company`` is null while the database is away."""

    open: bool
    company: WallCompany | None


@endpoint("POST", "/api/walls", "Make a link to the wall display", roles=SUPERVISORS, status=201)
async def create_wall(ask: Ask, walls: Walls, db: Database) -> WallLink:
    """It shows figures only and holds until it is ended."""
    link, token = walls.new_token()
    async with db.transaction() as connection:
        await store.note(connection, link, ask.who)
    return WallLink(token=token)


@endpoint(
    "POST", "/api/walls/end", "End every link to the wall display", roles=SUPERVISORS, status=200
)
async def end_walls(ask: Ask, walls: Walls, db: Database) -> EndedWalls:
    """Open walls are closed within seconds."""
    async with db.transaction() as connection:
        count = await store.end_all(connection, ask.who)
    await walls.look(at_once=True)
    return EndedWalls(ended=count)


@endpoint("GET", "/api/wall/session", "May this browser show the wall?", needs_session=False)
async def get_wall_session(ask: Ask, walls: Walls, db: Database) -> WallSession:
    """Answers 200 to everybody."""
    await walls.look()
    return await _state(db, is_open=bool(ask.who))


@endpoint(
    "POST",
    "/api/wall/session",
    "Take up a link to the wall display",
    needs_session=False,
    status=200,
    max_bytes=4096,
)
async def open_wall(body: WallToken, walls: Walls, db: Database) -> Reply[WallSession]:
    """Sets the wall's own cookie; a link that isn't ours or was ended takes it away."""
    await walls.look()
    is_open = walls.session(body.token) is not None
    return Reply(
        answer=await _state(db, is_open=is_open),
        cookie=body.token if is_open else "",
        cookie_max_age_s=walls.SESSION_S if is_open else 0,
    )


async def _state(db: Database, *, is_open: bool) -> WallSession:
    """With the company's names where the wall may look."""
    found = None
    if is_open:
        try:
            async with db.transaction() as connection:
                found = await store.company(connection)
        except LineboxError:
            pass  # the page keeps the names that it was told before
    company = WallCompany(name_zh=found[0], name_en=found[1], time_zone=found[2]) if found else None
    return WallSession(open=is_open, company=company)


ENDPOINTS = (create_wall, end_walls, get_wall_session, open_wall)
