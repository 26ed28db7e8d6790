"""Who is logged in, paused or wrapping up (AGT-1, ACD-13): queue members as agents. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from linebox.asterisk.ami import Message
from linebox.features.agents.missed import AUTOPAUSE
from linebox.features.calls.live import group_id, staff_number


class State(StrEnum):
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    WRAPUP = "wrapup"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An agent at a phone.

    ``groups``: id → penalty. ``reason`` is the pause's. ``wrapup_until`` may lie in the past.
    ``since``: the last log-in, pause, or end of a pause.
    """

    number: str
    interface: str
    groups: Mapping[int, int]
    paused: bool = False
    reason: str = ""
    wrapup_until: datetime | None = None
    since: datetime


@dataclass(frozen=True, slots=True)
class Seats:
    """Who is logged in, by staff number."""

    by_number: Mapping[str, Seat] = field(default_factory=dict)

    def by_interface(self) -> dict[str, str]:
        """Interface → staff number."""
        return {seat.interface: seat.number for seat in self.by_number.values()}


def after(seats: Seats, event: Message, wrapup_s: Mapping[int, int], at: datetime) -> Seats:
    """The seats after ``event``; ``wrapup_s``: group → its wrap-up time."""
    if event.name == "UserEvent" and event["UserEvent"] == "LB_AGENT":
        return _without_wrapup(seats, event["Agent"])
    number = staff_number(event["MemberName"])
    if number is None:
        return seats
    seat, group = seats.by_number.get(number), group_id(event["Queue"])
    match event.name:
        case "QueueMemberAdded" if group is not None:
            return _with(seats, _joined(seat, event, number, group, at))
        case "QueueMemberRemoved" if seat is not None:
            groups = {id: penalty for id, penalty in seat.groups.items() if id != group}
            if groups:
                return _with(seats, replace(seat, groups=groups))
            rest = {key: one for key, one in seats.by_number.items() if key != number}
            return Seats(rest)
        case "QueueMemberPause" if seat is not None:
            paused = event["Paused"] == "1"
            since = at if paused != seat.paused else seat.since
            reason = _reason(event) if paused else ""
            return _with(seats, replace(seat, paused=paused, reason=reason, since=since))
        case "AgentComplete" if seat is not None:
            until = at + timedelta(seconds=wrapup_s.get(group or 0, 0))
            return _with(seats, replace(seat, wrapup_until=until))
    return seats


def _without_wrapup(seats: Seats, number: str) -> Seats:
    """The agent has ended the wrap-up: joined the groups anew, which says nothing of that."""
    seat = seats.by_number.get(number)
    return _with(seats, replace(seat, wrapup_until=None)) if seat is not None else seats


def _joined(seat: Seat | None, event: Message, number: str, group: int, at: datetime) -> Seat:
    penalty = int(event["Penalty"]) if event["Penalty"].isdecimal() else 0
    if seat is None or seat.interface != event["Interface"]:
        seat = Seat(number=number, interface=event["Interface"], groups={}, since=at)
    return replace(
        seat,
        groups={**seat.groups, group: penalty},
        paused=event["Paused"] == "1",
        reason=_reason(event),
    )


def _reason(event: Message) -> str:
    """Why a member is paused; app_queue's own word as ours, until the journal has it."""
    return "missed" if event["PausedReason"] == AUTOPAUSE else event["PausedReason"]


def snapshot(
    before: Seats, status: Iterable[Message], wrapup_s: Mapping[int, int], at: datetime
) -> Seats:
    """The seats by ``QueueStatus``.

    ``since`` and the end of a wrap-up are kept where ``before`` knows them: Asterisk tells when the
    last call ended, but not which group's wrap-up holds. Who has had no call since joining (anew,
    too) has none.
    """
    seats: dict[str, Seat] = {}
    for message in status:
        number, group = staff_number(message["Name"]), group_id(message["Queue"])
        if message.name != "QueueMember" or number is None or group is None:
            continue
        seat = seats.get(number) or _seat(message, number, at)
        until = _wrapup(message["LastCall"], wrapup_s.get(group, 0))
        if until is not None and (seat.wrapup_until is None or until > seat.wrapup_until):
            seat = replace(seat, wrapup_until=until)
        penalty = int(message["Penalty"]) if message["Penalty"].isdecimal() else 0
        seats[number] = replace(seat, groups={**seat.groups, group: penalty})
    for number, seat in seats.items():
        known = before.by_number.get(number)
        if known is not None and known.interface == seat.interface:
            same = known.paused == seat.paused
            seats[number] = replace(
                seat,
                since=known.since if same else seat.since,
                wrapup_until=seat.wrapup_until and (known.wrapup_until or seat.wrapup_until),
            )
    return Seats(seats)


def _seat(message: Message, number: str, at: datetime) -> Seat:
    paused = message["Paused"] == "1"
    since = _moment(message["LastPause" if paused else "LoginTime"]) or at
    return Seat(
        number=number,
        interface=message["Location"],
        groups={},
        paused=paused,
        reason=_reason(message),
        since=since,
    )


def _wrapup(last_call: str, wrapup_s: int) -> datetime | None:
    ended = _moment(last_call)
    return ended + timedelta(seconds=wrapup_s) if ended is not None else None


def _moment(epoch: str) -> datetime | None:
    if not epoch.isdecimal() or epoch == "0":
        return None
    return datetime.fromtimestamp(int(epoch), UTC)


def _with(seats: Seats, seat: Seat) -> Seats:
    return Seats({**seats.by_number, seat.number: seat})
