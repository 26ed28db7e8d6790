"""The box's clock: how good it is, set by hand, where the time comes from (SET-1)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from linebox.base.errors import InputError, LineboxError
from linebox.base.files import write_whole
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.features.host.model import Clock, ClockState, ClockWish

log = logging.getLogger(__name__)

_SET_CLOCK: Final = 25  # CAP_SYS_TIME, capability.h
#: Fields of ``chronyc -c tracking``.
_SOURCE, _STRATUM, _OFFSET_S = 1, 2, 4


class Clocks:
    """The acts on the clock; ``proc`` is the kernel's."""

    def __init__(self, at: Paths, *, proc: Path = Path("/proc")) -> None:
        self._file = at.data / "clock/owner.sources"
        self._factory = at.data / "clock/factory.sources"
        self._factory_text = at.share / "factory.sources"
        self._proc = proc

    def look(self) -> Clock:
        """The clock as it is now."""
        state, source, offset_ms = self._state()
        return Clock(
            at=datetime.now(UTC),
            state=state,
            source=source,
            offset_ms=offset_ms,
            servers=self._servers(),
        )

    def set(self, wish: ClockWish) -> Clock:
        """Raises ``InputError``: ``clock-not-ours``, ``clock-synchronised``."""
        if not self._ours():
            raise InputError("clock-not-ours")
        if wish.servers is not None:
            self._take_servers(wish.servers)
        if wish.at is not None:
            state, source, _ = self._state()
            if state == "synchronised":
                raise InputError("clock-synchronised", source=source)
            self._set(wish.at)
        return self.look()

    def _set(self, at: datetime) -> None:
        """By timedated, which refuses while an NTP client runs."""
        moment = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        run.told("systemctl", "stop", "chrony.service")
        try:
            run.told("timedatectl", "set-time", moment)
        finally:
            run.told("systemctl", "start", "chrony.service")
        log.warning("the clock was set by hand")

    def _take_servers(self, servers: tuple[str, ...]) -> None:
        self._file.parent.mkdir(exist_ok=True)
        if servers:
            text = "".join(f"server {one} iburst\n" for one in servers)
            write_whole(self._file, text, mode=0o644)
            self._factory.unlink(missing_ok=True)
        else:
            write_whole(self._factory, self._factory_text.read_bytes(), mode=0o644)
            self._file.unlink(missing_ok=True)
        run.told("chronyc", "reload", "sources")

    def _servers(self) -> tuple[str, ...]:
        try:
            lines = self._file.read_text("utf-8").splitlines()
        except OSError:
            return ()
        return tuple(line.split()[1] for line in lines if line.startswith("server "))

    def _state(self) -> tuple[ClockState, str | None, float | None]:
        if not self._ours():
            return "not-ours", None, None
        try:
            words = run.told("chronyc", "-c", "-N", "tracking").strip().split(",")
            stratum, offset_s = int(words[_STRATUM]), float(words[_OFFSET_S])
        except (LineboxError, ValueError, IndexError):
            return "by-hand", None, None
        if stratum == 0:
            return "searching", None, None
        return "synchronised", words[_SOURCE] or None, round(offset_s * 1000, 3)

    def _ours(self) -> bool:
        """May this system set the clock? A container may not."""
        for line in (self._proc / "1/status").read_text().splitlines():
            if line.startswith("CapBnd:"):
                return bool(int(line.split()[1], 16) >> _SET_CLOCK & 1)
        return False
