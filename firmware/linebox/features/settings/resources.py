"""Settings over HTTP: every kind of row is listed, read, made, changed and deleted in the same way.

Two people never overwrite each other unseen: a change names the state it was made from
(``If-Match``), compared while all other writers wait.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask, Endpoint, Method
from linebox.base.errors import InputError
from linebox.base.roles import ADMINISTRATORS, Roles
from linebox.base.shapes import hints, problem, render
from linebox.features.settings.model import Author
from linebox.features.settings.service import found
from linebox.store.pool import Database
from linebox.store.refusals import refusals


def etag(item: object) -> str:
    """The state of a thing, secrets included, as a short text that tells nothing of them."""
    text = json.dumps(render(item), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def author(ask: Ask) -> Author:
    return Author(ask.who, ask.address)


def expect(ask: Ask, tag: str) -> None:
    """Raises ``InputError("changed-by-other")`` when ``tag`` isn't the state the asker saw."""
    if ask.seen() not in ("*", tag):
        raise InputError("changed-by-other")


async def lock(connection: AsyncConnection) -> None:
    """Writers go one after the other, so what is compared stays true until it is saved."""
    with refusals("settings"):
        await connection.execute("SELECT 1 FROM company FOR UPDATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource[K: (int, str), M, N, I, R]:
    """A kind of settings row.

    Key ``K``, model ``M``, body of POST ``N`` and of PUT ``I``, answer ``R``.

    ``readers`` may list and read; only administrators change.
    ``check`` sees what the database's own constraints can't; it runs inside the transaction.
    """

    word: str
    one_word: str
    feature: str
    key: object
    new: type[N]
    body: type[I]
    row: type
    rows: type
    read: Callable[[AsyncConnection], Awaitable[tuple[M, ...]]]
    one: Callable[[AsyncConnection, K], Awaitable[M | None]]
    save: Callable[[AsyncConnection, Author, M], Awaitable[object]]
    delete: Callable[[AsyncConnection, Author, K], Awaitable[None]]
    key_of: Callable[[N], K | None]
    make: Callable[[N], M]
    change: Callable[[M, I], M]
    answer: Callable[[M, str], R]
    check: Callable[[AsyncConnection, M], Awaitable[None]] | None = None
    creates: bool = field(default=True)
    readers: Roles = ADMINISTRATORS

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The five of them."""
        one, path = self.one_word, f"/api/{self.word.replace('_', '-')}"
        by_key = f"{path}/{{key}}"
        many = self.word.replace("_", " ")
        makes: tuple[Endpoint, ...] = ()
        if self.creates:
            create = self._endpoint("POST", path, f"create_{one}", f"Make a new {one}", self.create)
            makes = (create,)
        return (
            self._endpoint("GET", path, f"list_{self.word}", f"All {many}", self.list_rows),
            *makes,
            self._endpoint("GET", by_key, f"get_{one}", f"One {one}", self.get),
            self._endpoint("PUT", by_key, f"replace_{one}", "Change it", self.replace),
            self._endpoint("DELETE", by_key, f"delete_{one}", "Delete it", self.remove),
        )

    async def list_rows(self, *, db: Database) -> object:
        async with db.transaction() as connection:
            return self.rows(
                items=tuple(self.answer(m, etag(m)) for m in await self.read(connection))
            )

    async def get(self, *, db: Database, key: K) -> R:
        async with db.transaction() as connection:
            item = found(await self.one(connection, key), self.one_word, key)
        return self.answer(item, etag(item))

    async def create(self, *, db: Database, ask: Ask, body: N) -> R:
        async with db.transaction() as connection:
            item = await self.created(connection, ask, body)
        return self.answer(item, etag(item))

    async def replace(self, *, db: Database, ask: Ask, key: K, body: I) -> R:
        async with db.transaction() as connection:
            old = await self.seen(connection, ask, key)
            item = await self.saved(connection, ask, self.change(old, body), key)
        return self.answer(item, etag(item))

    async def remove(self, *, db: Database, ask: Ask, key: K) -> None:
        async with db.transaction() as connection:
            await self.seen(connection, ask, key)
            await self.delete(connection, author(ask), key)

    async def seen(self, connection: AsyncConnection, ask: Ask, key: K) -> M:
        """The row that is to change, still as the asker saw it; no other writer until the end.

        Raises ``InputError``: ``not-found``, ``precondition-missing``, ``changed-by-other``.
        """
        await lock(connection)
        item = found(await self.one(connection, key), self.one_word, key)
        expect(ask, etag(item))
        return item

    async def created(self, connection: AsyncConnection, ask: Ask, body: N) -> M:
        """The new row. Raises ``InputError("already-exists")``."""
        await lock(connection)
        key = self.key_of(body)
        if key is not None and await self.one(connection, key) is not None:
            raise InputError("already-exists", what=self.one_word, key=str(key))
        return await self.saved(connection, ask, self.make(body), key)

    async def saved(self, connection: AsyncConnection, ask: Ask, item: M, key: K | None) -> M:
        """``item`` as the database has it now; ``key`` is None for a row that gets an id."""
        if self.check is not None:
            await self.check(connection, item)
        try:
            given = await self.save(connection, author(ask), item)
        except InputError as error:
            raise self._at_its_field(error) from error
        there = given if key is None else key
        return found(await self.one(connection, there), self.one_word, there)  # type: ignore[arg-type]  # save gives the id

    def _at_its_field(self, error: InputError) -> InputError:
        """A reference that leads nowhere is told at its field, as the constraint's name has it."""
        if error.code != "no-such-reference":
            return error
        rule = str(error.fields.get("rule"))
        for name in hints(self.row):
            if rule.endswith(f"_{name}_fkey"):
                return problem(name, error.code)
        return error

    def _endpoint(
        self,
        method: Method,
        path: str,
        name: str,
        summary: str,
        handler: Callable[..., Awaitable[object]],
    ) -> Endpoint:
        keyed, writes = path.endswith("}"), method != "GET"
        body = {"POST": self.new, "PUT": self.body}.get(method)
        answer = self.rows if not keyed and not writes else self.row
        matched = method in ("PUT", "DELETE")
        return Endpoint(
            method=method,
            path=path,
            summary=summary,
            feature=self.feature,
            name=name,
            handler=handler,
            path_params={"key": self.key} if keyed else {},
            query=None,
            body=body,
            answer=None if method == "DELETE" else answer,
            services={"db": Database},
            wants_ask=writes,
            status={"POST": 201, "DELETE": 204}.get(method, 200),
            needs_session=True,
            roles=ADMINISTRATORS if writes else self.readers,
            needs_match=matched,
            max_bytes=256 * 1024,
            timeout_s=15.0,
            errors=(404,) * keyed + (409,) * writes + (412, 428) * matched,
        )
