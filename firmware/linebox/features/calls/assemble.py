"""A call out of its journal records: a pure function, the same whenever and however often it is
asked.

CEL decides; queue_log only fills in what CEL can't know yet (the agent of a talk that was cut), and
only where a channel of this very call bears it out, because its lines can be forged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from linebox.asterisk.journals import CelRecord, QueueRecord
from linebox.features.calls.model import (
    Call,
    Direction,
    Event,
    Leg,
    RecordingNote,
    Result,
    Story,
)
from linebox.features.calls.tale import Tale, as_number, read, whole

#: Q.850: user busy, call rejected; then cleared by the caller, no user responding, no answer,
#: subscriber absent, and what Asterisk makes of a CANCEL.
_BUSY = frozenset({17, 21})
_NO_ANSWER = frozenset({0, 16, 18, 19, 20, 31, 127})


def assemble(
    start_id: str,
    cel: Sequence[CelRecord],
    queue: Sequence[QueueRecord],
    *,
    cut_at: datetime | None = None,
) -> Story:
    """The call of Asterisk's start ``start_id`` that these records tell of.

    ``cel`` is all CEL of the call in the order of the file (times don't order it: clocks are set
    back), not empty; ``queue`` its queue_log lines likewise. ``cut_at``: its Asterisk is dead and
    was last heard of then; ``None``: it lives, so a call without its end is open.
    """
    first = cel[0]
    tale = Tale(caller=first.uniqueid, customer=first.uniqueid, start=first)
    for record in cel:
        read(tale, record)
    _trust_queue_log(tale, queue)
    return _tell(tale, start_id, cut_at)


def is_act(cel: Sequence[CelRecord]) -> bool:
    """Whether these tell of no call but of an act on an agent (features/agents/acts.py): its
    records are filed, and what it noted of the agent, but nobody called."""
    return cel[0].channel.startswith("Local/") and "@lb-desk-" in cel[0].channel


def is_over(cel: Sequence[CelRecord]) -> bool:
    """Whether every channel has hung up, or every linkedid has ended."""
    begun, hung, linked, ended = set(), set(), set(), set()
    for record in cel:
        begun.add(record.uniqueid)
        linked.add(record.linkedid)
        if record.event == "HANGUP":
            hung.add(record.uniqueid)
        elif record.event == "LINKEDID_END":
            ended.add(record.linkedid)
    return begun <= hung or linked <= ended


def _trust_queue_log(tale: Tale, queue: Sequence[QueueRecord]) -> None:
    """Take a leg's agent from queue_log where CEL has bridged that leg and named nobody yet.

    The last line wins: a forged one stands before the real one, since it comes with ENTERQUEUE.
    """
    found: dict[str, str] = {}
    for record in queue:
        if record.event == "CONNECT" and len(record.data) > 1 and record.agent.startswith("agent-"):
            agent = record.agent.removeprefix("agent-")
            if re.fullmatch(r"[0-9]{1,10}", agent):
                found[record.data[1]] = agent
    for uniqueid, agent in found.items():
        leg = tale.legs.get(uniqueid)
        if leg and leg.bridged and not leg.agent:
            leg.agent = agent
    if tale.last_leg and tale.agent is None and tale.legs[tale.last_leg].agent:
        leg = tale.legs[tale.last_leg]
        tale.agent, tale.extension = leg.agent, leg.number


def _tell(tale: Tale, start_id: str, cut_at: datetime | None) -> Story:
    caller = tale.legs[tale.caller]
    over = all(leg.ended_at for leg in tale.legs.values()) or all(tale.linkedids.values())
    ends = [leg.ended_at for leg in tale.legs.values() if leg.ended_at]
    direction = _direction(tale)
    _settle(tale)
    cut = not over and cut_at is not None
    ended_at = (max(ends) if ends else tale.events[-1].at) if over else cut_at
    talks_still = tale.bridges.talks_still(tale.customer)
    if ended_at:
        tale.bridges.end(ended_at)
        tale.events.append(Event(ended_at, "end", {"cut": "1"} if cut else {}))
    result = _result(tale, direction, cut=cut, open_=ended_at is None, talks_still=talks_still)
    talk_s = round(tale.bridges.seconds(tale.customer), 6)
    incoming = direction is Direction.IN
    first_leg = tale.legs[tale.connected_leg] if tale.connected_leg else None
    waited_to = tale.connected_at or tale.left_at or ended_at
    if incoming:
        caller.number = tale.entry.get("from") or as_number(caller.first.cid_num)
    call = Call(
        id=tale.caller,
        start_id=start_id,
        direction=direction,
        trunk=tale.entry.get("trunk") or _trunk(tale, direction),
        from_number=caller.number if incoming else tale.entry.get("from") or caller.number,
        from_name=(caller.first.cid_name if tale.entry_name is None else tale.entry_name)[:200],
        did=tale.entry.get("did") or _called(caller.first.exten),
        generation=whole(tale.entry.get("gen"), 2**31 - 1),
        vip=whole(tale.entry.get("vip"), 9) or 0,
        started_at=caller.first.at,
        answered_at=caller.answered_at,
        connected_at=tale.connected_at,
        ended_at=ended_at,
        result=result,
        cut=cut,
        group_id=tale.group_id,
        agent=tale.agent,
        extension=tale.extension,
        wait_s=_between(tale.joined_at, waited_to),
        ring_s=_between(first_leg.first.at, first_leg.answered_at) if first_leg else None,
        talk_s=talk_s if tale.connected_at and ended_at else None,
        keys=tale.keys,
        rating=tale.rating,
        needs_follow_up=incoming
        and (
            result in (Result.ABANDONED, Result.CUT, Result.VOICEMAIL)
            or (tale.waiting and ended_at is not None)
        ),
    )
    legs = tuple(
        Leg(
            uniqueid=uniqueid,
            channel=leg.first.channel,
            number=leg.number,
            agent=leg.agent,
            started_at=leg.first.at,
            answered_at=leg.answered_at,
            ended_at=leg.ended_at or ended_at,
            cause=leg.cause,
            lost=leg.lost,
            talk_s=_talk_s(tale, uniqueid) if ended_at else None,
        )
        for uniqueid, leg in tale.legs.items()
    )
    recordings = tuple(
        RecordingNote(file=r.file, started_at=r.started_at, stopped_at=r.stopped_at or ended_at)
        for r in tale.recordings.values()
    )
    return Story(
        call=call,
        linkedids=tuple(tale.linkedids),
        legs=legs,
        events=tuple(tale.events),
        recordings=recordings,
        messages=tuple(tale.messages.values()),
    )


def _called(exten: str) -> str:
    """A line or telephone on a card has told no number when its channel begins."""
    return "" if exten == "s" else as_number(exten)


def _settle(tale: Tale) -> None:
    """Who had the call in the end, and who the transfers were by and to: known only now, because
    a caller notes an agent when the talk with that agent is over."""
    for meeting in reversed(tale.bridges.of(tale.customer)):
        leg = tale.legs[meeting.with_(tale.customer) or tale.customer]
        if leg.agent:
            tale.agent, tale.extension = leg.agent, leg.number
            break
    else:
        if tale.agent is None and (agent := tale.entry.get("agent")):
            tale.agent, tale.extension = agent, tale.entry.get("ext") or None
    for event, by, target in tale.transfers:
        if by in tale.legs:
            event.fields["by"] = tale.legs[by].agent or tale.legs[by].number
        if target in tale.legs:
            event.fields["to"] = tale.legs[target].agent or tale.legs[target].number


def _trunk(tale: Tale, direction: Direction) -> str:
    """The trunk that a call out went by last, connected or not."""
    legs = [leg for leg in tale.legs.values() if leg.is_trunks]
    return legs[-1].endpoint.removeprefix("trunk-") if direction is Direction.OUT and legs else ""


def _talk_s(tale: Tale, uniqueid: str) -> float | None:
    """How long a leg was with the customer; ``None`` if never. The customer's own: with anybody."""
    if uniqueid == tale.customer:
        return round(tale.bridges.seconds(uniqueid), 6) if tale.connected_at else None
    met = [m for m in tale.bridges.of(tale.customer) if m.with_(uniqueid)]
    return round(sum(meeting.seconds() for meeting in met), 6) if met else None


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    """Seconds, never below 0: the clock may have been set back."""
    return max(0.0, (end - begin).total_seconds()) if begin and end else None


