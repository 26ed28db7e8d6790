"""Time: aware UTC for facts, monotonic for waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware, UTC. May jump when the box's clock is set."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Seconds since some fixed moment; never goes back, so time-outs use it."""
    return time.monotonic()
