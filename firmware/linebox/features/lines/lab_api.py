"""Lines tested, learnt and looped, over HTTP (TEL-3, TEL-10, TEL-12). boardd does it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Final

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.shapes import Length, Range
from linebox.features.lines import hardware_store, lab_store
from linebox.features.lines.boardd import Boardd
from linebox.features.lines.lab_store import KeptTest
from linebox.features.lines.model import Port
from linebox.features.settings.resources import author
from linebox.hw.lab import Learnt
from linebox.hw.lab_job import LabJob, LabKind, LabStep, LabWish, TestNumber
from linebox.hw.protocols import Key, Loop
from linebox.model.spelling import RowId
from linebox.store.pool import Database

_SHOWN: Final = 10
#: main/dsp.c of Asterisk: what it takes for a tone or a rest, ms.
_BEAT_MS: Final = (75, 3100)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTestWish:
    """``key``: of a port; of ``bits`` of a span. ``number``: whom to call, nobody when empty;
    ``other``: of ``learn``, the line that calls and is called. ``seconds``: of ``bits``."""

    kind: LabKind
    key: Key
    number: TestNumber = ""
    other: Annotated[str, Length(0, 200)] = ""
    seconds: Annotated[int, Range(2, 3600)] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTestsQuery:
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTests:
    """``running``: the test that goes on now, whichever line it is of. ``items``: those of the
    line asked for, the newest first."""

    running: LabJob | None
    items: tuple[KeptTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeWish:
    """``id``: of a test that learnt."""

    id: RowId


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopWish:
    span: Key
    kind: Loop


@endpoint(
    "POST", "/api/line-tests", "Test a line, a telephone or an E1", status=201, errors=(404, 409)
)
async def start_line_test(body: LineTestWish, ask: Ask, boardd: Boardd, db: Database) -> LabJob:
    """One at a time. The line is out of service meanwhile: half a minute or so, of ``learn`` a
    minute and a half. Both lines' own numbers come from their settings."""
    own, other = body.number, ""
    if body.kind is LabKind.LEARN:
        async with db.transaction() as connection:
            here = await lab_store.line_of(connection, body.key)
            there = await lab_store.line_of(connection, body.other)
        own, other = here.number if here else "", there.number if there else ""
    return await boardd.test(
        LabWish(
            kind=body.kind,
            key=body.key,
            number=other if body.kind is LabKind.LEARN else body.number,
            other=body.other,
            own_number=own if body.kind is LabKind.LEARN else "",
            seconds=body.seconds,
            by=ask.who,
        )
    )


@endpoint("GET", "/api/line-tests", "A line's last tests, and the one that goes on now")
async def list_line_tests(query: LineTestsQuery, boardd: Boardd, db: Database) -> LineTests:
    """One that is over is kept by the first who hears of it."""
    newest = await boardd.newest_test()
    async with db.transaction() as connection:
        if newest is not None:
            await lab_store.file(connection, newest)
        kept = await lab_store.of_line(connection, [query.key], _SHOWN)
    going_on = newest is not None and newest.step is not LabStep.DONE
    return LineTests(running=newest if going_on else None, items=kept.items)


@endpoint("GET", "/api/line-tests/{id}", "How far a test is", errors=(404,))
async def get_line_test(id: RowId, boardd: Boardd, db: Database) -> LabJob:
    """By the number that its start told; boardd remembers the last ones of its own run."""
    job = await boardd.test_of(int(str(id)))
    async with db.transaction() as connection:
        await lab_store.file(connection, job)
    return job


@endpoint("POST", "/api/line-tests/stop", "End the test that goes on now")
async def stop_line_test(boardd: Boardd) -> None:
    """It has no verdict then. What was learnt of the first of two lines stays."""
    await boardd.stop_test()


@endpoint(
    "POST", "/api/line-tests/take", "Set a line as it was learnt to be", errors=(404, 409, 422)
)
async def take_line_test(body: TakeWish, ask: Ask, db: Database) -> None:
    """It waits among the changes until they are applied."""
    async with db.transaction() as connection:
        kept = await lab_store.one(connection, int(str(body.id)))
        if kept is None or kept.told.learnt is None:
            raise InputError("not-found", what="test", key=str(body.id))
        line = await lab_store.line_of(connection, kept.told.key)
        old = None if line is None else await hardware_store.port(connection, line.id)
        if old is None:
            raise InputError("not-found", what="port", key=kept.told.key)
        await hardware_store.save_port(connection, author(ask), as_learnt(old, kept.told.learnt))
        await lab_store.took(connection, kept.id)


@endpoint("POST", "/api/hardware/loop", "Loop an E1, or end that", errors=(404, 409))
async def loop_span(body: LoopWish, boardd: Boardd) -> None:
    """While it is looped it carries no calls; one that carries some isn't looped."""
    await boardd.loop(body.span, body.kind)


def as_learnt(old: Port, learnt: Learnt) -> Port:
    """What was found goes into the settings; what wasn't heard stays as it was set."""
    told_otherwise = learnt.hangup_reversal or learnt.battery_drop
    new = replace(
        old,
        answer_polarity=learnt.answer_reversal,
        hangup_polarity=learnt.hangup_reversal,
        hangup_busy=learnt.busy is not None or not told_otherwise,
        rx_gain_db=learnt.rx_gain_db or old.rx_gain_db,
        impedance=_fitting(old, learnt),
    )
    if learnt.busy is None:
        return new
    on, off = (
        min(max(ms, _BEAT_MS[0]), _BEAT_MS[1]) for ms in (learnt.busy.on_ms, learnt.busy.off_ms)
    )
    return replace(new, busy_pattern=f"{on},{off}")


def _fitting(old: Port, learnt: Learnt) -> int | None:
    found = learnt.impedance
    if found is None:
        return old.impedance
    return None if found.acim == found.country else found.acim


ENDPOINTS = (
    start_line_test,
    list_line_tests,
    stop_line_test,
    take_line_test,
    get_line_test,
    loop_span,
)
