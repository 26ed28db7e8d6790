"""Roles over HTTP: the built-in ones, those that the owner made of them, presets to begin from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.rights import Catalogue
from linebox.base.roles import Role
from linebox.base.shapes import Count, Form, Length, Problem, invalid
from linebox.features.accounts import roles_store
from linebox.features.accounts.model import MadeRole, RoleRules
from linebox.features.accounts.presets import PRESETS
from linebox.features.accounts.service import Accounts
from linebox.store.pool import Database

type RoleName = Annotated[str, Length(1, 40)]
type RightName = Annotated[
    str, Length(3, 60), Form(r"[a-z_]+\.[a-z_]+", "权限名", "a right's name")
]
type RoleKey = Annotated[
    str,
    Length(1, 13),
    Form(r"administrator|supervisor|agent|[1-9][0-9]{0,8}", "角色", "a role's key"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightRow:
    """``roles``: the built-in ones that hold it; ``zh`` and ``en``: what it allows."""

    name: str
    zh: str
    en: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetRow:
    """A role to begin from: ``base`` with only these ``rights``."""

    name_zh: str
    name_en: str
    base: Role
    rights: tuple[str, ...]
    second_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    items: tuple[RightRow, ...]
    presets: tuple[PresetRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleInput:
    """``rights``: those it keeps of its base's; of a built-in role only ``second_factor`` counts:
    whether who has it must give one at log-in."""

    name_zh: RoleName
    name_en: RoleName
    rights: Annotated[tuple[RightName, ...], Count(0, 200)] = ()
    second_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole(RoleInput):
    base: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow(NewRole):
    """``key``: ``administrator`` …, or an owner-made role's id as text; ``people`` have it."""

    key: str
    built_in: bool
    people: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRows:
    items: tuple[RoleRow, ...]


_BUILT_IN = {
    Role.ADMINISTRATOR: ("管理员", "Administrator"),
    Role.SUPERVISOR: ("班长", "Supervisor"),
    Role.AGENT: ("坐席", "Agent"),
}


@endpoint("GET", "/api/rights", "Every right there is, and presets of roles", right="accounts.see")
async def list_rights(catalogue: Catalogue) -> Rights:
    return Rights(
        items=tuple(
            RightRow(name=one.name, zh=one.zh, en=one.en, roles=tuple(sorted(one.roles)))
            for one in catalogue.rights
        ),
        presets=tuple(
            PresetRow(
                name_zh=one.name_zh,
                name_en=one.name_en,
                base=one.base,
                rights=tuple(sorted(one.rights(catalogue))),
                second_factor=one.second_factor,
            )
            for one in PRESETS
        ),
    )


@endpoint("GET", "/api/roles", "The built-in roles and the owner's")
async def list_roles(db: Database, catalogue: Catalogue) -> RoleRows:
    async with db.transaction() as connection:
        rules = await roles_store.rules(connection)
        people = await roles_store.people(connection)
    return RoleRows(
        items=(
            *(_built_in(role, rules, catalogue, people) for role in Role),
            *(_row(one, people) for one in rules.made),
        )
    )


@endpoint("POST", "/api/roles", "Make a role of a built-in one", status=201, errors=(409,))
async def create_role(
    db: Database, ask: Ask, accounts: Accounts, catalogue: Catalogue, body: NewRole
) -> RoleRow:
    """422 at ``rights.N``: a right that its base doesn't hold, or that the asker lacks."""
    role = _checked(0, body, body.base, ask, catalogue)
    async with db.transaction() as connection:
        id_ = await roles_store.create(connection, role)
        made = await roles_store.one(connection, id_)
        rules = await roles_store.rules(connection)
    assert made is not None
    accounts.roles.learn(rules)
    ask.tell(subject=made.name_zh)
    return _row(made, {})


@endpoint(
    "PUT",
    "/api/roles/{key}",
    "Change a role; it holds at once, for open sessions too",
    needs_match=True,
    errors=(404, 409, 412, 428),
)
async def replace_role(
    db: Database,
    ask: Ask,
    accounts: Accounts,
    catalogue: Catalogue,
    key: RoleKey,
    body: RoleInput,
) -> RoleRow:
    """Of a built-in role only ``second_factor`` is taken."""
    async with db.transaction() as connection:
        if key in set(Role):
            answer = await _demand(connection, ask, catalogue, Role(key), body)
        else:
            answer = await _replace(connection, ask, catalogue, int(key), body)
        rules = await roles_store.rules(connection)
    accounts.roles.learn(rules)
    ask.tell(subject=answer.name_zh, second_factor=str(body.second_factor).lower())
    return answer


