"""The alarms of addresses that are kept out."""

from __future__ import annotations

from pathlib import Path

from linebox.features.diagnostics.alarms import Alarm
from linebox.features.guard.banned import read

#: So many are told, the newest; a scan from everywhere doesn't fill the page.
_TOLD = 20


def standing(path: Path) -> tuple[Alarm, ...]:
    """One for each address in guardd's list; ``subject`` is the address. Call it in a thread."""
    return tuple(
        Alarm(code=one.code, subject=one.address, since=one.since, count=one.count)
        for one in read(path)[-_TOLD:]
    )
