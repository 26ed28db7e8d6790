"""Acts on agents from screens (AGT-1, SUP-1): the dialplan's own routines, started by AMI.

Asterisk is the one owner of who is logged in and paused. An act runs as a Local channel through
``lb-desk`` of the generation that runs, which does what a phone's keys do and notes the same; the
channel answers when it is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from linebox.asterisk.ami import Ami, AmiRefused
from linebox.asterisk.names import browser_phone, interface, queue
from linebox.base.errors import InputError, Unavailable
from linebox.base.shapes import Form, Length, Range
from linebox.model.spelling import HouseNumber

#: The routine takes some ms; Asterisk busy with a reload a second.
_LIMIT_S = 5.0


class Do(StrEnum):
    LOGIN = "login"
    LOGOUT = "logout"
    READY = "ready"
    PAUSE = "pause"
    WRAPUP_END = "wrapup-end"
    JOIN = "join"
    LEAVE = "leave"


type Reason = Literal["", "break", "meal", "meeting", "training", "work", "missed", "supervisor"]

#: A phone of the house or a browser phone.
type Phone = Annotated[
    str,
    Length(0, 7),
    Form(r"(w?[1-9][0-9]{2,5})?", "分机号，或 w 加工号", "an extension, or w and a staff number"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What to do with ``agent``, and ``by`` whom (a log-in name).

    ``reason`` is for the journal and a pause's display; empty: it came from a desk. ``group``: for
    join and leave. ``ext``: where a log-in seats the agent; empty: at the own browser phone.
    """

    do: Do
    agent: HouseNumber
    by: Annotated[str, Length(0, 100)] = ""
    reason: Reason = ""
    group: Annotated[int, Range(1, 9999)] | None = None
    ext: Phone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The generation that runs, as far as acts need it. ``on_cards``: extension → channel of the
    card's port that serves it."""

    number: int
    hash: str
    agents: frozenset[str]
    groups: frozenset[int]
    on_cards: Mapping[str, int] = field(default_factory=dict)


async def act(ami: Ami, wish: Act, running: Running) -> None:
    """Do it; returns when Asterisk has done it.

    Raises ``InputError``: ``not-found`` (no such agent or group), ``agent-not-in``,
    ``agent-not-in-group``, ``agent-only-group``, ``agent-no-groups``, ``phone-not-registered``;
    ``Unavailable``: Asterisk is away, or ``agent-changed`` while it was asked.
    """
    phone = wish.ext or browser_phone(wish.agent)
    if wish.do is Do.LOGIN:
        if wish.agent not in running.agents:
            raise InputError("not-found", what="agent", key=wish.agent)
        if not await _is_registered(ami, interface(phone, running.on_cards)):
            raise InputError("phone-not-registered", phone=phone)
    else:
        await _refuse_what_cannot_be(ami, wish, running)
    variables = [
        f"__LB_GEN={running.number}",
        f"LB_AGENT={wish.agent}",
        f"LB_EXT={phone}",
        f"LB_REASON={wish.reason or 'desk'}",
        f"LB_BY={re.sub(r'[^0-9A-Za-z_.-]', '', wish.by)}",
    ]
    if wish.group is not None:
        variables.append(f"LB_GROUP={wish.group}")
    try:
        await ami.action(
            "Originate",
            timeout_s=_LIMIT_S + 1,
            Channel=f"Local/{wish.do}@lb-desk-{running.hash}/n",
            Application="NoOp",
            Timeout=str(int(_LIMIT_S * 1000)),
            Variable=variables,
        )
    except AmiRefused as error:
        if wish.do is Do.LOGIN:
            raise InputError("agent-no-groups", agent=wish.agent) from error
        raise Unavailable("agent-changed", agent=wish.agent) from error


async def _is_registered(ami: Ami, device: str) -> bool:
    """By Asterisk itself: the live picture may lag behind a page that has just registered."""
    answer = await ami.action("Getvar", Variable=f"DEVICE_STATE({device})")
    return answer["Value"] not in ("UNAVAILABLE", "INVALID")


async def _refuse_what_cannot_be(ami: Ami, wish: Act, running: Running) -> None:
    groups = await _groups(ami, wish.agent)
    if groups is None:
        raise InputError("agent-not-in", agent=wish.agent)
    if wish.do is Do.JOIN and wish.group not in running.groups:
        raise InputError("not-found", what="group", key=str(wish.group))
    if wish.do is Do.LEAVE:
        if wish.group is None or queue(wish.group) not in groups:
            raise InputError("agent-not-in-group", agent=wish.agent, group=str(wish.group))
        if len(groups) == 1:
            raise InputError("agent-only-group", agent=wish.agent)


async def _groups(ami: Ami, agent: str) -> list[str] | None:
    """The queues that the agent has joined; ``None``: isn't logged in."""
    try:
        events = await ami.listing("DBGet", Family="lb-in", Key=agent)
    except AmiRefused:
        return None
    value = next((event["Val"] for event in events if event.name == "DBGetResponse"), "")
    return [one.partition(":")[0] for one in value.split("&") if one]
