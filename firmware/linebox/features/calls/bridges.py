"""Who was in a bridge with whom, from when to when: told from CEL's BRIDGE_ENTER and BRIDGE_EXIT.

A transfer changes the company without the caller leaving: the caller's own records don't show it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from linebox.asterisk.journals import CelRecord


@dataclass(slots=True)
class Meeting:
    """Two channels in one bridge. ``ended_at`` is ``None`` while it lasts."""

    one: str
    other: str
    began_at: datetime
    ended_at: datetime | None = None

    def with_(self, channel: str) -> str | None:
        """The other of the two, when ``channel`` is one of them."""
        if channel == self.one:
            return self.other
        return self.one if channel == self.other else None

    def seconds(self) -> float:
        """Never below 0: the clock may have been set back."""
        return max(0.0, ((self.ended_at or self.began_at) - self.began_at).total_seconds())


@dataclass(slots=True)
class Bridges:
    """Fed in the order of the file."""

    meetings: list[Meeting] = field(default_factory=list)
    _where: dict[str, str] = field(default_factory=dict)

    def enter(self, record: CelRecord) -> list[Meeting]:
        """``record``'s channel joins its bridge; the meetings that this begins."""
        self.leave(record.uniqueid, record.at)
        bridge = str(extra(record).get("bridge_id", ""))
        there = [channel for channel, where in self._where.items() if where == bridge]
        self._where[record.uniqueid] = bridge
        begun = [Meeting(channel, record.uniqueid, record.at) for channel in there]
        self.meetings += begun
        return begun

    def leave(self, channel: str, at: datetime) -> None:
        """``channel`` is in no bridge from now on."""
        if self._where.pop(channel, None) is None:
            return
        for meeting in self.meetings:
            if meeting.ended_at is None and meeting.with_(channel):
                meeting.ended_at = at

    def end(self, at: datetime) -> None:
        """All is over."""
        for channel in list(self._where):
            self.leave(channel, at)

    def of(self, channel: str) -> list[Meeting]:
        """Its meetings, in order."""
        return [meeting for meeting in self.meetings if meeting.with_(channel)]

    def talks_still(self, channel: str) -> bool:
        return any(meeting.ended_at is None for meeting in self.of(channel))

    def seconds(self, channel: str) -> float:
        """How long it was with somebody: time with two at once counts once."""
        total, until = 0.0, None
        for meeting in self.of(channel):
            ended = meeting.ended_at or meeting.began_at
            begin = meeting.began_at if until is None else max(meeting.began_at, until)
            total += max(0.0, (ended - begin).total_seconds())
            until = ended if until is None else max(until, ended)
        return total


def extra(record: CelRecord) -> dict[str, object]:
    """EventExtra's JSON; empty when it is none."""
    try:
        found = json.loads(record.extra) if record.extra else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
