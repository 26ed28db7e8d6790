"""The box's units as their control groups show them: no subprocess, no D-Bus, a few small reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from linebox.base.shapes import render

#: Units in the order of the page. confd is started by its socket and leaves when idle.
UNITS: Final = (
    "asterisk",
    "postgresql",
    "pgbouncer",
    "nginx",
    "linebox-confd",
    "linebox-calld",
    "linebox-webd",
    "linebox-guardd",
    "linebox-boardd",
)
_ON_DEMAND: Final = frozenset({"linebox-confd"})
_COMES_BACK_S: Final = 10.0


@dataclass(slots=True)
class _Seen:
    start: str = ""
    restarts: int = 0
    gone_since: float | None = None


class Daemons:
    """Call it for the units' states; it remembers each start to count restarts.

    webd sees no process but its own (ProtectProc=): a unit's start is the link in which systemd
    keeps its invocation, made anew at each start; whether it lives, its control group.
    """

    def __init__(
        self,
        groups: Path = Path("/sys/fs/cgroup/system.slice"),
        starts: Path = Path("/run/systemd/units"),
        units: tuple[str, ...] = UNITS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._groups = groups
        self._starts = starts
        self._seen = {unit: _Seen() for unit in units}
        self._monotonic = monotonic

    def __call__(self) -> list[dict[str, object]]:
        """``[{"unit", "state", "since", "restarts"}]``; about 0.2 ms in all."""
        return [self._unit(unit, seen) for unit, seen in self._seen.items()]

    def _unit(self, unit: str, seen: _Seen) -> dict[str, object]:
        link = self._starts / f"invocation:{unit}.service"
        since = None
        up = self._lives(unit)
        if up:
            with suppress(OSError):  # it went between the two looks
                start, began = str(link.readlink()), link.lstat().st_mtime
                seen.restarts += bool(seen.start) and start != seen.start
                seen.start, seen.gone_since = start, None
                since = datetime.fromtimestamp(began, UTC)
        return {
            "unit": unit,
            "state": "active" if up else self._absent(unit, seen),
            "since": render(since),
            "restarts": seen.restarts,
        }

    def _absent(self, unit: str, seen: _Seen) -> str:
        if unit in _ON_DEMAND:
            seen.start = ""  # its next start is no restart
            return "inactive"
        now = self._monotonic()
        seen.gone_since = now if seen.gone_since is None else seen.gone_since
        return "activating" if seen.start and now - seen.gone_since < _COMES_BACK_S else "failed"

    def _lives(self, unit: str) -> bool:
        try:
            return bool((self._groups / f"{unit}.service/cgroup.procs").read_text().strip())
        except OSError:
            return False
