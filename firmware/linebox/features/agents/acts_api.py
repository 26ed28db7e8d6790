"""Acts on agents and browser phones over HTTP (AGT-1, SUP-1, TEL-6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from linebox.base import rights
from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import InputError
from linebox.base.roles import AGENTS, EVERYBODY, SUPERVISORS, Role
from linebox.base.shapes import Range, problem
from linebox.features.agents.acts import Act, Do, Phone, Reason
from linebox.features.agents.calld import Calld
from linebox.model.spelling import HouseNumber

_MOVES = (Do.JOIN, Do.LEAVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateWish:
    """``reason``: of a pause; ``group``: for join and leave; ``ext``: a desk phone to log in at,
    empty for the browser phone."""

    do: Do
    reason: Reason = ""
    group: Annotated[int, Range(1, 9999)] | None = None
    ext: Phone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAccess:
    """With this the page's phone registers at ``/ws``; good until the session ends or another page
    asks. Never to be shown."""

    user: str
    password: str = field(repr=False)
    realm: str
    until: datetime | None
    #: SIP over WebSocket, on the host the page came from.
    path: Literal["/ws"] = "/ws"


@endpoint(
    "POST",
    "/api/agents/{number}/state",
    "Log an agent in or out, pause, ready, end the wrap-up, move between groups",
    roles=EVERYBODY,
    right=rights.LIVE_ACT,
    errors=(403, 404, 409),
)
async def act_on_agent(ask: Ask, calld: Calld, number: HouseNumber, body: StateWish) -> None:
    """Agents act only on themselves; groups are the supervisors'."""
    if ask.role is Role.AGENT and (ask.agent != number or body.do in _MOVES):
        raise InputError("not-allowed", roles=sorted(SUPERVISORS))
    if body.do in _MOVES and body.group is None:
        raise problem("group", "missing")
    reason = body.reason
    if not reason and ask.role is not Role.AGENT:
        reason = "supervisor"
    await calld.act(
        Act(do=body.do, agent=number, by=ask.who, reason=reason, group=body.group, ext=body.ext)
    )


@endpoint(
    "POST",
    "/api/phone",
    "A new password for the own browser phone; another page's is worth nothing from then on",
    roles=AGENTS,
    right=rights.PHONE_USE,
    errors=(404,),
)
async def renew_phone(ask: Ask, calld: Calld) -> PhoneAccess:
    made = await calld.renew(ask.agent)
    return PhoneAccess(
        user=made.user, password=made.password, realm=made.realm, until=ask.session_until
    )


@endpoint(
    "DELETE",
    "/api/phone",
    "Take the own browser phone's password away",
    roles=AGENTS,
    right=rights.PHONE_USE,
)
async def revoke_phone(ask: Ask, calld: Calld) -> None:
    await calld.revoke(ask.agent)


ENDPOINTS = (act_on_agent, renew_phone, revoke_phone)
