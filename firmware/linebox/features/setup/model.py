"""The first-run wizard's steps and how far it has come (SET-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Step(StrEnum):
    """In the order in which they are walked; each may be skipped and come back to."""

    LANGUAGE = "language"
    SECRET = "secret"  # noqa: S105  the step in which the owner chooses a password
    COMPANY = "company"
    NETWORK = "network"
    LINES = "lines"
    PEOPLE = "people"
    GROUP = "group"
    GREETING = "greeting"
    HOURS = "hours"
    CALL = "call"
    DONE = "done"


class StepState(StrEnum):
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


STEPS = tuple(Step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """``step`` is where the wizard goes on. Left: not asked for again by itself."""

    step: Step
    steps: Mapping[Step, StepState]
    lines: Mapping[str, Mapping[str, object]]
    left_at: datetime | None
    done_at: datetime | None

    def outcome(self, step: Step) -> StepState:
        return self.steps.get(step, StepState.OPEN)


def following(step: Step) -> Step:
    """The step behind; of the last one itself."""
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]
