"""The wizard's lines: the carrier's, and a line tried by a real call out (SET-1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import LineboxError
from linebox.base.shapes import Range, parse, render
from linebox.desks.setup import answering
from linebox.features.agents.calld import Calld
from linebox.features.lines import store as lines
from linebox.features.lines.api import TRUNKS, Address, TrunkInput
from linebox.features.lines.model import TrunkKind
from linebox.features.lines.trial import UNDER_WAY, WORKS, Trial, TrialWish, Verdict
from linebox.features.settings.resources import author
from linebox.features.setup import store as setup
from linebox.model.spelling import PublicNumber, RowId
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialTold:
    """A line's trial. ``rang_s``, ``ended_s``: seconds after the dialling, null: it didn't.

    ``works``: the line did its part, whoever was or wasn't there; null while it lasts. ``cause``
    is Q.850's."""

    id: int
    trunk: str
    number: str
    at: datetime
    verdict: Verdict
    cause: int
    rang_s: float | None
    ended_s: float | None
    works: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupLine:
    """``answer_ms``: how long the carrier takes to answer when asked whether it is there; null: it
    doesn't answer, or calld isn't there to tell."""

    id: int
    name: str
    host: str
    port: int
    max_calls: int
    answer_ms: float | None
    trial: TrialTold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupLines:
    """``asked``: whether Asterisk could be asked."""

    items: tuple[SetupLine, ...]
    asked: bool


def _told(trial: Trial) -> TrialTold:
    return TrialTold(
        id=trial.id,
        trunk=trial.trunk,
        number=trial.number,
        at=trial.at,
        verdict=trial.verdict,
        cause=trial.cause,
        rang_s=trial.rang_s,
        ended_s=trial.ended_s,
        works=None if trial.verdict in UNDER_WAY else trial.verdict in WORKS,
    )


@endpoint("GET", "/api/setup/lines", "The lines, whether they answer, and their last trials")
async def list_setup_lines(db: Database, calld: Calld) -> SetupLines:
    async with db.transaction() as connection:
        trunks = await lines.read(connection)
        progress = await setup.read(connection)
    answers = await _answers(calld)
    return SetupLines(
        items=tuple(
            SetupLine(
                id=trunk.id,
                name=trunk.name,
                host=trunk.host,
                port=trunk.port,
                max_calls=trunk.max_calls,
                answer_ms=(answers or {}).get(trunk.name),
                trial=_told(parse(Trial, progress.lines[trunk.name]))
                if trunk.name in progress.lines
                else None,
            )
            for trunk in trunks
        ),
        asked=answers is not None,
    )


async def _answers(calld: Calld) -> dict[str, float] | None:
    try:
        told = await calld.ask("GET", "/lines", None)
    except LineboxError:
        return None
    found = told if isinstance(told, dict) else {}
    return {str(name): float(ms) for name, ms in found.items() if ms is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupCarrier:
    """The carrier's SIP line: its address, and the number that people are told."""

    host: Address
    port: Annotated[int, Range(1, 65535)] = 5060
    number: PublicNumber


@endpoint("POST", "/api/setup/carrier", "The carrier's line and the number on it")
async def save_carrier(db: Database, ask: Ask, body: SetupCarrier) -> None:
    """In the place of the line and the numbers that came with the box."""
    async with db.transaction() as connection:
        trunks = await lines.read(connection)
        old = next((one for one in trunks if one.kind is TrunkKind.SIP), None)
        given = TrunkInput(name=old.name if old else "carrier", host=body.host, port=body.port)
        if old:
            new = TRUNKS.change(old, replace(given, max_calls=old.max_calls))
        else:
            new = TRUNKS.make(given)
        await lines.save(connection, author(ask), new)
        await answering.save_number(connection, author(ask), body.number)


@endpoint("POST", "/api/trials", "Try a line: dial a number by it", status=201, errors=(404, 409))
async def start_trial(calld: Calld, body: TrialWish) -> TrialTold:
    """Who answers hears the greeting; half a minute at most. One at a time."""
    wish: dict[str, object] = {
        "trunk": body.trunk,
        "number": body.number,
        "channel": body.channel,
    }
    return _told(await calld.told(Trial, "POST", "/trials", wish))


@endpoint("GET", "/api/trials/{id}", "How far a trial is", errors=(404,))
async def get_trial(id: RowId, calld: Calld, db: Database) -> TrialTold:
    """The first to hear its end has it kept with the line."""
    trial = await calld.told(Trial, "GET", f"/trials/{id}", None)
    if trial.verdict not in UNDER_WAY:
        kept = render(trial)
        assert isinstance(kept, dict)
        async with db.transaction() as connection:
            await setup.note_trial(connection, trial.trunk, kept)
    return _told(trial)


ENDPOINTS = (list_setup_lines, save_carrier, start_trial, get_trial)
