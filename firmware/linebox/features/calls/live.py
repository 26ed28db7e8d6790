"""The calls that are up, as a picture (SUP-1): AMI's events in, calls out. Pure.

The journal is the record; this may miss an event, and the next snapshot heals it. An event about a
call that isn't known changes nothing but ``Newchannel`` and ``QueueCallerJoin``, and the last event
decides: so a snapshot followed by events that are older than it ends in the same picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from linebox.asterisk import names
from linebox.asterisk.ami import Message

_NUMBER = re.compile(r"\+?[0-9*#]{1,20}")
_UNKNOWN = ("", "<unknown>", "anonymous")


class Stage(StrEnum):
    MENU = "menu"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    RATING = "rating"
    VOICEMAIL = "voicemail"
    OTHER = "other"


#: What a library context says of the caller in it; by the word after ``lb-``.
_STAGE_OF_CONTEXT = {
    "inbound": Stage.MENU,
    "menu": Stage.MENU,
    "queue": Stage.WAITING,
    "rating": Stage.RATING,
    "voicemail": Stage.VOICEMAIL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """``id`` is the uniqueid of its first channel, ``channels`` those that are up (uniqueids).

    ``ringing``: staff numbers whose phones ring for it; ``agent``: who talks, or talked before the
    rating. ``trunk`` is empty for a call that a phone began.
    """

    id: str
    from_number: str
    did: str
    trunk: str
    since: datetime
    stage: Stage
    stage_since: datetime
    channels: frozenset[str]
    group: int | None = None
    agent: str | None = None
    ringing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calls:
    """All calls by id; ``owner``: channel's uniqueid → call's id."""

    by_id: Mapping[str, Call] = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)

    def of_agent(self, number: str) -> Call | None:
        """The call that this agent talks on, else one that rings there."""
        ringing = None
        for call in self.by_id.values():
            if call.stage is Stage.TALKING and call.agent == number:
                return call
            if number in call.ringing:
                ringing = call
        return ringing


def caller_number(raw: str) -> str:
    """A number fit to show: the number, ``anonymous`` or ``invalid``, as ``LB_ENTRY`` has it."""
    if raw.lower() in _UNKNOWN:
        return "anonymous"
    return raw if _NUMBER.fullmatch(raw) else "invalid"


def _called(exten: str) -> str:
    """An analog line tells no number called."""
    return "" if exten == "s" else caller_number(exten)


def group_id(queue: str) -> int | None:
    """``g12`` → 12; None for a queue that isn't a group's."""
    return int(queue[1:]) if re.fullmatch(r"g[1-9][0-9]{0,3}", queue) else None


def staff_number(member: str) -> str | None:
    """``agent-1001`` → ``1001``; None for a member that isn't an agent."""
    return member.removeprefix("agent-") if member.startswith("agent-") else None


def staff(number: str) -> str | None:
    """A caller's number that is a staff number; None for any other."""
    return number if re.fullmatch(r"[1-9][0-9]{2,5}", number) else None


def began_at(uniqueid: str, otherwise: datetime) -> datetime:
    """When a channel was made, by its own id (``s00000012-1763800000.17``)."""
    seconds = uniqueid.rpartition("-")[2].partition(".")[0]
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def _trunk(told: Message) -> str:
    """A card's channel has its trunk as its account code."""
    channel, account = told["Channel"], told["AccountCode"]
    if channel.startswith(names.CARDS):
        return account.removeprefix("trunk-") if account.startswith("trunk-") else ""
    device = channel.rpartition("-")[0]
    return device.removeprefix("PJSIP/trunk-") if device.startswith("PJSIP/trunk-") else ""


def _is_act(channel: str) -> bool:
    """A channel that acts on an agent (features/agents/acts.py) is no call."""
    return channel.startswith("Local/") and "@lb-desk-" in channel