def _direction(tale: Tale) -> Direction:
    if tale.entry.get("trunk") or tale.legs_is_trunks(tale.caller):
        return Direction.IN
    if tale.entry.get("goal") == "out" or tale.customer != tale.caller:
        return Direction.OUT
    others = (leg for uid, leg in tale.legs.items() if uid != tale.caller)
    is_out = "goal" not in tale.entry and any(leg.is_trunks for leg in others)
    return Direction.OUT if is_out else Direction.INTERNAL


def _result(
    tale: Tale, direction: Direction, *, cut: bool, open_: bool, talks_still: bool
) -> Result:
    if open_:
        return Result.OPEN
    if direction is Direction.INTERNAL:
        return Result.INTERNAL
    if direction is Direction.OUT:
        return _result_out(tale, cut=cut and (talks_still or not tale.connected_at))
    if "blocked" in tale.routes or "full" in tale.routes:
        return Result.BLOCKED
    if "unknown-did" in tale.routes:
        return Result.UNKNOWN_DID
    if tale.messages:
        return Result.VOICEMAIL
    if cut and (talks_still or tale.waiting or not tale.connected_at):
        return Result.CUT
    if tale.connected_at:
        return Result.ANSWERED
    if tale.joined_at:
        return Result.ABANDONED
    if "closed" in tale.routes:
        return Result.CLOSED
    return Result.SELFSERVICE if tale.routes[-1:] == ["selfservice"] else Result.MENU


def _result_out(tale: Tale, *, cut: bool) -> Result:
    """By the cause (Q.850) with which the line gave up last; without a line it never got so far."""
    if cut:
        return Result.CUT
    if tale.connected_at:
        return Result.ANSWERED
    causes = [leg.cause for leg in tale.legs.values() if leg.is_trunks]
    if not causes:
        return Result.FAILED
    if causes[-1] in _BUSY:
        return Result.BUSY
    return Result.NO_ANSWER if (causes[-1] or 0) in _NO_ANSWER else Result.FAILED
