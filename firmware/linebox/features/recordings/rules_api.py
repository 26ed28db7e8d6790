"""Recording rules over HTTP (REC-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.shapes import Range, hints, parse
from linebox.features.recordings import rules
from linebox.features.recordings.model import RecordingRules as Model
from linebox.features.settings.model import Author, Change
from linebox.features.settings.rebuild import rebuilt
from linebox.features.settings.resources import author, etag, expect, lock
from linebox.store.pool import Database

_WORD: Final = "recording-rules"


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


@endpoint("GET", "/api/recording-rules", "What is recorded, and how long it is kept")
async def get_recording_rules(db: Database) -> RecordingRules:
    async with db.transaction() as connection:
        return _answer(await rules.read(connection))


@endpoint("PUT", "/api/recording-rules", "Change it", needs_match=True, errors=(412, 428))
async def replace_recording_rules(
    db: Database, ask: Ask, body: RecordingRulesInput
) -> RecordingRules:
    async with db.transaction() as connection:
        await lock(connection)
        expect(ask, etag(await rules.read(connection)))
        await rules.save(connection, author(ask), body.model())
        return _answer(await rules.read(connection))


class RecordingRulesKind:
    """The rules as a draft changes them: there is one row, always."""

    one_word: Final = _WORD
    word: Final = "recording_rules"
    numbered: Final = False
    single: Final = True

    def key_of_model(self, _item: Model) -> str:
        return _WORD

    async def state(self, connection: AsyncConnection, _key: str) -> Model:
        return await rules.read(connection)

    async def states(self, connection: AsyncConnection) -> dict[str, Model]:
        return {_WORD: await rules.read(connection)}

    def shown(self, item: Model) -> dict[str, Any]:
        return {"keep_days": item.keep_days, "calls_out": item.calls_out}

    def planned(self, _old: Model | None, after: Mapping[str, Any]) -> Model:
        return parse(RecordingRulesInput, after).model()

    def settable(self, *, new: bool) -> Mapping[str, object]:
        return {} if new else hints(RecordingRulesInput)

    async def make_one(
        self, _connection: AsyncConnection, _who: Author, _after: Mapping[str, Any]
    ) -> Model:
        raise InputError("already-exists", what=_WORD, key=_WORD)

    async def change_one(
        self, connection: AsyncConnection, who: Author, _old: Model, after: Mapping[str, Any]
    ) -> Model:
        new = parse(RecordingRulesInput, after).model()
        await rules.save(connection, who, new)
        return new

    async def delete_one(self, _connection: AsyncConnection, _who: Author, _key: str) -> None:
        raise InputError("not-found", what=_WORD, key=_WORD)

    async def put_back(self, connection: AsyncConnection, who: Author, plain: object) -> None:
        await rules.save(connection, who, rebuilt(Model, plain))

    async def want(self, _connection: AsyncConnection, _id: int) -> None:
        raise InputError("already-exists", what=_WORD, key=_WORD)

    async def reserve(self, _connection: AsyncConnection) -> int:
        raise InputError("already-exists", what=_WORD, key=_WORD)

    async def told(self, _connection: AsyncConnection, _item: Model) -> dict[str, str]:
        return {}

    async def many(
        self, _connection: AsyncConnection, _who: Author, _changes: Sequence[Change]
    ) -> None:
        return None


ENDPOINTS = (get_recording_rules, replace_recording_rules)