def after(calls: Calls, event: Message, at: datetime) -> Calls:
    """The calls after ``event``; ``at`` is when it came."""
    if event.name == "Newchannel":
        return _new_channel(calls, event, at)
    if event.name == "Hangup":
        return _hangup(calls, event["Uniqueid"])
    if event.name == "AttendedTransfer":
        return _handed_over(calls, event, at)
    if event.name == "QueueCallerJoin" and event["Uniqueid"] not in calls.by_id:
        calls = _new_channel(calls, event, at)
    call = calls.by_id.get(calls.owner.get(event["Uniqueid"], ""))
    if call is None:
        return calls
    changed = _changed(call, event, at)
    return calls if changed is call else _with(calls, changed)


def _handed_over(calls: Calls, event: Message, at: datetime) -> Calls:
    """Who was asked first belongs to the caller's call now. The library gives a phone's channel the
    staff number of who is logged in there as its caller's number, else none."""
    call = calls.by_id.get(calls.owner.get(event["TransfereeUniqueid"], ""))
    target = event["TransferTargetUniqueid"]
    if call is None or not target or calls.owner.get(target) == call.id:
        return calls
    left = _hangup(calls, target)
    call = replace(
        call, channels=call.channels | {target}, agent=staff(event["TransferTargetCallerIDNum"])
    )
    return _with(left, _to(call, Stage.TALKING, at))


def _changed(call: Call, event: Message, at: datetime) -> Call:
    agent = staff_number(event["MemberName"])
    match event.name:
        case "QueueCallerJoin":
            joined = replace(call, group=group_id(event["Queue"]), agent=None, ringing=())
            if call.from_number == "anonymous":  # an analog line tells it after its first ring
                joined = replace(joined, from_number=caller_number(event["CallerIDNum"]))
            return _to(joined, Stage.WAITING, at)
        case "AgentCalled" if agent:
            ringing = (*(one for one in call.ringing if one != agent), agent)
            return _to(replace(call, ringing=ringing), Stage.RINGING, at)
        case "AgentRingNoAnswer" if call.stage is Stage.RINGING:
            ringing = tuple(one for one in call.ringing if one != agent)
            stage = Stage.RINGING if ringing else Stage.WAITING
            return _to(replace(call, ringing=ringing), stage, at)
        case "AgentConnect":
            group = group_id(event["Queue"])
            return _to(replace(call, group=group, agent=agent, ringing=()), Stage.TALKING, at)
        case "AgentComplete" if event["Reason"] == "transfer":
            return replace(call, ringing=(), agent=None if call.agent == agent else call.agent)
        case "AgentComplete":
            return _to(replace(call, ringing=()), Stage.RATING, at)
        case "QueueCallerLeave" if call.stage in (Stage.WAITING, Stage.RINGING):
            return _to(replace(call, ringing=()), Stage.OTHER, at)
        case "UserEvent" if event["UserEvent"] == "LB_STAGE" and event["Stage"] in Stage:
            if "Agent" in event.headers:
                call = replace(call, agent=event["Agent"] or None)
            return _to(call, Stage(event["Stage"]), at)
    return call


def _to(call: Call, stage: Stage, at: datetime) -> Call:
    return call if call.stage is stage else replace(call, stage=stage, stage_since=at)


def _new_channel(calls: Calls, event: Message, at: datetime) -> Calls:
    uniqueid, linkedid = event["Uniqueid"], event["Linkedid"]
    if uniqueid in calls.owner or not uniqueid or _is_act(event["Channel"]):
        return calls
    first = calls.by_id.get(calls.owner.get(linkedid, linkedid))
    if first is not None:
        return _with(calls, replace(first, channels=first.channels | {uniqueid}))
    if uniqueid != linkedid:
        return calls  # a leg of a call that has gone
    trunk = _trunk(event)
    return _with(
        calls,
        Call(
            id=uniqueid,
            from_number=caller_number(event["CallerIDNum"]),
            did=_called(event["Exten"]) if event.name == "Newchannel" else "",
            trunk=trunk,
            since=began_at(uniqueid, at),
            stage=Stage.MENU if trunk else Stage.OTHER,
            stage_since=at,
            channels=frozenset((uniqueid,)),
        ),
    )


