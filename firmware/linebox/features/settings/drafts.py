"""A draft is carried out, or log entries are undone, inside one transaction (SET-3).

What is told of problems names the change, so that a page can show each at its field. Nothing here
commits: who calls decides whether what was saved is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from linebox.base.errors import InputError
from linebox.base.messages import told
from linebox.features.settings.model import Author, Change
from linebox.features.settings.resources import expect_seen, lock
from linebox.features.settings.service import TAKEN_ALONG, plain, secrets_of
from linebox.store.refusals import refusals

#: From so many changes of a kind on, what there is is read at once.
_MANY: Final = 20


class Kind(Protocol):
    """A kind of setting; ``Resource`` is one."""

    @property
    def one_word(self) -> str: ...
    @property
    def word(self) -> str: ...
    @property
    def numbered(self) -> bool: ...
    @property
    def single(self) -> bool: ...
    @property
    def fixed(self) -> bool: ...
    def key_of_model(self, item: Any) -> str: ...
    def shown(self, item: Any) -> dict[str, Any]: ...
    def planned(self, old: Any, after: Mapping[str, Any]) -> Any: ...
    def settable(self, *, new: bool) -> Mapping[str, object]: ...
    async def state(self, connection: AsyncConnection, key: str) -> Any: ...
    async def states(self, connection: AsyncConnection) -> Mapping[str, Any]: ...
    async def make_one(
        self, connection: AsyncConnection, who: Author, after: Mapping[str, Any]
    ) -> Any: ...
    async def change_one(
        self, connection: AsyncConnection, who: Author, old: Any, after: Mapping[str, Any]
    ) -> Any: ...
    async def delete_one(self, connection: AsyncConnection, who: Author, key: str) -> None: ...
    async def put_back(self, connection: AsyncConnection, who: Author, plain: object) -> None: ...
    async def want(self, connection: AsyncConnection, id_: int) -> None: ...
    async def reserve(self, connection: AsyncConnection) -> int: ...
    async def told(self, connection: AsyncConnection, item: Any) -> dict[str, str]: ...
    async def many(
        self, connection: AsyncConnection, who: Author, changes: Sequence[Change]
    ) -> Sequence[tuple[int, InputError]] | None: ...


#: The kinds in the order in which they lead to each other: what is led to comes first.
type Kinds = Mapping[str, Kind]


class DraftRefused(InputError):
    """A draft can't be carried out. ``problems``: each with ``change`` ``what`` ``key`` ``field``
    ``code`` ``zh`` ``en``; a single one that somebody changed since is ``changed-by-other``."""

    def __init__(self, problems: Sequence[Mapping[str, object]]) -> None:
        first = next((one for one in problems if one["code"] == "changed-by-other"), None)
        code = "changed-by-other" if first else "invalid-input"
        super().__init__(code, count=len(problems), problems=list(problems))
        self.problems = problems


@dataclass(slots=True)
class Carried:
    """What was saved. ``made``: place in the draft, what, key and what is told of each new row;
    ``places``: kind and key → place in the draft."""

    act: int | None = None
    log: tuple[int, ...] = ()
    made: list[dict[str, object]] = field(default_factory=list)
    places: dict[tuple[str, str], int] = field(default_factory=dict)


async def carry_out(
    connection: AsyncConnection, author: Author, changes: Sequence[Change], kinds: Kinds
) -> Carried:
    """Save all of a draft. Raises ``DraftRefused`` with every problem found, then nothing may be
    kept of the transaction; ``Unavailable``."""
    await lock(connection)
    carried = Carried()
    carried.places = {
        (one.what, one.key): place for place, one in enumerate(changes) if one.key is not None
    }
    problems: list[dict[str, object]] = []
    refs = await _references(connection, changes, kinds)
    await connection.execute("SET CONSTRAINTS ALL DEFERRED")
    for kind, places in _in_order(changes, kinds, problems):
        await _of_a_kind(connection, author, kind, changes, places, refs, carried, problems)
    if not problems:
        problems += await _at_the_end(connection, changes, kinds)
    if problems:
        raise DraftRefused(sorted(problems, key=lambda one: _place(one["change"])))
    await _note(connection, carried)
    return carried


async def undo(
    connection: AsyncConnection,
    author: Author,
    kinds: Kinds,
    *,
    log: Sequence[int],
    act: int | None,
) -> Carried:
    """Put back what these entries of the log changed, the newest first.

    Raises ``InputError``: ``not-found``, ``changed-since`` (with ``what``, ``key``), and as the
    kinds do; ``can-not-undo`` for an entry that is older than this software's log.
    """
    await lock(connection)
    await connection.execute("SET CONSTRAINTS ALL DEFERRED")
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            "SELECT id, what, key, before, after, hidden FROM settings_log"
            " WHERE id = ANY(%s) OR act = %s ORDER BY id DESC",
            (list(log), act),
        )
        entries = await cursor.fetchall()
    if not entries or len({entry["id"] for entry in entries} & set(log)) < len(set(log)):
        raise InputError("not-found", what="settings-log", key=str(act or list(log)[:5]))
    for entry in _leading_last(entries, kinds):
        await _put_back(connection, author, kinds[entry["what"]], entry)
    with refusals("settings"):
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    carried = Carried()
    await _note(connection, carried)
    return carried


# -- a draft -------------------------------------------------------------------------------------


async def _references(
    connection: AsyncConnection, changes: Sequence[Change], kinds: Kinds
) -> dict[str, int]:
    """The ids that new rows of the draft will have, by what the draft calls them."""
    return {
        change.ref: await kinds[change.what].reserve(connection)
        for change in changes
        if change.ref and change.what in kinds and kinds[change.what].numbered
    }


def _in_order(
    changes: Sequence[Change], kinds: Kinds, problems: list[dict[str, object]]
) -> list[tuple[Kind, list[int]]]:
    """Places of the changes, by kind: saved in the kinds' order, then deleted in the other."""
    saves: dict[str, list[int]] = {}
    deletes: dict[str, list[int]] = {}
    for place, change in enumerate(changes):
        if change.what not in kinds:
            fault = InputError("unknown-setting", what=change.what)
            problems.append(_problem(place, change, "", fault.code, fault.fields))
            continue
        (deletes if change.after is None else saves).setdefault(change.what, []).append(place)
    order = [(kinds[what], saves[what]) for what in kinds if what in saves]
    order += [(kinds[what], deletes[what]) for what in reversed(list(kinds)) if what in deletes]
    return order


