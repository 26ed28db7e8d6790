"""The live board (SUP-1): the features' pictures composed into the snapshot of docs/names.md.

Holds the pictures, takes AMI's events and lists, gives the snapshot's top-level parts as JSON
values. No clock and no socket of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from linebox.asterisk.ami import Message
from linebox.asterisk.names import browser_phone, channel, interface
from linebox.base.messages import sentence
from linebox.desks.names import GroupName, Names
from linebox.features.agents import live as agents
from linebox.features.agents.live import State
from linebox.features.alerts.model import Thresholds
from linebox.features.calls import live as calls
from linebox.features.calls.live import Stage
from linebox.features.diagnostics.alarms import REJECTS, Alarm
from linebox.features.diagnostics.samples import Look
from linebox.features.lines import live as lines
from linebox.features.routing import live as routing
from linebox.features.routing.today import Today

type Json = str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHealth:
    """``lag_s``: age of the oldest record that isn't filed; ``alarms``: those that stand."""

    lag_s: float = 0.0
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What Asterisk answered to ``Status``, ``QueueStatus`` and ``PJSIPShowEndpoints``."""

    channels: Sequence[Message]
    queues: Sequence[Message]
    endpoints: Sequence[Message]


def moment(at: datetime) -> str:
    """As JSON has it: UTC with milliseconds and ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Board:
    """The state of everything on the board; change it by the methods, read it by ``parts``."""

    def __init__(self) -> None:
        self.names = Names()
        self.today: Mapping[int, Today] = {}
        self.thresholds: Mapping[int, Thresholds] = {}
        self.journal = JournalHealth()
        self.calls = calls.Calls()
        self.queues = routing.Queues()
        self.seats = agents.Seats()
        self.devices = lines.Devices()
        self._up_since: datetime | None = None
        self._start = ""
        self._agent_states: dict[str, tuple[State, datetime]] = {}

    # -- what happens -------------------------------------------------------------------------

    def asterisk_up(self, since: datetime, start: str) -> None:
        """A connection to Asterisk stands; ``start``: its system name (``s00000012``)."""
        self._up_since, self._start = since, start

    def asterisk_away(self) -> None:
        """The connection was lost. What was seen last stays: Asterisk may well be on calls."""
        self._up_since = None

    def take(self, event: Message, at: datetime) -> None:
        """An event that came at ``at``."""
        self.calls = calls.after(self.calls, event, at)
        self.queues = routing.after(self.queues, event, at)
        self.seats = agents.after(self.seats, event, self.names.wrapup_s(), at)
        self.devices = lines.after(self.devices, event)

    def load(self, lists: Lists, at: datetime) -> None:
        """A fresh picture. Events since its lists were asked for must be taken again after it."""
        self.seats = agents.snapshot(self.seats, lists.queues, self.names.wrapup_s(), at)
        self.queues = routing.snapshot(self.queues, lists.queues, at)
        self.devices = lines.snapshot(self.devices, lists.endpoints)
        self.calls = calls.snapshot(self.calls, lists.channels, self.seats.by_interface(), at)

    # -- what is seen -------------------------------------------------------------------------

    def changes_by_itself_at(self, at: datetime) -> datetime | None:
        """The next moment after ``at`` when a part changes without an event: a wrap-up ends."""
        ends = [seat.wrapup_until for seat in self.seats.by_number.values() if seat.wrapup_until]
        return min((end for end in ends if end > at), default=None)

    def parts(self, at: datetime) -> dict[str, Json]:
        """The snapshot's top-level parts, as they are at ``at``."""
        return {
            "asterisk": {
                "up": self._up_since is not None,
                "since": moment(self._up_since) if self._up_since else None,
                "start": self._start,
            },
            "generation": self.names.generation,
            "groups": [self._group(group) for group in self.names.groups],
            "agents": self._agents(at),
            "calls": [_call(call) for call in self.calls.by_id.values()],
            "trunks": [self._trunk(name, most) for name, most in self.names.trunks.items()],
            "journal": {
                "lag_s": self.journal.lag_s,
                "rejects": sum(
                    alarm.count for alarm in self.journal.alarms if alarm.code == REJECTS
                ),
                "alarms": [_alarm(alarm) for alarm in self.journal.alarms],
            },
        }

    def look(self) -> Look:
        """How much goes on, for the samples; ``journal_lag_s`` isn't known here."""
        calls = self.calls.by_id.values()
        return Look(
            calls=len(calls),
            waiting=sum(map(len, self.queues.waiting.values())),
            agents=len(self.seats.by_number),
            trunk_calls=sum(1 for call in calls if call.trunk),
            trunk_capacity=sum(self.names.trunks.values()),
        )

    def _group(self, group: GroupName) -> Json:
        today = self.today.get(group.id, Today())
        thresholds = self.thresholds.get(group.id, Thresholds())
        return {
            "id": group.id,
            "name_zh": group.name_zh,
            "name_en": group.name_en,
            "waiting": [
                {
                    "call": one.call,
                    "from": one.from_number,
                    "since": moment(one.since),
                    "position": place,
                }
                for place, one in enumerate(self.queues.waiting.get(group.id, ()), 1)
            ],
            "today": {
                "offered": today.offered,
                "answered": today.answered,
                "abandoned": today.abandoned,
                "in_20s": today.in_20s,
                "wait_total_s": today.wait_total_s,
                "abandoned_15m": today.abandoned_15m,
            },
            "thresholds": {
                "wait_s": thresholds.wait_s,
                "waiting": thresholds.waiting,
                "level_percent": thresholds.level_percent,
                "abandoned_15m": thresholds.abandoned_15m,
                "nobody_ready": thresholds.nobody_ready,
            },
        }

    def _trunk(self, name: str, max_calls: int) -> Json:
        return {
            "name": name,
            "reachable": name in self.names.card_trunks
            or self.devices.reachable(lines.trunk_interface(name)),
            "calls": sum(1 for call in self.calls.by_id.values() if call.trunk == name),
            "max_calls": max_calls,
        }

    def _agents(self, at: datetime) -> list[Json]:
        numbers = sorted({*self.names.agents, *self.seats.by_number})
        on_call = {number: self.calls.of_agent(number) for number in self.seats.by_number}
        return [self._agent(number, on_call.get(number), at) for number in numbers]

    def _agent(self, number: str, call: calls.Call | None, at: datetime) -> Json:
        seat = self.seats.by_number.get(number)
        state = self._state(seat, call, at)
        until = seat.wrapup_until if seat is not None and state is State.WRAPUP else None
        phone = self._phone(seat.interface) if seat else None
        return {
            "number": number,
            "name": self.names.agents.get(number, ""),
            "ext": phone,
            "phone": phone,
            "registered": self.devices.reachable(
                seat.interface if seat else interface(browser_phone(number), {})
            ),
            "state": state,
            "since": moment(self._since(number, state, seat, call, at)),
            "until": moment(until) if until is not None else None,
            "groups": sorted(seat.groups) if seat else [],
            "call": call.id if call else None,
            "from": call.from_number if call else None,
            "reason": seat.reason if seat else "",
        }

    def _phone(self, at: str) -> str:
        """The number of the telephone with this interface."""
        by_interface = {channel(dahdi): number for number, dahdi in self.names.on_cards.items()}
        return by_interface.get(at, at.removeprefix("PJSIP/"))

    def _state(self, seat: agents.Seat | None, call: calls.Call | None, at: datetime) -> State:
        if seat is None:
            return State.OUT
        device = self.devices.states.get(seat.interface)
        if call is not None:  # a ringing phone may call itself busy
            return State.TALKING if call.stage is Stage.TALKING else State.RINGING
        if device in lines.TALKS:
            return State.TALKING
        if device is lines.Device.RINGING:
            return State.RINGING
        if not self.devices.reachable(seat.interface):
            return State.UNREACHABLE
        if seat.paused:
            return State.PAUSED
        if seat.wrapup_until is not None and seat.wrapup_until > at:
            return State.WRAPUP
        return State.READY

    def _since(
        self,
        number: str,
        state: State,
        seat: agents.Seat | None,
        call: calls.Call | None,
        at: datetime,
    ) -> datetime:
        """Since when ``state`` lasts: what Asterisk knows of it, else when it was first seen."""
        known = self._agent_states.get(number)
        if known is not None and known[0] is state:
            return known[1]
        since = at
        if call is not None:
            since = call.stage_since
        elif known is None and seat is not None and state in (State.READY, State.PAUSED):
            since = seat.since
        self._agent_states[number] = (state, since)
        return since


def _alarm(alarm: Alarm) -> Json:
    zh, en = sentence(alarm.code, {"subject": alarm.subject, "count": alarm.count})
    return {
        "code": alarm.code,
        "subject": alarm.subject,
        "since": moment(alarm.since),
        "count": alarm.count,
        "zh": zh,
        "en": en,
    }


def _call(call: calls.Call) -> Json:
    return {
        "id": call.id,
        "from": call.from_number,
        "did": call.did,
        "since": moment(call.since),
        "state": call.stage,
        "state_since": moment(call.stage_since),
        "group": call.group,
        "agent": call.agent or next(iter(call.ringing), None),
    }
