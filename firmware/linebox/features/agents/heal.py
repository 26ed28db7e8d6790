"""Agents are as the journal says, also after a damaged or outdated astdb (AGT-1, ACD-13).

Asterisk keeps queue members in astdb, and the dialplan keeps there who is where (docs/names.md,
"astdb"). It commits at most once a second and can be damaged; what it forgot or brought back is set
right once after each start of Asterisk. A phone's own log-in, log-out or pause since that start is
newer than the journal of earlier starts: such agents are left alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg import AsyncConnection

from linebox.asterisk.ami import Ami, AmiRefused
from linebox.asterisk.names import interface, member, queue
from linebox.features.agents.live import Seat

log = logging.getLogger(__name__)

_CLOSED = """
SELECT start_id FROM journal_starts WHERE closed_at IS NOT NULL AND start_id < %(start)s
"""
_SESSIONS = """
SELECT DISTINCT ON (agent) agent, extension, groups, paused_at IS NOT NULL, pause_reason
FROM agent_sessions WHERE logged_out_at IS NULL ORDER BY agent, logged_in_at DESC
"""
_ACTED = """
SELECT substring(extra FROM 'agent=([0-9]+)') FROM cel
WHERE start_id = %(start)s AND event IN
    ('LB_LOGIN', 'LB_LOGOUT', 'LB_PAUSE', 'LB_UNPAUSE', 'LB_JOIN', 'LB_LEAVE')
UNION
SELECT substring(agent FROM '^agent-([0-9]+)$') FROM queue_events WHERE start_id = %(start)s
    AND event IN ('ADDMEMBER', 'REMOVEMEMBER', 'PAUSE', 'UNPAUSE', 'PAUSEALL', 'UNPAUSEALL')
"""


#: Families of the dialplan's own in astdb.
_FAMILIES = ("lb-who", "lb-at", "lb-in")

#: What stands in astdb: (family, key) → value.
type Kept = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An agent whom the journal has logged in. ``groups``: id → penalty."""

    agent: str
    extension: str
    groups: Mapping[int, int]
    paused: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action of AMI."""

    action: str
    headers: Mapping[str, str]


def steps(
    sessions: Iterable[Session],
    seats: Mapping[str, Seat],
    acted: Collection[str],
    on_cards: Mapping[str, int],
) -> list[Step]:
    """What makes ``seats`` (Asterisk's) equal to ``sessions`` (the journal's).

    ``on_cards``: extension → channel of the card's port that serves it.

    ``acted``: staff numbers that did something since Asterisk's start; nothing is done to them.
    """
    wanted = {session.agent: session for session in sessions if session.agent not in acted}
    found: list[Step] = []
    for number, seat in seats.items():
        if number in acted:
            continue
        session = wanted.get(number)
        here = session is not None and interface(session.extension, on_cards) == seat.interface
        for group in seat.groups:
            if session is None or not here or group not in session.groups:
                found.append(_remove(group, seat.interface))
    for number, session in wanted.items():
        there = seats.get(number)
        if there is not None and there.interface != interface(session.extension, on_cards):
            there = None
        for group, penalty in session.groups.items():
            if there is None or group not in there.groups:
                found.append(_add(session, group, penalty, on_cards))
        if there is not None and there.paused != session.paused:
            found.append(_pause(session, on_cards))
    return found


def kept_steps(sessions: Iterable[Session], kept: Kept, acted: Collection[str]) -> list[Step]:
    """What makes astdb say of each agent what ``sessions`` say; ``kept`` is what it says now.

    From these keys come the staff number told to callers, and whom ``*12`` to ``*14`` mean.
    ``acted`` as in ``steps``.
    """
    wanted: dict[tuple[str, str], str] = {}
    for session in sessions:
        if session.agent not in acted:
            wanted["lb-who", session.extension] = session.agent
            wanted["lb-at", session.agent] = session.extension
            wanted["lb-in", session.agent] = _joined(session.groups)
    found = [
        Step(action="DBDel", headers={"Family": family, "Key": key})
        for (family, key), value in kept.items()
        if (family, key) not in wanted and _whose(family, key, value) not in acted
    ]
    found += [
        Step(action="DBPut", headers={"Family": family, "Key": key, "Val": value})
        for (family, key), value in wanted.items()
        if (there := kept.get((family, key))) != value
        and (there is None or _whose(family, key, there) not in acted)
    ]
    return found


def moved(before: Mapping[str, Seat], now: Mapping[str, Seat]) -> set[str]:
    """Staff numbers that are elsewhere, in other groups or otherwise paused than before."""

    def place(seat: Seat | None) -> tuple[str, frozenset[int], bool] | None:
        return (seat.interface, frozenset(seat.groups), seat.paused) if seat else None

    return {
        number
        for number in before.keys() | now.keys()
        if place(before.get(number)) != place(now.get(number))
    }


def _remove(group: int, at: str) -> Step:
    return Step(action="QueueRemove", headers={"Queue": queue(group), "Interface": at})


def _add(session: Session, group: int, penalty: int, on_cards: Mapping[str, int]) -> Step:
    at = interface(session.extension, on_cards)
    return Step(
        action="QueueAdd",
        headers={
            "Queue": queue(group),
            "Interface": at,
            "StateInterface": at,
            "MemberName": member(session.agent),
            "Penalty": str(penalty),
            "Paused": "true" if session.paused else "false",
            "Reason": session.reason,
        },
    )


def _pause(session: Session, on_cards: Mapping[str, int]) -> Step:
    return Step(
        action="QueuePause",
        headers={
            "Interface": interface(session.extension, on_cards),
            "Paused": "true" if session.paused else "false",
            "Reason": session.reason,
        },
    )


async def kept(ami: Ami) -> Kept:
    """The dialplan's keys as astdb has them. Raises ``Unavailable``, ``AmiRefused``."""
    found: dict[tuple[str, str], str] = {}
    for family in _FAMILIES:
        for message in await ami.listing("DBGetTree", Family=family):
            if message.name == "DBGetTreeResponse":
                found[family, message["Key"].rpartition("/")[2]] = message["Val"]
    return found


