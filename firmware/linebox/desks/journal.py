"""The journal's filer with every feature that listens to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from linebox.features.agents import sessions
from linebox.features.calls.journal import Connect, Filer, Limits
from linebox.features.follow_ups import store as follow_ups
from linebox.features.limits import store as call_limits
from linebox.features.lines import freed
from linebox.features.recordings import store as recordings
from linebox.features.voicemail import store as voicemail


def filer(
    journal: Path,
    connect: Connect,
    *,
    reload_logger: Callable[[], Awaitable[None]] | None = None,
    limits: Limits | None = None,
) -> Filer:
    """What the daemon runs as one task; the arguments are ``Filer``'s."""
    return Filer(
        journal,
        connect,
        reload_logger=reload_logger,
        on_records=(sessions.file, call_limits.file, freed.file),
        on_stories=(recordings.file, voicemail.file, follow_ups.file),
        limits=limits,
    )
