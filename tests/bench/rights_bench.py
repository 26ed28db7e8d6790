"""``authorization-holes``: operations that answer somebody who may not call them (issue 4, section 6).

Every operation of a running webd on a real database is asked by nobody, by each built-in role that
it isn't for, by a role of the owner's that gave up one right that it needs, and by somebody who has
yet to set up a second factor. A hole is any answer but 401 and 403.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.rows import Row
from fixtures.postgres import Pg, database, running
from fixtures.webd import Client, webd
from linebox.base.endpoints import Endpoint
from linebox.base.rights import Catalogue
from linebox.base.roles import Role
from linebox.features.accounts.model import MUST_ENROL, MadeRole, Person, RoleRules
from linebox.web.registry import ENDPOINTS

CATALOGUE = Catalogue((one.needs, one.roles) for one in ENDPOINTS)
_MADE = 7


def _person(role: Role, made: int | None = None) -> Person:
    agent = "1001" if role is Role.AGENT else ""
    return Person(login=agent or "1000", role=role, agent=agent, made=made)


def strangers(one: Endpoint) -> Iterator[tuple[Person | None, frozenset[str]]]:
    """Who may not call it: with what a role of theirs kept."""
    yield None, frozenset()
    for role in Role:
        if role not in one.roles:
            yield _person(role), frozenset()
            continue
        for right in one.needs:
            yield _person(role, _MADE), CATALOGUE.of(role) - {right}
        if one.needs:
            yield _person(role, MUST_ENROL), frozenset()


async def holes(client: Client) -> tuple[int, list[str]]:
    """How many were asked, and what answered."""
    asked, found = 0, []
    for one in ENDPOINTS:
        if not one.needs_session:
            continue
        path = one.path.replace("{", "").replace("}", "")
        for person, kept in strangers(one):
            client.cookie = ""
            if person is not None:
                made = MadeRole(
                    id=_MADE,
                    name_zh="x",
                    name_en="x",
                    base=person.role,
                    rights=kept,
                    second_factor=False,
                )
                client.accounts.roles.learn(RoleRules(made=(made,)))
                client.log_in(person)
            answer = await client.ask(one.method, path, {} if one.body else None, if_match="*")
            asked += 1
            if answer.status not in (401, 403):
                found.append(f"{one.method} {one.path}: {answer.status} to {person}")
    return asked, found


async def _measure(root: Path, house: Pg) -> tuple[int, list[str]]:
    async with webd(root, connect=house.connect_async) as client:
        return await holes(client)


def main() -> None:
    with (
        TemporaryDirectory() as folder,
        running() as server,
        database(server.dsn("postgres"), "rights") as own,
    ):
        os.environ["LINEBOX_DB"] = own
        asked, found = asyncio.run(_measure(Path(folder), Pg(server=server, name="rights")))
    for one in found[:20]:
        print(one)
    row = Row(
        name="authorization-holes",
        value=len(found),
        unit="answers",
        limit=0,
        note=f"{asked} operations asked by who may not call them",
    )
    print(json.dumps({**asdict(row), "ok": row.ok}))


if __name__ == "__main__":
    main()
