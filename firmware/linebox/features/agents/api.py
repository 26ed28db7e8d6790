"""Agents over HTTP (AGT-1). A PIN goes in and never comes out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Count, Form, Length, Range, problem
from linebox.features.agents import store
from linebox.features.agents.model import Agent, Membership
from linebox.features.agents.service import hash_pin
from linebox.features.settings.resources import Resource
from linebox.model.languages import Language
from linebox.model.spelling import HouseNumber, LanguageCode, Name, RowId

type Pin = Annotated[str, Length(4, 8), Form(r"[0-9]{4,8}", "4 到 8 位数字", "4 to 8 digits")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipInput:
    """A group that the agent may join; a lower ``penalty`` is asked first."""

    group_id: RowId
    penalty: Annotated[int, Range(0, 100)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInput:
    """``pin``: null keeps the one there is; a new agent needs one."""

    name: Name
    language: LanguageCode = "zh"
    memberships: Annotated[tuple[MembershipInput, ...], Count(0, 100)] = ()
    pin: Pin | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent(AgentInput):
    number: HouseNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    number: str
    name: str
    language: LanguageCode
    memberships: tuple[MembershipInput, ...]
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    items: tuple[AgentRow, ...]


def _make(given: NewAgent) -> Agent:
    if given.pin is None:
        raise problem("pin", "missing")
    salt, hash_ = hash_pin(given.pin)
    return Agent(
        number=given.number,
        name=given.name,
        pin_salt=salt,
        pin_hash=hash_,
        language=Language(given.language),
        memberships=_memberships(given),
    )


def _change(old: Agent, given: AgentInput) -> Agent:
    salt, hash_ = hash_pin(given.pin) if given.pin else (old.pin_salt, old.pin_hash)
    return replace(
        old,
        name=given.name,
        pin_salt=salt,
        pin_hash=hash_,
        language=Language(given.language),
        memberships=_memberships(given),
    )


def _memberships(given: AgentInput) -> tuple[Membership, ...]:
    return tuple(
        Membership(group_id=one.group_id, penalty=one.penalty) for one in given.memberships
    )


def _row(agent: Agent, etag: str) -> AgentRow:
    return AgentRow(
        number=agent.number,
        name=agent.name,
        language=agent.language.value,
        memberships=tuple(
            MembershipInput(group_id=one.group_id, penalty=one.penalty) for one in agent.memberships
        ),
        etag=etag,
    )


async def _check(_connection: AsyncConnection, agent: Agent) -> None:
    groups = [one.group_id for one in agent.memberships]
    for n, group in enumerate(groups):
        if group in groups[:n]:
            raise problem(f"memberships.{n}.group_id", "given-twice", value=group)


AGENTS = Resource(
    word="agents",
    readers=SUPERVISORS,
    one_word="agent",
    feature="agents",
    key=HouseNumber,
    new=NewAgent,
    body=AgentInput,
    model=Agent,
    row=AgentRow,
    rows=Agents,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda given: given.number,
    make=_make,
    change=_change,
    answer=_row,
    check=_check,
)
ENDPOINTS = AGENTS.endpoints()
