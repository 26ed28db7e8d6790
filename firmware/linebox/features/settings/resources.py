"""Settings over HTTP: every kind of row is listed, read, made, changed and deleted in the same way.

Two people never overwrite each other unseen: a change names the state it was made from
(``If-Match``), compared while all other writers wait.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask, Endpoint, Method
from linebox.base.errors import InputError
from linebox.base.roles import ADMINISTRATORS, Roles
from linebox.base.shapes import hints, outside, parse, parse_value, problem, render
from linebox.features.settings.model import Author, Change
from linebox.features.settings.rebuild import rebuilt
from linebox.features.settings.service import found
from linebox.model.spelling import RowId
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


def expect_seen(old: object, tag: str | None) -> None:
    """Raises ``InputError``: ``changed-by-other`` when the row isn't as it was seen, or is gone;
    ``precondition-missing``."""
    if old is None:
        raise InputError("changed-by-other")
    if tag is None:
        raise InputError("precondition-missing")
    if tag not in ("*", etag(old)):
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
    ``lists``: its list is small enough to be answered whole. ``fixed``: its rows come and go by
    themselves. ``save_many``, ``delete_many``: for kinds of which thousands come at once.
    ``tells``: what a new one brings along (an account) and what is shown of it this one time, as
    its secret.
    """

    word: str
    one_word: str
    feature: str
    key: object
    new: type[N]
    body: type[I]
    model: type[M]
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
    fixed: bool = field(default=False)
    lists: bool = field(default=True)
    readers: Roles = ADMINISTRATORS
    save_many: Callable[[AsyncConnection, Author, Sequence[M]], Awaitable[None]] | None = None
    delete_many: Callable[[AsyncConnection, Author, Sequence[K]], Awaitable[None]] | None = None
    tells: Callable[[AsyncConnection, M], Awaitable[dict[str, str]]] | None = None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The five of them."""
        one, path = self.one_word, f"/api/{self.word.replace('_', '-')}"
        by_key = f"{path}/{{key}}"
        many = self.word.replace("_", " ")
        makes: tuple[Endpoint, ...] = ()
        if self.creates and not self.fixed:
            create = self._endpoint("POST", path, f"create_{one}", f"Make a new {one}", self.create)
            makes = (create,)
        lists: tuple[Endpoint, ...] = ()
        if self.lists:
            whole = self._endpoint("GET", path, f"list_{self.word}", f"All {many}", self.list_rows)
            lists = (whole,)
        there: tuple[Endpoint, ...] = (
            self._endpoint("GET", by_key, f"get_{one}", f"One {one}", self.get),
            self._endpoint("PUT", by_key, f"replace_{one}", "Change it", self.replace),
        )
        if self.fixed:
            return (*lists, *there)
        gone = self._endpoint("DELETE", by_key, f"delete_{one}", "Delete it", self.remove)
        return (*lists, *makes, *there, gone)

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
        return await self._created(connection, author(ask), body)

    async def saved(self, connection: AsyncConnection, ask: Ask, item: M, key: K | None) -> M:
        """``item`` as the database has it now; ``key`` is None for a row that gets an id."""
        return await self._saved(connection, author(ask), item, key)

    # -- as a draft changes it (``drafts.py``); the caller holds the lock ------------------------

    @property
    def single(self) -> bool:
        """Whether there is always one, whose key is the kind's word."""
        return False

    @property
    def numbered(self) -> bool:
        """Whether its keys are ids that the database gives."""
        return self.key is RowId

    async def state(self, connection: AsyncConnection, key: str) -> M | None:
        """Raises ``InputError("invalid-input")`` for what can't be a key."""
        return await self.one(connection, self._key(key))

    async def states(self, connection: AsyncConnection) -> dict[str, M]:
        """All of them, by key."""
        return {self.key_of_model(item): item for item in await self.read(connection)}

    def key_of_model(self, item: M) -> str:
        """The key as a text; it is the model's ``id`` or ``number``."""
        return str(getattr(item, "id" if self.numbered else "number"))

    def shown(self, item: M) -> dict[str, Any]:
        """Its key and what can be set of it, as JSON: no secrets."""
        row = cast("dict[str, Any]", render(self.answer(item, "")))
        names = {outside(one.name) for one in fields(cast("Any", self.new))}
        return {
            name: value
            for name, value in row.items()
            if name in names or (self.numbered and name == "id")
        }

    def planned(self, old: M | None, after: Mapping[str, Any]) -> M:
        """What ``make_one`` or ``change_one`` would save; a new one may have no key yet."""
        if old is None:
            return self.make(parse(self.new, after))
        return self.change(old, parse(self.body, after))

    def settable(self, *, new: bool) -> Mapping[str, object]:
        """The fields of the body of its POST or PUT, with their types."""
        kind: type = self.new if new else self.body
        return {outside(name): hint for name, hint in hints(kind).items()}

    async def make_one(
        self, connection: AsyncConnection, who: Author, after: Mapping[str, Any]
    ) -> M:
        """A new one of the body of its POST."""
        return await self._created(connection, who, parse(self.new, after))

    async def change_one(
        self, connection: AsyncConnection, who: Author, old: M, after: Mapping[str, Any]
    ) -> M:
        """``old`` changed by the body of its PUT."""
        item = self.change(old, parse(self.body, after))
        return await self._saved(connection, who, item, self._key(self.key_of_model(old)))

    async def delete_one(self, connection: AsyncConnection, who: Author, key: str) -> None:
        await self.delete(connection, who, self._key(key))

    async def put_back(self, connection: AsyncConnection, who: Author, plain: object) -> None:
        """A row as it was logged, secrets and all; one that is gone comes back under its key."""
        item = rebuilt(self.model, plain)
        key = self._key(self.key_of_model(item))
        if self.numbered and await self.one(connection, key) is None:
            await self.want(connection, int(str(key)))
            item = replace(cast("Any", item), id=0)
        await self._saved(connection, who, item, None if self.numbered else key)

    async def told(self, connection: AsyncConnection, item: M) -> dict[str, str]:
        """As ``tells``."""
        return {} if self.tells is None else await self.tells(connection, item)

    async def many(
        self, connection: AsyncConnection, who: Author, changes: Sequence[Change]
    ) -> list[tuple[int, InputError]] | None:
        """All of them at once, problems by place; None when this kind has no such way."""
        if self.save_many is None or self.delete_many is None:
            return None
        known = await self.states(connection)
        items: dict[str, M] = {}
        gone: list[K] = []
        wrong: list[tuple[int, InputError]] = []
        for place, change in enumerate(changes):
            try:
                item = self._planned(known, change)
                if item is None:
                    gone.append(self._key(change.key or ""))
                elif self.key_of_model(item) in items:
                    raise problem("number", "given-twice", value=self.key_of_model(item))
                else:
                    items[self.key_of_model(item)] = item
            except InputError as error:
                wrong.append((place, error))
        if not wrong:
            await self.save_many(connection, who, tuple(items.values()))
            await self.delete_many(connection, who, gone)
        return wrong

    def _planned(self, known: Mapping[str, M], change: Change) -> M | None:
        """What a row is to be; None: deleted."""
        if change.key is not None:
            old = known.get(change.key)
            expect_seen(old, change.etag)
            if change.after is None:
                return None
            return self.change(cast("M", old), parse(self.body, change.after))
        body = parse(self.new, change.after)
        key = self.key_of(body)
        if str(key) in known:
            raise InputError("already-exists", what=self.one_word, key=str(key))
        return self.make(body)

    async def want(self, connection: AsyncConnection, id_: int) -> None:
        """Have the next new row bear this id."""
        await connection.execute(
            "UPDATE setting_ids SET wanted = %s WHERE of = %s", (id_, self.word)
        )

    async def reserve(self, connection: AsyncConnection) -> int:
        """The id of a row that is yet to be made. Raises ``InputError("comes-by-itself")``."""
        if self.fixed:
            raise InputError("comes-by-itself", what=self.one_word)
        row = await (
            await connection.execute("SELECT next_setting_id(%s)", (self.word,))
        ).fetchone()
        assert row is not None  # a function call gives a row
        return int(row[0])

    def _key(self, key: str) -> K:
        return cast("K", parse_value(self.key, key, ""))

    async def _created(self, connection: AsyncConnection, who: Author, body: N) -> M:
        key = self.key_of(body)
        if key is not None and await self.one(connection, key) is not None:
            raise InputError("already-exists", what=self.one_word, key=str(key))
        return await self._saved(connection, who, self.make(body), key)

    async def _saved(self, connection: AsyncConnection, who: Author, item: M, key: K | None) -> M:
        if self.check is not None:
            await self.check(connection, item)
        try:
            given = await self.save(connection, who, item)
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
