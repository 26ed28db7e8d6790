"""From where on a group's figures are an alarm (SUP-3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """None: this figure never alarms.

    ``wait_s``: the longest wait is longer; ``waiting``: so many wait, or more; ``level_percent``:
    today's service level is less; ``abandoned_15m``: so many gave up within 15 minutes, or more;
    ``nobody_ready``: somebody waits and no agent is ready. The defaults are those of the board's
    drawing (alert line 60 s, goal 80 % within 20 s).
    """

    wait_s: int | None = 60
    waiting: int | None = 5
    level_percent: int | None = 80
    abandoned_15m: int | None = 5
    nobody_ready: bool = True
