"""A call out of its journal records: a pure function, the same whenever and however often it is
asked.

CEL decides; queue_log only fills in what CEL can't know yet (the agent of a talk that was cut), and
only where a channel of this very call bears it out, because its lines can be forged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from linebox.asterisk.journals import CelRecord, QueueRecord, note
from linebox.features.calls.bridges import Bridges, extra
from linebox.features.calls.model import (
    Call,
    Direction,
    Event,
    Leg,
    Message,
    RecordingNote,
    Result,
    Story,
)
from linebox.features.calls.notes import spelled_out

_ENDPOINT = re.compile(r"[A-Za-z]+/(.+)-[0-9a-f]{8}(?:;[12])?")
_CAUSE = re.compile(r'"hangupcause":(\d{1,3})')
_FILE = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_./-]{0,198}")
_NUMBER = re.compile(r"[0-9+*#]{1,40}")
#: Q.850: user busy, call rejected; then cleared by the caller, no user responding, no answer,
#: subscriber absent, and what Asterisk makes of a CANCEL.
_BUSY = frozenset({17, 21})
_NO_ANSWER = frozenset({0, 16, 18, 19, 20, 31, 127})
#: The user events a call's events repeat; log-ins belong to agents, not to calls.
_NOTES = frozenset(
    {
        "LB_ENTRY",
        "LB_ROUTE",
        "LB_MENU",
        "LB_LOOKUP",
        "LB_REC",
        "LB_QUEUE",
        "LB_CONNECT",
        "LB_RATING",
        "LB_TRANSFER",
        "LB_VM",
        "LB_DENY",
    }
)


@dataclass(slots=True)
class _Leg:
    first: CelRecord
    number: str
    agent: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    bridged: bool = False
    lost: bool = False

    @property
    def endpoint(self) -> str:
        return _endpoint(self.first.channel)

    @property
    def is_trunks(self) -> bool:
        return self.endpoint.startswith("trunk-")


@dataclass(slots=True)
class _Tale:
    """What is known while the records are read, in their order.

    ``caller``: the first channel. ``customer``: whose talk counts: the caller, or in a call out the
    trunk's channel, for that one stays when the phone that dialled transfers the call.
    """

    caller: str
    customer: str
    start: CelRecord
    legs: dict[str, _Leg] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    linkedids: dict[str, bool] = field(default_factory=dict)
    entry: dict[str, str] = field(default_factory=dict)
    entry_name: str | None = None
    dialled: dict[str, str] = field(default_factory=dict)
    transferred_to: str = ""
    transfers: list[tuple[Event, str, str]] = field(default_factory=list)
    bridges: Bridges = field(default_factory=Bridges)
    routes: list[str] = field(default_factory=list)
    keys: str = ""
    rating: int | None = None
    group_id: int | None = None
    agent: str | None = None
    extension: str | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    waiting: bool = False
    connected_at: datetime | None = None
    connected_leg: str | None = None
    last_leg: str | None = None
    recordings: dict[str, RecordingNote] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)

    def legs_is_trunks(self, uniqueid: str) -> bool:
        return uniqueid in self.legs and self.legs[uniqueid].is_trunks


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
    tale = _Tale(caller=first.uniqueid, customer=first.uniqueid, start=first)
    for record in cel:
        _read(tale, record)
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


def _endpoint(channel: str) -> str:
    """``PJSIP/8001-0000001a`` → ``8001``; anything else as it is."""
    match = _ENDPOINT.fullmatch(channel)
    return match[1] if match else channel


def _read(tale: _Tale, record: CelRecord) -> None:
    at, event = record.at, record.event
    tale.linkedids.setdefault(record.linkedid, False)
    leg = tale.legs.get(record.uniqueid)
    by_caller = record.uniqueid == tale.caller
    if leg is None:
        leg = tale.legs[record.uniqueid] = _new_leg(tale, record)
        fields = {"channel": record.channel} if by_caller else {"number": leg.number}
        tale.events.append(Event(at, "start" if by_caller else "ring", fields))
    match event:
        case "ANSWER":
            leg.answered_at = leg.answered_at or at
            if by_caller:
                tale.events.append(Event(at, "answer", {}))
        case "BRIDGE_ENTER":
            _joined(tale, record, leg)
        case "BRIDGE_EXIT":
            tale.bridges.leave(record.uniqueid, at)
        case "HANGUP":
            leg.ended_at = at
            tale.bridges.leave(record.uniqueid, at)
            cause = _CAUSE.search(record.extra)
            leg.cause = int(cause[1]) if cause else None
            if not by_caller:
                fields = {"number": leg.number, "cause": str(leg.cause or "")}
                tale.events.append(Event(at, "leg-end", fields))
        case "LINKEDID_END":
            tale.linkedids[record.linkedid] = True
        case "BLINDTRANSFER":
            tale.transferred_to = _as_number(str(extra(record).get("extension", "")))
            told = Event(at, "transfer", {"kind": "blind", "by": "", "to": tale.transferred_to})
            tale.transfers.append((told, record.uniqueid, ""))
            tale.events.append(told)
        case "ATTENDEDTRANSFER":
            target = str(extra(record).get("transfer_target_channel_uniqueid", ""))
            told = Event(at, "transfer", {"kind": "attended", "by": "", "to": ""})
            tale.transfers.append((told, record.uniqueid, target))
            tale.events.append(told)
        case "LB_ENTRY" if tale.entry_name is not None:
            fields = note(record.extra)
            tale.dialled[record.linkedid] = fields.get("did", "")
            leg.agent = leg.agent or fields.get("agent", "")
            tale.events.append(Event(at, "consult", fields))
        case _ if event in _NOTES:
            for name, fields in spelled_out(event, note(record.extra)):
                tale.events.append(Event(at, name[3:].lower(), fields))
                _noted(tale, record, name, fields)
        case _:
            pass


def _new_leg(tale: _Tale, record: CelRecord) -> _Leg:
    """A channel's number: the phone's, or on a trunk whom it was to reach."""
    leg = _Leg(record, _endpoint(record.channel))
    if leg.is_trunks and tale.legs:
        leg.number = (
            tale.transferred_to or tale.dialled.get(record.linkedid) or tale.entry.get("did", "")
        ) or leg.number
        tale.transferred_to = ""
    return leg


def _joined(tale: _Tale, record: CelRecord, leg: _Leg) -> None:
    """Two or more are together from now on."""
    met = tale.bridges.enter(record)
    if record.uniqueid != tale.caller:
        leg.bridged = True
        tale.connected_leg = tale.connected_leg or record.uniqueid
        tale.last_leg = record.uniqueid
        if leg.is_trunks and tale.connected_at is None and not tale.legs_is_trunks(tale.caller):
            tale.customer = record.uniqueid
    for meeting in met:
        other = meeting.with_(tale.customer)
        if other is None:
            continue
        tale.connected_at = tale.connected_at or record.at
        tale.waiting = False
        tale.events.append(Event(record.at, "talk", {"with": tale.legs[other].number}))


def _noted(tale: _Tale, record: CelRecord, name: str, fields: dict[str, str]) -> None:
    at = record.at
    match name:
        case "LB_ENTRY":
            tale.entry, tale.entry_name = fields, record.cid_name
            tale.dialled[record.linkedid] = fields.get("did", "")
            tale.legs[record.uniqueid].agent = fields.get("agent", "")
        case "LB_ROUTE":
            tale.routes.append(fields.get("to", ""))
        case "LB_MENU":
            key = fields.get("key", "none").removeprefix("wrong:")
            if key != "none":
                tale.keys += key[:20]
        case "LB_REC":
            _recorded(tale, at, fields)
        case "LB_QUEUE":
            _queued(tale, at, fields)
        case "LB_CONNECT":
            if fields.get("agent"):
                tale.agent, tale.extension = fields["agent"], fields.get("ext") or None
                _name(tale, record.uniqueid, fields["agent"], tale.extension)
            tale.group_id = _whole(fields.get("group"), 9999) or tale.group_id
        case "LB_RATING":
            value = _whole(fields.get("value"), 5)
            tale.rating = value or tale.rating
        case "LB_VM":
            _left_message(tale, at, fields)
        case _:
            pass


def _name(tale: _Tale, by: str, agent: str, extension: str | None) -> None:
    """Say who it was: noted by the phone's own channel, or by the caller about the last leg
    to that phone. A caller notes it late: another may have taken over meanwhile."""
    if by != tale.caller and by in tale.legs and tale.legs[by].number == extension:
        tale.legs[by].agent = agent
        return
    spoken = [meeting.with_(tale.customer) for meeting in tale.bridges.of(tale.customer)]
    named = [uid for uid in spoken if uid and tale.legs[uid].number == extension]
    if named:
        tale.legs[named[-1]].agent = agent
    elif tale.last_leg:
        tale.legs[tale.last_leg].agent = agent


def _queued(tale: _Tale, at: datetime, fields: dict[str, str]) -> None:
    match fields.get("do"):
        case "join":
            tale.joined_at = tale.joined_at or at
            tale.waiting = True
            tale.group_id = _whole(fields.get("group"), 9999) or tale.group_id
        case "back":
            tale.waiting = True
        case "leave":
            # Who was transferred waits for somebody as one in a queue does.
            tale.waiting, tale.left_at = fields.get("status") == "transfer", at
            if fields.get("status") == "lost" and tale.last_leg:
                tale.legs[tale.last_leg].lost = True
        case _:
            pass


def _recorded(tale: _Tale, at: datetime, fields: dict[str, str]) -> None:
    file = _stem(fields.get("file", ""))
    if file is None:
        return
    known = tale.recordings.get(file)
    if fields.get("do") == "start":
        begun = known.started_at if known else at
        tale.recordings[file] = RecordingNote(file=file, started_at=begun, stopped_at=None)
    elif known:
        tale.recordings[file] = RecordingNote(file=file, started_at=known.started_at, stopped_at=at)


def _left_message(tale: _Tale, at: datetime, fields: dict[str, str]) -> None:
    file = _stem(fields.get("file", ""))
    length = fields.get("s", "")
    if file is None or length == "0":
        return
    tale.messages[file] = Message(
        file=file,
        mailbox=_whole(fields.get("box"), 99999) or 0,
        left_at=at,
        duration_s=float(length) if re.fullmatch(r"\d{1,5}(\.\d{1,6})?", length) else None,
    )


def _stem(file: str) -> str | None:
    """A path without its ending; ``None`` for one that would lead out of the folder."""
    if not _FILE.fullmatch(file) or ".." in file or "//" in file:
        return None
    for ending in (".raw", ".alaw", ".wav", ".opus"):
        file = file.removesuffix(ending)
    return file


def _whole(text: str | None, most: int) -> int | None:
    """A whole number from 0 to ``most``; ``None`` for anything else."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return int(text) if int(text) <= most else None


