"""Callers who reached nobody, and what is done about them (ACD-7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FollowUpKind(StrEnum):
    """Why a call is on the list. ``MISSED``: out of hours without a message, or rang in vain;
    ``BLOCKED``: all lines were taken; ``CUT``: the box or the agent's leg died."""

    MISSED = "missed"
    ABANDONED = "abandoned"
    BLOCKED = "blocked"
    VOICEMAIL = "voicemail"
    CUT = "cut"


class FollowUpState(StrEnum):
    """``TAKEN``: somebody looks after it; ``CALLED``: was called back, whether or not reached."""

    OPEN = "open"
    TAKEN = "taken"
    CALLED = "called"
    CLOSED = "closed"


class CallBack(StrEnum):
    """How a line was closed."""

    REACHED = "reached"
    UNREACHABLE = "unreachable"
    WRONG_NUMBER = "wrong-number"
    NOT_NEEDED = "not-needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """All calls of one number that aren't closed, or were closed together."""

    ids: tuple[int, ...]
    states: frozenset[FollowUpState]
    owner: str | None
    number: str

    @property
    def is_closed(self) -> bool:
        return FollowUpState.CLOSED in self.states

    @property
    def was_called(self) -> bool:
        """Whether the caller was called back since the last of these calls."""
        return self.states == {FollowUpState.CALLED}
