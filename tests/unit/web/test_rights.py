"""Every operation × every right × a role of the owner's that lacks it: 403, whatever is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import pytest
import pytest_asyncio

from fixtures.webd import Client, webd
from linebox.base import rights
from linebox.base.endpoints import Endpoint
from linebox.base.rights import Catalogue
from linebox.base.roles import Role
from linebox.features.accounts.model import MUST_ENROL, MadeRole, Person, RoleRules
from linebox.features.accounts.presets import PRESETS
from linebox.web.registry import ENDPOINTS

CATALOGUE = Catalogue((one.needs, one.roles) for one in ENDPOINTS)
_WITH_SESSION = [one for one in ENDPOINTS if one.needs_session]


def _lacking() -> list[tuple[Endpoint, Role, str]]:
    return [
        (one, role, right)
        for one, role in product(_WITH_SESSION, Role)
        if role in one.roles
        for right in sorted(one.needs)
    ]


def _person(role: Role, made: int | None) -> Person:
    agent = "1001" if role is Role.AGENT else ""
    return Person(login=agent or "1000", role=role, agent=agent, made=made)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with webd(Path(tmp_path_factory.mktemp("webd"))) as one:
        yield one


def _be(client: Client, role: Role, kept: frozenset[str]) -> None:
    """The asker has a role of the owner's that kept these."""
    made = MadeRole(
        id=7, name_zh="角色", name_en="Role", base=role, rights=kept, second_factor=False
    )
    client.accounts.roles.learn(RoleRules(made=(made,)))
    client.log_in(_person(role, 7))


async def _ask(client: Client, one: Endpoint) -> tuple[int, str]:
    """Before anything is parsed: the body and the numbers in the path are wrong on purpose."""
    path = one.path.replace("{", "").replace("}", "")
    answer = await client.ask(one.method, path, b"{" if one.body else None, if_match="*")
    return answer.status, answer.code if answer.status >= 400 else ""


@pytest.mark.req("SEC-1")
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("one", "role", "right"),
    _lacking(),
    ids=lambda it: it.name if isinstance(it, Endpoint) else str(it),
)
async def test_a_right_that_a_role_gave_up_is_refused(
    client: Client, one: Endpoint, role: Role, right: str
) -> None:
    _be(client, role, CATALOGUE.of(role) - {right})
    assert await _ask(client, one) == (403, "not-allowed")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("one", _WITH_SESSION, ids=lambda one: one.name)
async def test_a_role_that_kept_all_may_what_its_base_may(client: Client, one: Endpoint) -> None:
    role = min(one.roles)
    _be(client, role, CATALOGUE.of(role))
    assert await _ask(client, one) != (403, "not-allowed")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("made", [MUST_ENROL, 999])
async def test_who_must_enrol_or_has_an_unknown_role_may_nothing_but_their_own(
    client: Client, made: int
) -> None:
    for one in _WITH_SESSION:
        role = min(one.roles)
        client.log_in(_person(role, made))
        refused = await _ask(client, one) == (403, "not-allowed")
        assert refused == bool(one.needs), one.name


def test_a_role_can_t_have_what_its_base_lacks() -> None:
    for role in Role:
        base = CATALOGUE.of(role)
        everything = frozenset(one.name for one in CATALOGUE.rights)
        assert CATALOGUE.of(role, everything) == base
        assert rights.holds(role, everything, rights.AUDIT_SEE) == (role is Role.ADMINISTRATOR)


def test_one_s_own_matters_are_few_and_known() -> None:
    assert {one.name for one in _WITH_SESSION if not one.needs} == {
        "change_password",
        "list_sessions",
        "end_session",
        "list_factors",
        "begin_totp",
        "confirm_totp",
        "begin_passkey",
        "confirm_passkey",
        "renew_recovery_codes",
        "delete_factor",
        "get_company",
    }


def test_every_right_has_words_in_both_languages() -> None:
    for one in CATALOGUE.rights:
        feature = one.name.partition(".")[0]
        assert feature not in one.zh, one
        assert one.en, one


@pytest.mark.req("SEC-1")
def test_presets_keep_what_their_work_needs_and_no_more() -> None:
    kept = {one.name_en: one.rights(CATALOGUE) for one in PRESETS}
    assert "audit.see" in kept["Auditor"]
    assert not {one for one in kept["Auditor"] if one.endswith(".change")}
    assert not {"calls.see", "recordings.listen", "customers.see", "audit.see"} & (
        kept["Installer"] | kept["Engineer"] | kept["Operations"]
    )
    assert {"lines.change", "routing.change"} <= kept["Installer"]
    assert "numbers.whole" not in kept["Executive"]
    assert "recordings.download" not in kept["Team leader"]
    assert {one.name_zh for one in PRESETS} >= {
        "导播",
        "客户经理",
        "组长",
        "主管",
        "运维专员",
        "经办人",
        "分管领导",
        "审计员",
        "安装员",
    }
