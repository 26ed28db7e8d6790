"""Thresholds over HTTP (SUP-3): supervisors read and change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from linebox.base.endpoints import Ask, endpoint
from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Range
from linebox.features.alerts import store
from linebox.features.alerts.model import Thresholds
from linebox.features.settings.resources import etag, expect
from linebox.model.spelling import RowId
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdsInput:
    """Null: this figure never alarms. ``features/alerts/model.py`` says what each means."""

    wait_s: Annotated[int, Range(5, 3600)] | None
    waiting: Annotated[int, Range(1, 1000)] | None
    level_percent: Annotated[int, Range(1, 100)] | None
    abandoned_15m: Annotated[int, Range(1, 1000)] | None
    nobody_ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupThresholds(ThresholdsInput):
    group: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllThresholds:
    items: tuple[GroupThresholds, ...]


def _answer(group: int, of: Thresholds) -> GroupThresholds:
    return GroupThresholds(
        group=group,
        wait_s=of.wait_s,
        waiting=of.waiting,
        level_percent=of.level_percent,
        abandoned_15m=of.abandoned_15m,
        nobody_ready=of.nobody_ready,
        etag=etag(of),
    )


@endpoint("GET", "/api/alerts/thresholds", "From where on figures are an alarm", roles=SUPERVISORS)
async def list_thresholds(db: Database) -> AllThresholds:
    """Of every group, also of those that nobody set."""
    async with db.transaction() as connection:
        found = await store.thresholds(connection)
    return AllThresholds(items=tuple(_answer(group, of) for group, of in found.items()))


@endpoint(
    "PUT",
    "/api/alerts/thresholds/{group}",
    "Change a group's thresholds",
    roles=SUPERVISORS,
    needs_match=True,
    errors=(404, 412, 428),
)
async def replace_thresholds(
    group: RowId, body: ThresholdsInput, ask: Ask, db: Database
) -> GroupThresholds:
    """Counts at once; the live board has them within seconds."""
    to = Thresholds(
        wait_s=body.wait_s,
        waiting=body.waiting,
        level_percent=body.level_percent,
        abandoned_15m=body.abandoned_15m,
        nobody_ready=body.nobody_ready,
    )
    async with db.transaction() as connection:
        expect(ask, etag(await store.one(connection, group)))
        await store.save(connection, group, to, ask.who)
    return _answer(group, to)


ENDPOINTS = (list_thresholds, replace_thresholds)
