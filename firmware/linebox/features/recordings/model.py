"""Recordings of calls (REC-1)."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """``RAW``: as Asterisk wrote it; ``READY``: Opus, checked; ``MISSING``: named, but no file is
    there."""

    RECORDING = "recording"
    RAW = "raw"
    READY = "ready"
    MISSING = "missing"