def _trust_queue_log(tale: _Tale, queue: Sequence[QueueRecord]) -> None:
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


def _tell(tale: _Tale, start_id: str, cut_at: datetime | None) -> Story:
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
        caller.number = tale.entry.get("from") or _as_number(caller.first.cid_num)
    call = Call(
        id=tale.caller,
        start_id=start_id,
        direction=direction,
        trunk=tale.entry.get("trunk") or _trunk(tale, direction),
        from_number=caller.number if incoming else tale.entry.get("from") or caller.number,
        from_name=(caller.first.cid_name if tale.entry_name is None else tale.entry_name)[:200],
        did=tale.entry.get("did") or _as_number(caller.first.exten),
        generation=_whole(tale.entry.get("gen"), 2**31 - 1),
        vip=_whole(tale.entry.get("vip"), 9) or 0,
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


def _settle(tale: _Tale) -> None:
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


def _trunk(tale: _Tale, direction: Direction) -> str:
    """The trunk that a call out went by last, connected or not."""
    legs = [leg for leg in tale.legs.values() if leg.is_trunks]
    return legs[-1].endpoint.removeprefix("trunk-") if direction is Direction.OUT and legs else ""


def _talk_s(tale: _Tale, uniqueid: str) -> float | None:
    """How long a leg was with the customer; ``None`` if never. The customer's own: with anybody."""
    if uniqueid == tale.customer:
        return round(tale.bridges.seconds(uniqueid), 6) if tale.connected_at else None
    met = [m for m in tale.bridges.of(tale.customer) if m.with_(uniqueid)]
    return round(sum(meeting.seconds() for meeting in met), 6) if met else None


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    """Seconds, never below 0: the clock may have been set back."""
    return max(0.0, (end - begin).total_seconds()) if begin and end else None


def _as_number(text: str) -> str:
    """An unfiltered number made safe as the dialplan's filter does it: true or ``invalid``, never
    mended."""
    if not text:
        return ""
    return text if _NUMBER.fullmatch(text) else "invalid"


def _direction(tale: _Tale) -> Direction:
    if tale.entry.get("trunk") or tale.legs_is_trunks(tale.caller):
        return Direction.IN
    if tale.entry.get("goal") == "out" or tale.customer != tale.caller:
        return Direction.OUT
    others = (leg for uid, leg in tale.legs.items() if uid != tale.caller)
    is_out = "goal" not in tale.entry and any(leg.is_trunks for leg in others)
    return Direction.OUT if is_out else Direction.INTERNAL


def _result(
    tale: _Tale, direction: Direction, *, cut: bool, open_: bool, talks_still: bool
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


def _result_out(tale: _Tale, *, cut: bool) -> Result:
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
