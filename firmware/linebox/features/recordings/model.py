"""Recordings of calls (REC-1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``RAW``: as Asterisk wrote it; ``READY``: Opus, checked; ``MISSING``: named, but no file is
    there; ``REMOVED``: kept as long as the rules say, then deleted."""

    RECORDING = "recording"
    RAW = "raw"
    READY = "ready"
    MISSING = "missing"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRules:
    """``keep_days``: then recordings are deleted, None: never. ``calls_out``: whether calls to
    outside are recorded. Which groups' calls are is the groups' own setting."""

    keep_days: int | None = None
    calls_out: bool = True