def _hangup(calls: Calls, uniqueid: str) -> Calls:
    call = calls.by_id.get(calls.owner.get(uniqueid, ""))
    if call is None:
        return calls
    owner = {channel: id for channel, id in calls.owner.items() if channel != uniqueid}
    left = call.channels - {uniqueid}
    if left:
        return Calls({**calls.by_id, call.id: replace(call, channels=left)}, owner)
    return Calls({id: one for id, one in calls.by_id.items() if id != call.id}, owner)


def _with(calls: Calls, call: Call) -> Calls:
    owner = calls.owner
    if any(channel not in owner for channel in call.channels):
        owner = {**owner, **dict.fromkeys(call.channels, call.id)}
    return Calls({**calls.by_id, call.id: call}, owner)


def snapshot(
    before: Calls, channels: Iterable[Message], agents: Mapping[str, str], at: datetime
) -> Calls:
    """The calls by ``Status`` (with ``Variables: LB_DID``); ``agents``: interface → staff number.

    Of ``before`` only what Asterisk doesn't tell is kept: since when a stage lasts, and who rated.
    """
    legs: dict[str, list[Message]] = {}
    for channel in channels:
        if not _is_act(channel["Channel"]):
            legs.setdefault(channel["Linkedid"], []).append(channel)
    by_id: dict[str, Call] = {}
    owner: dict[str, str] = {}
    for of_call in legs.values():
        first = min(of_call, key=lambda leg: (leg["Uniqueid"] != leg["Linkedid"], leg["Uniqueid"]))
        call = _from_status(first, of_call, agents, at)
        known = before.by_id.get(call.id)
        if known is not None:
            call = _keeping(call, known)
        by_id[call.id] = call
        owner.update(dict.fromkeys(call.channels, call.id))
    return Calls(by_id, owner)


def _keeping(call: Call, known: Call) -> Call:
    same = known.stage is call.stage
    with_agent = call.stage in (Stage.TALKING, Stage.RATING)
    return replace(
        call,
        did=call.did or known.did,
        group=known.group if call.group is None else call.group,
        agent=known.agent if call.agent is None and with_agent else call.agent,
        stage_since=known.stage_since if same else call.stage_since,
    )


def _from_status(
    first: Message, legs: list[Message], agents: Mapping[str, str], at: datetime
) -> Call:
    others = [leg for leg in legs if leg is not first]
    trunk = _trunk(first)
    in_queue = first["Application"] == "Queue"
    rings = [leg for leg in others if leg["ChannelState"] in ("0", "5")]
    ringing = tuple(number for leg in rings if (number := _agent_of(leg["Channel"], agents)))
    talking = [leg for leg in others if first["BridgeID"] and leg["BridgeID"] == first["BridgeID"]]
    stage = Stage.MENU if trunk else Stage.OTHER
    if first["BridgeID"]:
        stage = Stage.TALKING
    elif in_queue:
        stage = Stage.RINGING if rings else Stage.WAITING
    else:
        word = first["Context"].removeprefix("lb-").partition("-")[0]
        stage = _STAGE_OF_CONTEXT.get(word, stage)
    variables = dict(one.partition("=")[::2] for one in first.all("Variable"))
    return Call(
        id=first["Uniqueid"],
        from_number=caller_number(first["CallerIDNum"]),
        did=variables.get("LB_DID", "") or (caller_number(first["DNID"]) if trunk else ""),
        trunk=trunk,
        since=began_at(first["Uniqueid"], at),
        stage=stage,
        stage_since=at,
        channels=frozenset(leg["Uniqueid"] for leg in legs),
        group=group_id(first["Data"].partition(",")[0]) if in_queue else None,
        agent=next((_agent_of(leg["Channel"], agents) for leg in talking), None),
        ringing=ringing if stage is Stage.RINGING else (),
    )


def _agent_of(channel: str, agents: Mapping[str, str]) -> str | None:
    return agents.get(channel.rpartition("-")[0])
