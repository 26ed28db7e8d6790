"""Which disks are short of room (DIA-5): what the disk guard wrote, with or without PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from linebox.features.diagnostics.alarms import Alarm

#: A disk is nearly full, so nothing is recorded any more; ``subject``: the folder.
FULL = "disk-full"
#: The journals' disk was full, so that their reserve had to be given up.
RESERVE = "journal-reserve"


def short(note: Path) -> tuple[Alarm, ...]:
    """The alarms of ``note``, ``/run/linebox/recording-off``: a line for each that lacks room.

    It reads a file: call it in a thread.
    """
    try:
        since = datetime.fromtimestamp(note.stat().st_mtime, UTC)
        lines = note.read_text("utf-8").split()
    except FileNotFoundError:
        return ()
    return tuple(
        Alarm(
            code=RESERVE if line.endswith("/reserve") else FULL, subject=line, since=since, count=1
        )
        for line in lines
    )
