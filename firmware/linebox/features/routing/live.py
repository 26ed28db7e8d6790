"""Who waits in which group, in order (SUP-1): AMI's queue events in, queues out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from linebox.asterisk.ami import Message
from linebox.features.calls.live import caller_number, group_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """``call`` is the uniqueid of the caller's channel."""

    call: str
    from_number: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Queues:
    """Callers by group, the first to be served first."""

    waiting: Mapping[int, tuple[Waiting, ...]] = field(default_factory=dict)


def after(queues: Queues, event: Message, at: datetime) -> Queues:
    """The queues after ``event``; ``at`` is when it came."""
    match event.name:
        case "QueueCallerJoin":
            group = group_id(event["Queue"])
            if group is None:
                return queues
            there = _without(queues.waiting.get(group, ()), event["Uniqueid"])
            place = max(0, _number(event["Position"]) - 1)
            caller = Waiting(
                call=event["Uniqueid"], from_number=caller_number(event["CallerIDNum"]), since=at
            )
            return Queues({**queues.waiting, group: (*there[:place], caller, *there[place:])})
        case "QueueCallerLeave" | "QueueCallerAbandon":
            group = group_id(event["Queue"])
            if group is None or group not in queues.waiting:
                return queues
            there = _without(queues.waiting[group], event["Uniqueid"])
            return Queues({**queues.waiting, group: there})
        case "Hangup":
            gone = event["Uniqueid"]
            if not any(one.call == gone for there in queues.waiting.values() for one in there):
                return queues
            return Queues({group: _without(them, gone) for group, them in queues.waiting.items()})
        case _:
            return queues


def snapshot(before: Queues, status: Iterable[Message], at: datetime) -> Queues:
    """The queues by ``QueueStatus``; keeps a known moment of joining: ``Wait`` is whole seconds."""
    known = {one.call: one for there in before.waiting.values() for one in there}
    waiting: dict[int, list[tuple[int, Waiting]]] = {}
    for message in status:
        group = group_id(message["Queue"])
        if message.name != "QueueEntry" or group is None:
            continue
        since = at - timedelta(seconds=_number(message["Wait"]))
        old = known.get(message["Uniqueid"])
        if old is not None and abs((old.since - since).total_seconds()) < 2:
            since = old.since
        caller = Waiting(
            call=message["Uniqueid"],
            from_number=caller_number(message["CallerIDNum"]),
            since=since,
        )
        waiting.setdefault(group, []).append((_number(message["Position"]), caller))
    return Queues(
        {
            group: tuple(caller for _, caller in sorted(there, key=lambda pair: pair[0]))
            for group, there in waiting.items()
        }
    )


def _without(there: tuple[Waiting, ...], call: str) -> tuple[Waiting, ...]:
    return tuple(one for one in there if one.call != call)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
