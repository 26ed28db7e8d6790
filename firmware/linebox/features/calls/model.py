"""Calls, their legs and what happened in them (RPT-1, ACD-7), as derived from the journal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class Result(StrEnum):
    """How a call ended, in the order of what counts most for a customer's call.

    ``CUT``: Asterisk died before it was settled. ``ABANDONED``: the caller had waited for an agent
    and reached none. ``CLOSED``: out of hours, no message left. ``MENU``: hung up before choosing.
    Of calls out: ``ANSWERED``, ``BUSY`` (or rejected), ``NO_ANSWER``, ``FAILED`` (no such number,
    no line), ``CUT``.
    """

    OPEN = "open"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    BLOCKED = "blocked"
    CLOSED = "closed"
    MENU = "menu"
    SELFSERVICE = "selfservice"
    UNKNOWN_DID = "unknown-did"
    CUT = "cut"
    INTERNAL = "internal"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """``id`` is the uniqueid of its first channel. ``agent`` is the last one connected; in a call
    from a phone of the house that reached none, who dialled.

    ``wait_s``: from joining the queue to the first connection, or to the end; ``ring_s``: how long
    the phone rang that was connected first; ``talk_s``: the sum of the caller's (of a call out: the
    called's) time with others.
    When it was cut, ``ended_at`` is the last moment its Asterisk is known to have lived.
    """

    id: str
    start_id: str
    direction: Direction
    trunk: str
    from_number: str
    from_name: str
    did: str
    generation: int | None
    vip: int
    started_at: datetime
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    result: Result
    cut: bool
    group_id: int | None
    agent: str | None
    extension: str | None
    wait_s: float | None
    ring_s: float | None
    talk_s: float | None
    keys: str
    rating: int | None
    needs_follow_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One channel. ``cause`` is a Q.850 cause; ``lost``: an agent's leg that went away without a
    hang-up; ``talk_s``: how long it was with the customer (the customer's own: with
    anybody), ``None`` if never, or not over yet."""

    uniqueid: str
    channel: str
    number: str
    agent: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cause: int | None
    lost: bool
    talk_s: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a call.

    ``kind``: ``start`` ``answer`` ``ring`` ``talk`` ``leg-end`` ``end``, ``transfer`` (by, to,
    kind: blind, attended, back), ``consult`` (a call dialled that became part of this one), or the
    name of a user event of docs/names.md without its ``LB_``, in small letters, with that event's
    fields.
    """

    at: datetime
    kind: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingNote:
    """A recording the dialplan began; ``file`` is its path under the recordings, without ending."""

    file: str
    started_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message a caller left (VM-1); ``file`` is its path under the voicemail spool, without
    ending."""

    file: str
    mailbox: int
    left_at: datetime
    duration_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A call whole. ``linkedids``: all that the journal knew it by."""

    call: Call
    linkedids: tuple[str, ...]
    legs: tuple[Leg, ...]
    events: tuple[Event, ...]
    recordings: tuple[RecordingNote, ...]
    messages: tuple[Message, ...]


_BROWSER_PHONE = re.compile(r"w([1-9][0-9]{2,5})")
_ONE_KEY = re.compile(r"[0-9*#]")


def talked(story: Story) -> list[str]:
    """Staff numbers of all who took part: they may see the call (SEC-3).

    A browser phone bears its agent's number; whose desk phone rang in vain took no part.
    """
    found = {leg.agent for leg in story.legs} | {story.call.agent or ""}
    for leg in story.legs:
        phone = _BROWSER_PHONE.fullmatch(leg.number)
        if phone and (leg.answered_at or leg.uniqueid == story.call.id):
            found.add(phone[1])
    return sorted(found - {""})


def pressed(story: Story) -> list[str]:
    """What the caller chose: ``3:1`` is key 1 in menu 3; ``1`` says that it was pressed at all."""
    found: set[str] = set()
    for event in story.events:
        key = event.fields.get("key", "")
        if event.kind == "menu" and _ONE_KEY.fullmatch(key):
            found |= {key, f"{event.fields.get('menu', '')}:{key}"}
    return sorted(found)
