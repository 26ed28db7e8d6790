"""Groups (技能组): queues and how they distribute (ACD-1, ACD-5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from linebox.model.destinations import Destination


class Strategy(StrEnum):
    """The owner's words for app_queue's strategies; ``compile.py`` has the mapping."""

    LONGEST_IDLE = "longest-idle"
    ROUND_ROBIN = "round-robin"
    FEWEST_CALLS = "fewest-calls"
    RING_ALL = "ring-all"
    LINEAR = "linear"
    WEIGHTED_RANDOM = "weighted-random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """``max_wait_s``: then ``overflow``; ``limit_waiting`` callers at most, more go there at once;
    ``announce_s``: between announcements of place and wait, 0 = none; ``max_missed``: an agent who
    lets so many calls in a row ring out is paused, 0 = never (ACD-13); ``records``: whether its
    calls are recorded (REC-1); ``music_id``: what its callers hear, None: the box's music."""

    id: int
    name_zh: str
    name_en: str
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_s: int = 20
    wrapup_s: int = 10
    max_wait_s: int = 300
    limit_waiting: int = 50
    announce_s: int = 30
    overflow: Destination
    asks_rating: bool = True
    max_missed: int = 3
    records: bool = True
    music_id: int | None = None