async def _of_a_kind(
    connection: AsyncConnection,
    author: Author,
    kind: Kind,
    changes: Sequence[Change],
    places: Sequence[int],
    refs: Mapping[str, int],
    carried: Carried,
    problems: list[dict[str, object]],
) -> None:
    if len(places) >= _MANY:
        wrong = await kind.many(connection, author, [changes[place] for place in places])
        if wrong is not None:
            for n, error in wrong:
                problems += _problems(places[n], changes[places[n]], error)
            return
    for place in places:
        change = changes[place]
        try:
            async with connection.transaction():
                made = await _one(connection, author, kind, change, refs)
        except InputError as error:
            problems += _problems(place, change, error)
            continue
        if made is not None:
            carried.made.append({"change": place, "what": change.what, **made})
            carried.places[change.what, str(made["key"])] = place


async def _one(
    connection: AsyncConnection,
    author: Author,
    kind: Kind,
    change: Change,
    refs: Mapping[str, int],
) -> dict[str, object] | None:
    """Carry one change out; of a new row its key and what is told."""
    after = None if change.after is None else _meant(change.after, refs)
    if change.key is None:
        if not isinstance(after, Mapping):
            raise InputError("nothing-to-do")
        id_ = refs.get(change.ref or "", change.id)
        if id_ is not None:
            await kind.want(connection, id_)
        item = await kind.make_one(connection, author, after)
        return {
            "key": kind.key_of_model(item),
            "told": await kind.told(connection, item),
        }
    old = await kind.state(connection, change.key)
    expect_seen(old, change.etag)
    if isinstance(after, Mapping):
        await kind.change_one(connection, author, old, after)
    else:
        await kind.delete_one(connection, author, change.key)
    return None


def _meant(value: object, refs: Mapping[str, int]) -> object:
    """``value`` with the ids in the place of what the draft calls new rows."""
    match value:
        case str():
            return refs.get(value, value) if value.startswith("new:") else value
        case Mapping():
            return {name: _meant(one, refs) for name, one in value.items()}
        case list():
            return [_meant(one, refs) for one in value]
        case _:
            return value