@endpoint(
    "DELETE",
    "/api/roles/{key}",
    "Delete a role that nobody has",
    needs_match=True,
    errors=(404, 409, 412, 428),
)
async def delete_role(
    db: Database, ask: Ask, accounts: Accounts, catalogue: Catalogue, key: RoleKey
) -> None:
    if key in set(Role):
        raise InputError("role-built-in")
    async with db.transaction() as connection:
        old = await _seen(connection, ask, catalogue, int(key))
        await roles_store.delete(connection, old.id)
        rules = await roles_store.rules(connection)
    accounts.roles.learn(rules)
    ask.tell(subject=old.name_zh)


async def _demand(
    connection: AsyncConnection, ask: Ask, catalogue: Catalogue, role: Role, body: RoleInput
) -> RoleRow:
    if ask.kept is not None:
        raise InputError("not-allowed", right="accounts.change")
    people = await roles_store.people(connection)
    old = _built_in(role, await roles_store.rules(connection), catalogue, people)
    if ask.seen() not in ("*", old.etag):
        raise InputError("changed-by-other")
    await roles_store.demand(connection, role, second_factor=body.second_factor)
    return _built_in(role, await roles_store.rules(connection), catalogue, people)


async def _replace(
    connection: AsyncConnection, ask: Ask, catalogue: Catalogue, id_: int, body: RoleInput
) -> RoleRow:
    old = await _seen(connection, ask, catalogue, id_)
    await roles_store.replace(connection, _checked(id_, body, old.base, ask, catalogue))
    new = await roles_store.one(connection, id_)
    assert new is not None
    return _row(new, await roles_store.people(connection))


async def _seen(connection: AsyncConnection, ask: Ask, catalogue: Catalogue, id_: int) -> MadeRole:
    """The role as the asker saw it. Raises ``not-found``, ``changed-by-other``, and
    ``not-allowed`` for one that has more than the asker."""
    role = await roles_store.one(connection, id_, lock=True)
    if role is None:
        raise InputError("not-found", what="role", key=str(id_))
    if ask.seen() not in ("*", _etag(role)):
        raise InputError("changed-by-other")
    if ask.kept is not None and not catalogue.of(role.base, role.rights) <= _own(ask, catalogue):
        raise InputError("not-allowed", right="more than one's own")
    return role


def _own(ask: Ask, catalogue: Catalogue) -> frozenset[str]:
    assert ask.role is not None
    return catalogue.of(ask.role, ask.kept)


def _checked(id_: int, body: RoleInput, base: Role, ask: Ask, catalogue: Catalogue) -> MadeRole:
    held = catalogue.of(base)
    own = held if ask.kept is None else _own(ask, catalogue)
    problems = [
        Problem(f"rights.{n}", "right-not-there", {"right": one})
        for n, one in enumerate(body.rights)
        if one not in held or one not in own
    ]
    for field in ("name_zh", "name_en"):
        if not getattr(body, field).strip():
            problems.append(Problem(field, "missing", {}))
    if problems:
        raise invalid(*problems)
    return MadeRole(
        id=id_,
        name_zh=body.name_zh.strip(),
        name_en=body.name_en.strip(),
        base=base,
        rights=frozenset(body.rights),
        second_factor=body.second_factor,
    )


def _etag(role: MadeRole) -> str:
    text = repr((role.id, role.name_zh, role.name_en, sorted(role.rights), role.second_factor))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _built_in(
    role: Role, rules: RoleRules, catalogue: Catalogue, people: dict[str, int]
) -> RoleRow:
    zh, en = _BUILT_IN[role]
    demands = role in rules.second_factor
    return RoleRow(
        key=role,
        built_in=True,
        base=role,
        name_zh=zh,
        name_en=en,
        rights=tuple(sorted(catalogue.of(role))),
        second_factor=demands,
        people=people.get(role, 0),
        etag=f"{role}-{int(demands)}",
    )


def _row(role: MadeRole, people: dict[str, int]) -> RoleRow:
    return RoleRow(
        key=str(role.id),
        built_in=False,
        base=role.base,
        name_zh=role.name_zh,
        name_en=role.name_en,
        rights=tuple(sorted(role.rights)),
        second_factor=role.second_factor,
        people=people.get(str(role.id), 0),
        etag=_etag(role),
    )


ENDPOINTS = (list_rights, list_roles, create_role, replace_role, delete_role)
