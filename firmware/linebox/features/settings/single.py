"""A kind of setting of which there is always one, as a draft changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask
from linebox.base.errors import InputError
from linebox.base.shapes import hints, outside, parse, problem, render
from linebox.features.settings.model import Author, Change
from linebox.features.settings.rebuild import rebuilt
from linebox.features.settings.resources import author, etag, expect, lock


class Body[M](Protocol):
    """The body of its PUT: a dataclass with the model's fields."""

    def model(self) -> M:
        """Raises ``InputError("invalid-input")`` for what its fields' limits can't say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Single[M]:
    """The one row of a kind; its key is ``one_word``, its table ``word``.

    ``save`` has it logged. ``reference``: the field at which a reference that leads nowhere is
    told.
    """

    one_word: str
    word: str
    body: type[Body[M]]
    model: type[M]
    read: Callable[[AsyncConnection], Awaitable[M]]
    save: Callable[[AsyncConnection, Author, M], Awaitable[None]]
    reference: str | None = None

    @property
    def single(self) -> bool:
        return True

    @property
    def fixed(self) -> bool:
        return True

    @property
    def numbered(self) -> bool:
        return False

    def key_of_model(self, _item: M) -> str:
        return self.one_word

    async def state(self, connection: AsyncConnection, _key: str) -> M:
        return await self.read(connection)

    async def states(self, connection: AsyncConnection) -> dict[str, M]:
        return {self.one_word: await self.read(connection)}

    def shown(self, item: M) -> dict[str, Any]:
        return cast("dict[str, Any]", render(item))

    def planned(self, _old: M | None, after: Mapping[str, Any]) -> M:
        return parse(self.body, after).model()

    def settable(self, *, new: bool) -> Mapping[str, object]:
        if new:
            return {}
        return {outside(name): hint for name, hint in hints(self.body).items()}

    async def change_one(
        self, connection: AsyncConnection, who: Author, _old: M, after: Mapping[str, Any]
    ) -> M:
        new = parse(self.body, after).model()
        await self.replace(connection, who, new)
        return new

    async def replace(self, connection: AsyncConnection, who: Author, new: M) -> None:
        """``save``, with a reference that leads nowhere told at its field. Raises as ``save``."""
        try:
            await self.save(connection, who, new)
        except InputError as error:
            if error.code != "no-such-reference" or self.reference is None:
                raise
            raise problem(self.reference, error.code) from error

    async def put(self, connection: AsyncConnection, ask: Ask, new: M) -> M:
        """What its PUT does: changed as the asker saw it, no other writer until the end; as it is
        then. Raises as ``replace``, and ``precondition-missing``, ``changed-by-other``."""
        await lock(connection)
        expect(ask, etag(await self.read(connection)))
        await self.replace(connection, author(ask), new)
        return await self.read(connection)

    async def put_back(self, connection: AsyncConnection, who: Author, plain: object) -> None:
        await self.save(connection, who, rebuilt(self.model, plain))

    async def make_one(
        self, _connection: AsyncConnection, _who: Author, _after: Mapping[str, Any]
    ) -> M:
        raise self._there()

    async def delete_one(self, _connection: AsyncConnection, _who: Author, _key: str) -> None:
        raise InputError("not-found", what=self.one_word, key=self.one_word)

    async def want(self, _connection: AsyncConnection, _id: int) -> None:
        raise self._there()

    async def reserve(self, _connection: AsyncConnection) -> int:
        raise self._there()

    async def told(self, _connection: AsyncConnection, _item: M) -> dict[str, str]:
        return {}

    async def many(
        self, _connection: AsyncConnection, _who: Author, _changes: Sequence[Change]
    ) -> None:
        return None

    def _there(self) -> InputError:
        return InputError("already-exists", what=self.one_word, key=self.one_word)
