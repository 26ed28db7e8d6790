"""Who lets calls ring out is paused (ACD-13): AMI's queue events in, staff numbers out. Pure.

One call is app_queue's own affair (``autopause``, with every daemon dead), of which the journal is
told here; it can't count to more, so that is done here, and not while calld is away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from linebox.asterisk.ami import Message
from linebox.features.calls.live import group_id, staff_number

#: The reason that app_queue gives a pause of its own (app_queue.c, ``ring_no_answer``).
AUTOPAUSE = "Auto-Pause"

#: What ``Missed`` wants to hear.
EVENTS = frozenset({"AgentRingNoAnswer", "AgentConnect", "QueueMemberPause", "QueueMemberRemoved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A group's: a phone rings for ``ring_s``; ``most`` calls in a row may ring out, 0 = any."""

    ring_s: int
    most: int


@dataclass(slots=True)
class Missed:
    """Calls in a row that rang out, by staff number."""

    _counts: dict[str, int] = field(default_factory=dict)

    def heard(self, event: Message, limits: Mapping[int, Limit]) -> str | None:
        """Take an event; the staff number of an agent who is to be paused for it now.

        A call that was refused, or whose caller went first, rang shorter than the group lets it
        ring, and counts for nothing.
        """
        agent = staff_number(event["MemberName"])
        if agent is None:
            return None
        match event.name:
            case "AgentRingNoAnswer":
                limit = limits.get(group_id(event["Queue"]) or 0)
                if limit is None or _milliseconds(event["RingTime"]) < limit.ring_s * 1000:
                    return None
                count = self._counts.get(agent, 0) + 1
                if limit.most < 2 or count < limit.most:
                    self._counts[agent] = count
                    return None
                self._counts.pop(agent, None)
                return agent
            case "QueueMemberPause" if event["PausedReason"] == AUTOPAUSE:
                return agent if event["Paused"] == "1" else None
            case "AgentConnect" | "QueueMemberPause" | "QueueMemberRemoved":
                self._counts.pop(agent, None)
            case _:
                pass
        return None


def _milliseconds(text: str) -> int:
    return int(text) if text.isdecimal() else 0
