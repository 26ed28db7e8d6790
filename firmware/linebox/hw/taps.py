"""A line taken in hand: hook, events and sound, and its sound as a clock (TEL-10, TEL-12).

Who tests a line takes it from Asterisk and works on it alone. Everything goes by blocks of 20 ms of
sound, so that a simulated line needs no real time and a real one keeps its own.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from linebox.hw import measure
from linebox.hw.measure import RATE, Sound

BLOCK: Final = 160
BLOCK_S: Final = BLOCK / RATE
#: Louder than this is something, dBm0.
LOUD_DBM0: Final = -42.0
#: Around 450 Hz, so that every exchange's tone is among them.
_TONES: Final = (400, 450, 500)
_TONAL: Final = 0.35


class Sign(StrEnum):
    """``ring``: the exchange rings; ``drop``: the battery went for a moment, or a telephone is laid
    down; ``lift``: a telephone is lifted; ``reversal``: of the polarity."""

    RING = "ring"
    DROP = "drop"
    LIFT = "lift"
    REVERSAL = "reversal"


class Hook(StrEnum):
    """Of an FXO port ``off`` closes the loop; of an FXS port ``off`` talks and ``ring`` rings."""

    ON = "on"
    OFF = "off"
    RING = "ring"


@dataclass(frozen=True, slots=True)
class Heard:
    """A block of sound, and what happened while it lasted."""

    sound: Sound
    signs: tuple[Sign, ...] = ()


class Tap(Protocol):
    """Raises ``DeviceError("line-lost")`` from any call when the card goes."""

    def hook(self, state: Hook) -> None: ...

    def turn(self, play: Sound) -> Heard:
        """Play a block and hear one; waits as long as it lasts."""
        ...

    def tune(self, acim: int) -> bool:
        """The impedance of a port to the exchange (``impedance.py``); False: this card's can't be
        chosen."""
        ...

    def close(self) -> None:
        """On hook, and given back."""
        ...


class Stopped(Exception):
    """Somebody wants the test to end."""


class Leg:
    """One line during a test. ``stopped`` is asked at each block: then ``Stopped``. Lines beside it
    go on as it does."""

    def __init__(
        self,
        tap: Tap,
        stopped: Callable[[], bool] = lambda: False,
        beside: tuple[Leg, ...] = (),
    ) -> None:
        self._tap = tap
        self._stopped = stopped
        self._beside = beside
        self._out = array("h")
        #: All that was heard; level and tonality of each block.
        self.sound = array("h")
        self.levels: list[float] = []
        self.tonal: list[bool] = []
        #: Each sign, with the moment that it came, in seconds.
        self.signs: list[tuple[float, Sign]] = []

    @property
    def now_s(self) -> float:
        return len(self.levels) * BLOCK_S

    @property
    def playing(self) -> bool:
        return bool(self._out)

    def hook(self, state: Hook) -> None:
        self._tap.hook(state)

    def tune(self, acim: int) -> bool:
        """As ``Tap.tune``."""
        return self._tap.tune(acim)

    def play(self, sound: Sound) -> None:
        """After what is being played."""
        self._out += sound

    def step(self) -> None:
        """One block further."""
        if self._stopped():
            raise Stopped
        out, self._out = self._out[:BLOCK], self._out[BLOCK:]
        heard = self._tap.turn(out + array("h", bytes(2 * (BLOCK - len(out)))))
        self.signs += [(self.now_s, sign) for sign in heard.signs]
        self.sound += heard.sound
        level = measure.level_dbm0(heard.sound)
        self.levels.append(level)
        self.tonal.append(
            level > LOUD_DBM0 and max(measure.share(heard.sound, hz) for hz in _TONES) > _TONAL
        )
        for leg in self._beside:
            leg.step()

    def since(self, at_s: float) -> Sound:
        """What was heard from then on."""
        return self.sound[round(at_s * RATE) :]

    def sign(self, wanted: Sign, since_s: float) -> float | None:
        """When it came first since then; None: it didn't."""
        return next((at for at, sign in self.signs if sign is wanted and at >= since_s), None)

    def voice(self, since_s: float) -> bool:
        """Something other than an exchange's tone was heard for 0.4 of the last second."""
        first = max(round(since_s / BLOCK_S), len(self.levels) - 50)
        pairs = zip(self.levels[first:], self.tonal[first:], strict=True)
        return sum(level > LOUD_DBM0 and not tonal for level, tonal in pairs) >= 20

    def runs(self, since_s: float) -> list[tuple[bool, float]]:
        """Tone and rest since then, in seconds; the last one may go on."""
        found: list[tuple[bool, float]] = []
        for level in self.levels[round(since_s / BLOCK_S) :]:
            on = level > LOUD_DBM0
            if found and found[-1][0] == on:
                found[-1] = (on, found[-1][1] + BLOCK_S)
            else:
                found.append((on, BLOCK_S))
        return found


def run(leg: Leg, until: Callable[[], bool], limit_s: float) -> bool:
    """The leg and those beside it, until it is so; False: it wasn't within ``limit_s``."""
    end_s = leg.now_s + limit_s
    while not until():
        if leg.now_s >= end_s:
            return False
        leg.step()
    return True


def wait(leg: Leg, seconds: float) -> None:
    run(leg, lambda: False, seconds)
