"""Every operation × every role: who isn't named in its declaration gets 403 and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import pytest
import pytest_asyncio

from fixtures.webd import SUPERVISOR, Client, agent, webd
from linebox.base.endpoints import Endpoint
from linebox.base.roles import EVERYBODY, Role
from linebox.features.accounts.model import OWNER
from linebox.web.openapi import document
from linebox.web.registry import ENDPOINTS

_WHO = {Role.ADMINISTRATOR: OWNER, Role.SUPERVISOR: SUPERVISOR, Role.AGENT: agent(1001)}
_WITH_SESSION = [one for one in ENDPOINTS if one.needs_session]


def _refused() -> list[tuple[Endpoint, Role]]:
    return [(one, role) for one, role in product(_WITH_SESSION, Role) if role not in one.roles]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with webd(Path(tmp_path_factory.mktemp("webd"))) as one:
        yield one


@pytest.mark.req("SEC-1")
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("one", "role"), _refused(), ids=lambda it: it.name if isinstance(it, Endpoint) else str(it)
)
async def test_another_role_gets_403(client: Client, one: Endpoint, role: Role) -> None:
    """Before anything is parsed: the body and the numbers in the path are wrong on purpose."""
    client.log_in(_WHO[role])
    path = one.path.replace("{", "").replace("}", "")
    answer = await client.ask(one.method, path, b"{" if one.body else None, if_match="*")
    assert (answer.status, answer.code) == (403, "not-allowed")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("one", _WITH_SESSION, ids=lambda one: one.name)
async def test_nobody_gets_401(client: Client, one: Endpoint) -> None:
    client.cookie = ""
    path = one.path.replace("{", "").replace("}", "")
    answer = await client.ask(one.method, path, b"{" if one.body else None, if_match="*")
    assert (answer.status, answer.code) == (401, "not-logged-in")


def test_settings_are_changed_by_administrators_only() -> None:
    changing = [
        one
        for one in _WITH_SESSION
        if one.method != "GET"
        and one.feature
        in (
            [
                "settings",
                "lines",
                "numbering",
                "calendars",
                "prompts",
                "ivr",
                "routing",
                "agents",
                "extensions",
                "surveys",
            ]
        )
    ]
    assert len(changing) > 20
    assert {one.name for one in changing if one.roles != {Role.ADMINISTRATOR}} == {
        "act_on_agent",
        "renew_phone",
        "revoke_phone",
    }


def test_administrators_may_all_but_sit_at_an_agent_s_desk() -> None:
    without = {one.name for one in _WITH_SESSION if Role.ADMINISTRATOR not in one.roles}
    assert all(one.roles == {Role.AGENT} for one in _WITH_SESSION if one.name in without), without


def test_the_description_names_the_roles() -> None:
    paths = document()["paths"]
    assert isinstance(paths, dict)
    for one in ENDPOINTS:
        told = paths[one.path][one.method.lower()]
        assert told["x-roles"] == (sorted(one.roles) if one.needs_session else [])
        assert ("403" in told["responses"]) == (
            403 in one.errors or (one.needs_session and one.roles != EVERYBODY)
        )
