"""Recording rules over HTTP (REC-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from linebox.base.endpoints import Ask, endpoint
from linebox.base.shapes import Range
from linebox.features.recordings import rules
from linebox.features.recordings.model import RecordingRules as Model
from linebox.features.settings.resources import etag
from linebox.features.settings.single import Single
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRulesInput:
    """``keep_days``: then recordings are deleted, null: never. ``calls_out``: whether calls to
    outside are recorded."""

    keep_days: Annotated[int, Range(1, 3650)] | None = None
    calls_out: bool = True

    def model(self) -> Model:
        return Model(keep_days=self.keep_days, calls_out=self.calls_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRules(RecordingRulesInput):
    etag: str


def _answer(of: Model) -> RecordingRules:
    return RecordingRules(keep_days=of.keep_days, calls_out=of.calls_out, etag=etag(of))


RECORDING_RULES = Single(
    one_word="recording-rules",
    word="recording_rules",
    body=RecordingRulesInput,
    model=Model,
    read=rules.read,
    save=rules.save,
)


@endpoint("GET", "/api/recording-rules", "What is recorded, and how long it is kept")
async def get_recording_rules(db: Database) -> RecordingRules:
    async with db.transaction() as connection:
        return _answer(await rules.read(connection))


@endpoint("PUT", "/api/recording-rules", "Change it", needs_match=True, errors=(412, 428))
async def replace_recording_rules(
    db: Database, ask: Ask, body: RecordingRulesInput
) -> RecordingRules:
    async with db.transaction() as connection:
        return _answer(await RECORDING_RULES.put(connection, ask, body.model()))


ENDPOINTS = (get_recording_rules, replace_recording_rules)
