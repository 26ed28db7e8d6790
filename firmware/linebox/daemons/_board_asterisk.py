"""chan_dahdi as boardd needs it: which channels it has and which are in a call, made and destroyed.

By Asterisk's console socket, so with no AMI and nothing at all when Asterisk is dead. A channel
that is pulled in a call stays in chan_dahdi as a corpse: nothing can be made in its place until it
is destroyed (platform.md, "Simulated analog lines").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from linebox.base.errors import Unavailable

#: ``DAHDI/7-1`` is a call on channel 7, ``DAHDI/i2/13800-3`` one of span 2's, by PRI.
_BY_CHANNEL: Final = re.compile(r"^DAHDI/(\d+)-", re.M)
_BY_SPAN: Final = re.compile(r"^DAHDI/i(\d+)/", re.M)
#: A row of ``dahdi show channels``; the first is ``pseudo``.
_ROW: Final = re.compile(r"^\s*(\d+)\s", re.M)

type Command = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Channels and spans that a call is on."""

    channels: frozenset[int] = frozenset()
    spans: frozenset[int] = frozenset()


class ChanDahdi:
    """``command`` is one console command; it raises ``Unavailable`` when Asterisk is away."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def calls(self) -> Calls:
        """None when Asterisk is away: then nothing is in a call."""
        try:
            said = self._command("core show channels concise")
        except Unavailable:
            return Calls()
        return Calls(
            channels=frozenset(map(int, _BY_CHANNEL.findall(said))),
            spans=frozenset(map(int, _BY_SPAN.findall(said))),
        )

    def channels(self) -> frozenset[int] | None:
        """Those that it has; None: it is away, or its module isn't loaded."""
        try:
            said = self._command("dahdi show channels")
        except Unavailable:
            return None
        if "Chan" not in said.partition("\n")[0]:
            return None
        return frozenset(map(int, _ROW.findall(said)))

    def create(self, channels: range) -> None:
        """From chan_dahdi.conf. Raises ``Unavailable``."""
        self._command(f"dahdi create channels {channels[0]} {channels[-1]}")

    def destroy(self, channels: Iterable[int]) -> None:
        """Raises ``Unavailable``."""
        for first, last in _runs(channels):
            self._command(f"dahdi destroy channels {first} {last}")


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
