"""Prompts recorded by telephone over HTTP (IVR-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linebox.base.endpoints import Ask, endpoint
from linebox.features.agents.calld import Calld
from linebox.features.prompts.model import Sound
from linebox.features.prompts.phone import State, Take, Telephone
from linebox.model.spelling import LanguageCode, RowId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTake:
    """The telephone that rings; ``lang``: in which it is told what to do."""

    phone: Telephone
    lang: LanguageCode


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRow:
    """``sound`` once it is ``ready``; the other states are the call's, or say why there is none."""

    id: int
    phone: str
    at: datetime
    state: State
    sound: Sound | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRows:
    items: tuple[TakeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    items: tuple[Take, ...]


def _row(take: Take) -> TakeRow:
    return TakeRow(id=take.id, phone=take.phone, at=take.at, state=take.state, sound=take.sound)


@endpoint(
    "POST", "/api/prompts/takes", "Record a sound by telephone: it rings", status=201, errors=(409,)
)
async def start_take(calld: Calld, ask: Ask, body: NewTake) -> TakeRow:
    wish: dict[str, object] = {"phone": body.phone, "lang": body.lang, "by": ask.who}
    return _row(await calld.told(Take, "POST", "/takes", wish))


@endpoint("GET", "/api/prompts/takes", "What this person recorded by telephone, the newest first")
async def list_takes(calld: Calld, ask: Ask) -> TakeRows:
    told = await calld.told(_Taken, "POST", "/takes/list", {"by": ask.who})
    return TakeRows(items=tuple(map(_row, told.items)))


@endpoint(
    "DELETE",
    "/api/prompts/takes/{id}",
    "It was taken up, or isn't wanted",
    status=204,
    errors=(404, 409),
)
async def delete_take(id: RowId, calld: Calld, ask: Ask) -> None:
    await calld.ask("POST", f"/takes/{id}/away", {"by": ask.who})


ENDPOINTS = (start_take, list_takes, delete_take)