async def heal(ami: Ami, found: Iterable[Step]) -> int:
    """Do the steps; returns how many Asterisk took. A refused one is logged: a queue that the
    running generation has no more, or a member that a phone changed meanwhile."""
    done = 0
    for step in found:
        try:
            await ami.action(step.action, timeout_s=5.0, **step.headers)
            done += 1
        except AmiRefused as error:
            log.warning("healing agents: %s %s: %s", step.action, dict(step.headers), error)
    return done


async def is_filed(connection: AsyncConnection, journal: Path, start: str) -> bool:
    """Whether the journal of every start before ``start`` is filed to its end."""
    rows = await (await connection.execute(_CLOSED, {"start": start})).fetchall()
    closed = {str(row[0]) for row in rows}
    names = await asyncio.to_thread(os.listdir, journal)
    return all(name in closed for name in names if name.startswith("s") and name < start)


async def sessions(connection: AsyncConnection) -> list[Session]:
    """Who is logged in by the journal, as far as it is filed."""
    rows = await (await connection.execute(_SESSIONS)).fetchall()
    return [
        Session(agent=agent, extension=ext, groups=_groups(groups), paused=paused, reason=reason)
        for agent, ext, groups, paused, reason in rows
    ]


async def acted(connection: AsyncConnection, start: str) -> set[str]:
    """Staff numbers whose log-in, log-out or pause the journal has of ``start`` itself."""
    rows = await (await connection.execute(_ACTED, {"start": start})).fetchall()
    return {str(row[0]) for row in rows if row[0]}


def _whose(family: str, key: str, value: str) -> str:
    """The staff number that an entry of astdb is about."""
    return value if family == "lb-who" else key


def _joined(groups: Mapping[int, int]) -> str:
    """As the dialplan writes ``lb-in``: ``g1:0&g2:5``."""
    return "&".join(f"{queue(group)}:{penalty}" for group, penalty in groups.items())


def _groups(text: str) -> dict[int, int]:
    """``1:0,2:5`` → {1: 0, 2: 5}."""
    pairs = (one.partition(":") for one in text.split(",") if one)
    return {int(group): int(penalty or 0) for group, _, penalty in pairs}
