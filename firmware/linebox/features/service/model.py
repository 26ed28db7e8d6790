"""Service records (服务小结): what a call was about and how it ended (AGT-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """``TRANSFERRED``: somebody else goes on with it."""

    SOLVED = "solved"
    FOLLOW_UP = "follow-up"
    TRANSFERRED = "transferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One of the tree; ``id`` 0 for a new one. Heads have ``children``, those have none."""

    id: int
    name_zh: str
    name_en: str
    children: tuple[Category, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it is kept. ``draft``: still being written; ``agent``: the staff number of who
    wrote last, empty for who is no agent; ``saved_by``: their log-in."""

    call_id: str
    category: int | None
    outcome: Outcome | None
    note: str
    draft: bool
    agent: str
    agent_name: str | None
    saved_by: str
    version: int
    made_at: datetime
    at: datetime
