"""Groups over HTTP (ACD-1, ACD-5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Range, problem
from linebox.features.routing import store
from linebox.features.routing.model import Group, Strategy
from linebox.features.settings.resources import Resource
from linebox.model.spelling import Name, RouteShape, RowId


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupInput:
    """Seconds and counts as the model says them. ``announce_s``: 0 or from 15; ``max_missed``: an
    agent who lets so many calls in a row ring out is paused, 0 = never; ``records``: whether calls
    are recorded; ``music_id`` null: the box's music."""

    name_zh: Name
    name_en: Name
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_s: Annotated[int, Range(5, 120)] = 20
    wrapup_s: Annotated[int, Range(0, 600)] = 10
    max_wait_s: Annotated[int, Range(10, 7200)] = 300
    limit_waiting: Annotated[int, Range(1, 1000)] = 50
    announce_s: Annotated[int, Range(0, 600)] = 30
    overflow: RouteShape
    asks_rating: bool = True
    max_missed: Annotated[int, Range(0, 20)] = 3
    records: bool = True
    music_id: RowId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow(GroupInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    items: tuple[GroupRow, ...]


def _model(id_: int, given: GroupInput) -> Group:
    return Group(
        id=id_,
        name_zh=given.name_zh,
        name_en=given.name_en,
        strategy=given.strategy,
        ring_s=given.ring_s,
        wrapup_s=given.wrapup_s,
        max_wait_s=given.max_wait_s,
        limit_waiting=given.limit_waiting,
        announce_s=given.announce_s,
        overflow=given.overflow.destination(),
        asks_rating=given.asks_rating,
        max_missed=given.max_missed,
        records=given.records,
        music_id=given.music_id,
    )


def _row(group: Group, etag: str) -> GroupRow:
    return GroupRow(
        id=group.id,
        name_zh=group.name_zh,
        name_en=group.name_en,
        strategy=group.strategy,
        ring_s=group.ring_s,
        wrapup_s=group.wrapup_s,
        max_wait_s=group.max_wait_s,
        limit_waiting=group.limit_waiting,
        announce_s=group.announce_s,
        overflow=RouteShape.of(group.overflow),
        asks_rating=group.asks_rating,
        max_missed=group.max_missed,
        records=group.records,
        music_id=group.music_id,
        etag=etag,
    )


async def _check(_connection: AsyncConnection, group: Group) -> None:
    if 0 < group.announce_s < 15:
        raise problem("announce_s", "too-small", min=15)


GROUPS = Resource(
    word="groups",
    readers=SUPERVISORS,
    one_word="group",
    feature="routing",
    key=RowId,
    new=GroupInput,
    body=GroupInput,
    model=Group,
    row=GroupRow,
    rows=Groups,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda _: None,
    make=lambda given: _model(0, given),
    change=lambda old, given: _model(old.id, given),
    answer=_row,
    check=_check,
)
ENDPOINTS = GROUPS.endpoints()