async def _at_the_end(
    connection: AsyncConnection, changes: Sequence[Change], kinds: Kinds
) -> list[dict[str, object]]:
    """Rules that hold for the whole: no two bear one name."""
    try:
        with refusals("settings"):
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except InputError as error:
        rule = str(error.fields.get("rule"))  # as groups_name_key
        for place, change in reversed(list(enumerate(changes))):
            table = kinds[change.what].word if change.what in kinds else ""
            name = rule.removeprefix(f"{table}_").removesuffix("_key")
            if rule.startswith(f"{table}_") and change.after and name in change.after:
                fields = {"what": change.what, "key": str(change.after[name])}
                return [_problem(place, change, name, error.code, fields)]
        return [_problem(None, None, "", error.code, error.fields)]
    return []


def _problems(place: int, change: Change, error: InputError) -> list[dict[str, object]]:
    listed = error.fields.get("problems")
    if error.code == "invalid-input" and isinstance(listed, list):
        return [
            {"change": place, "what": change.what, "key": change.key, **one}
            for one in listed
            if isinstance(one, dict)
        ]
    fields = {"what": change.what, "key": change.key or "", **error.fields}
    where = "number" if error.code == "already-exists" else ""
    return [_problem(place, change, where, error.code, fields)]


def _problem(
    place: int | None, change: Change | None, where: str, code: str, fields: Mapping[str, object]
) -> dict[str, object]:
    said = told(code, fields)
    return {
        "change": place,
        "what": change.what if change else "",
        "key": change.key if change else None,
        "field": where,
        "code": code,
        "zh": said["zh"],
        "en": said["en"],
    }


def _place(place: object) -> int:
    return place if isinstance(place, int) else -1


async def _note(connection: AsyncConnection, carried: Carried) -> None:
    """Which entries of the log this transaction made."""
    row = await connection.execute("SELECT current_setting('linebox.act', true)")
    (act,) = await row.fetchone() or (None,)
    if not act:
        return
    rows = await connection.execute(
        "SELECT id FROM settings_log WHERE act = %s ORDER BY id", (int(act),)
    )
    carried.act = int(act)
    carried.log = tuple(id_ for (id_,) in await rows.fetchall())


# -- undoing -------------------------------------------------------------------------------------


def _leading_last(entries: Sequence[dict[str, Any]], kinds: Kinds) -> list[dict[str, Any]]:
    """The entries in an order in which what is led to is there: deleted rows come back by the
    kinds' order, the newest first within a kind; rows that were made go last."""
    unknown = next((entry for entry in entries if entry["what"] not in kinds), None)
    if unknown:
        raise InputError("can-not-undo", what=unknown["what"], key=unknown["key"])
    order = list(kinds)

    def place(entry: dict[str, Any]) -> tuple[int, int]:
        of_kind = order.index(entry["what"])
        return (1, -of_kind) if entry["before"] is None else (0, of_kind)

    return sorted(entries, key=place)


async def _put_back(
    connection: AsyncConnection, author: Author, kind: Kind, entry: dict[str, Any]
) -> None:
    what, key = entry["what"], entry["key"]
    hidden = entry["hidden"] or {}
    now = await kind.state(connection, key)
    if not _is_as_left(now, entry["after"], hidden.get("after")):
        raise InputError("changed-since", what=what, key=key)
    if entry["before"] is None:
        await kind.delete_one(connection, author, key)
        return
    kept = hidden.get("before") or (secrets_of(now) if now is not None else None)
    if now is None and entry["hidden"] is None:
        raise InputError("can-not-undo", what=what, key=key)
    await kind.put_back(connection, author, {**entry["before"], **(kept or {})})
    if now is None:
        for table, rows in (hidden.get("along") or {}).items():
            await _back_along(connection, what, table, rows)


def _is_as_left(now: object, after: Mapping[str, Any] | None, kept: object) -> bool:
    """Whether a row is still as its change left it, in the fields that the entry knows."""
    if now is None or after is None:
        return now is None and after is None
    as_logged = json.loads(json.dumps(plain(now), default=str))
    if any(as_logged[name] != after[name] for name in as_logged.keys() & after.keys()):
        return False
    return kept is None or kept == json.loads(json.dumps(secrets_of(now), default=str))


async def _back_along(
    connection: AsyncConnection, what: str, table: str, rows: Sequence[object]
) -> None:
    """Rows that a deletion took along; those whose other end is gone too stay away."""
    if table not in dict(TAKEN_ALONG.get(what, ())):
        return
    query = sql.SQL(
        "INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, %s) ON CONFLICT DO NOTHING"
    ).format(sql.Identifier(table))
    for row in rows:
        try:
            with refusals(what):
                async with connection.transaction():
                    await connection.execute(query, (Jsonb(row),))
        except InputError:
            continue
