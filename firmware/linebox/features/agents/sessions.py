"""Who was logged in when, from the journal's notes of agents (AGT-1).

The journal is the record: a log-in that astdb lost in a crash stands here, so that calld can add
the member again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

from linebox.asterisk.journals import CelRecord, note

_EVENTS = frozenset({"LB_LOGIN", "LB_LOGOUT", "LB_PAUSE", "LB_UNPAUSE", "LB_JOIN", "LB_LEAVE"})
_NUMBER = re.compile(r"[1-9][0-9]{2,5}")
#: A phone of the house or an agent's browser phone.
_PHONE = re.compile(r"w?[1-9][0-9]{2,5}")
_GROUP = re.compile(r"g([0-9]{1,4}):([0-9]{1,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an agent did by keys, or was done from a screen. ``groups``: ``1:0,2:5``, group and
    penalty, all that the agent is in from then on; of log-in, join and leave."""

    event: str
    at: datetime
    agent: str
    extension: str
    groups: str
    reason: str


def change(record: CelRecord) -> Change | None:
    """The change a CEL record tells of; ``None`` when it tells of none."""
    if record.event not in _EVENTS:
        return None
    fields = note(record.extra)
    agent, extension = fields.get("agent", ""), fields.get("ext", "")
    if not _NUMBER.fullmatch(agent) or not _PHONE.fullmatch(extension):
        return None
    groups = ",".join(":".join(pair) for pair in _GROUP.findall(fields.get("groups", "")))
    return Change(
        event=record.event,
        at=record.at,
        agent=agent,
        extension=extension,
        groups=groups,
        reason=fields.get("reason", "")[:100],
    )


async def file(connection: AsyncConnection, records: Sequence[CelRecord]) -> None:
    """Apply what these records tell, in their order, in the transaction that files them."""
    for record in records:
        if done := change(record):
            await _apply(connection, done)


async def _apply(connection: AsyncConnection, done: Change) -> None:
    match done.event:
        case "LB_LOGIN":
            # One phone bears one agent, and an agent one phone: a new log-in ends what it replaces.
            await connection.execute(
                "UPDATE agent_sessions SET logged_out_at = %(at)s, paused_at = NULL"
                " WHERE logged_out_at IS NULL AND (agent = %(agent)s OR extension = %(ext)s)",
                {"at": done.at, "agent": done.agent, "ext": done.extension},
            )
            await connection.execute(
                "INSERT INTO agent_sessions (agent, extension, groups, logged_in_at)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT (agent, logged_in_at) DO UPDATE SET"
                " extension = EXCLUDED.extension, groups = EXCLUDED.groups, logged_out_at = NULL",
                (done.agent, done.extension, done.groups, done.at),
            )
        case "LB_LOGOUT":
            await connection.execute(
                "UPDATE agent_sessions SET logged_out_at = %s, paused_at = NULL"
                " WHERE agent = %s AND logged_out_at IS NULL",
                (done.at, done.agent),
            )
        case "LB_JOIN" | "LB_LEAVE":
            await connection.execute(
                "UPDATE agent_sessions SET groups = %s WHERE agent = %s AND logged_out_at IS NULL",
                (done.groups, done.agent),
            )
        case "LB_PAUSE":
            await connection.execute(
                "UPDATE agent_sessions SET paused_at = %s, pause_reason = %s"
                " WHERE agent = %s AND logged_out_at IS NULL",
                (done.at, done.reason, done.agent),
            )
        case _:
            await connection.execute(
                "UPDATE agent_sessions SET paused_at = NULL, pause_reason = ''"
                " WHERE agent = %s AND logged_out_at IS NULL",
                (done.agent,),
            )
