"""The impedance with which a port meets its line from the exchange, and the search for the one that
fits best (TEL-12): the better it fits, the less of what we send comes back.

A port's chip (Si3050 and its like) has sixteen to choose from, which its data sheet and DAHDI's
drivers call ACIM. Its own digital hybrid stays off (coefficients 0): the echo canceller, which goes
on learning in each call, does the same better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated, Final

from linebox.base.shapes import Range
from linebox.hw import measure
from linebox.hw.measure import FLOOR_DBM0
from linebox.hw.taps import LOUD_DBM0, Leg, run

#: By ACIM: Si3050 data sheet, revision 1.5, table 18.
NAMES: Final = (
    "600 Ω",
    "900 Ω",
    "270 Ω + (750 Ω ∥ 150 nF)",
    "220 Ω + (820 Ω ∥ 120 nF)",
    "370 Ω + (620 Ω ∥ 310 nF)",
    "320 Ω + (1050 Ω ∥ 230 nF)",
    "370 Ω + (820 Ω ∥ 110 nF)",
    "275 Ω + (780 Ω ∥ 115 nF)",
    "120 Ω + (820 Ω ∥ 110 nF)",
    "350 Ω + (1000 Ω ∥ 210 nF)",
    "200 Ω + (680 Ω ∥ 100 nF)",
    "600 Ω + 2.16 µF",
    "900 Ω + 1 µF",
    "900 Ω + 2.16 µF",
    "600 Ω + 1 µF",
    "全球通用 / global",
)

type Acim = Annotated[int, Range(0, len(NAMES) - 1)]

#: Over the band of speech; of each a whole number of periods is in ``_HEARD_S``, so that none is
#: measured as another, and one second joins on to the next.
_SENT_HZ: Final = (512.5, 1012.5, 1787.5, 2512.5)
_SENT_DBM0: Final = -19.0
#: One ACIM's turn; at its beginning the one before may still be heard.
_TURN_S: Final = 0.32
_HEARD_S: Final = 0.16
_MIX: Final = measure.tone(_TURN_S, *((hz, _SENT_DBM0) for hz in _SENT_HZ))
#: Two halves of a turn that differ by more heard two impedances, or something else.
_UNSTEADY_DB: Final = 1.0
#: An exchange may give up waiting for the next key after two seconds.
_KEY_EVERY_S: Final = 1.1
#: What is heard beside our tones may be so much louder than the quiet line was.
_BESIDE_DB: Final = 10.0
_MOST_DB: Final = 40.0
#: Less isn't worth leaving what the country's standard says.
_BETTER_DB: Final = 3.0
#: Dialled so often at most.
_DIALS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Of one port. ``country``: the ACIM that its kind of line has; ``set``: what it shall have
    now."""

    country: Acim
    set: Acim


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """``acim``: the one that fits best, the country's if none is clearly better;
    ``return_loss_db``: how much weaker what is sent comes back then, ``country_db``: with the
    country's."""

    acim: Acim
    return_loss_db: float
    country: Acim
    country_db: float


class _Disturbed(Exception):
    """The line isn't quiet any more."""


def fit(
    leg: Leg, tuning: Tuning, keys: str, noise_dbm0: float, dial: Callable[[], bool]
) -> Fitting | None:
    """Off the hook, its dial tone just broken by a key. ``keys``: more of the number, that keep it
    quiet; ``noise_dbm0``: of the quiet line; ``dial`` hangs up and comes there once more. The port
    has ``tuning.set`` again at the end; the line is to be hung up then. None: the line didn't stay
    quiet.

    Raises ``DeviceError("line-lost")``.
    """
    found: dict[int, float] = {}
    order = (tuning.country, *(acim for acim in range(len(NAMES)) if acim != tuning.country))
    try:
        for _ in range(_DIALS):
            turns = _Turns(leg, keys, noise_dbm0)
            try:
                for acim in order:
                    if acim not in found:
                        found[acim] = turns.of(acim)
                return _best(turns, tuning.country, found)
            except _Disturbed:
                if not dial():
                    return None
        return None
    finally:
        leg.tune(tuning.set)


def _best(turns: _Turns, country: int, found: dict[int, float]) -> Fitting:
    """What is clearly better is tried once more beside the country's: the worse counts."""
    best = max(found, key=lambda acim: (found[acim], acim == country))
    if found[best] - found[country] >= _BETTER_DB:
        again = {acim: turns.of(acim) for acim in (country, best)}
        better = min(found[best] - found[country], again[best] - again[country])
        found = {acim: min(found[acim], again[acim]) for acim in again}
        best = best if better >= _BETTER_DB else country
    else:
        best = country
    return Fitting(
        acim=best,
        return_loss_db=round(found[best], 1),
        country=country,
        country_db=round(found[country], 1),
    )


class _Turns:
    """One impedance after the other, for as long as the line stays quiet."""

    def __init__(self, leg: Leg, keys: str, noise_dbm0: float) -> None:
        self._leg = leg
        self._keys = list(keys)
        self._quiet_dbm0 = max(noise_dbm0 + _BESIDE_DB, LOUD_DBM0)
        #: When the last key was sent; the first is due at once.
        self._key_s = -_KEY_EVERY_S
        self._sounds = False

    def of(self, acim: int) -> float:
        """Its return loss, dB. Raises ``_Disturbed``."""
        if self._leg.now_s - self._key_s >= _KEY_EVERY_S and self._keys:
            self._key()
        self._leg.tune(acim)
        if not self._sounds:  # what goes before may still be on its way
            self._turn()
            self._sounds = True
        for _ in range(3):
            self._turn()
            halves = [self._returned(at_s) for at_s in (_HEARD_S, _HEARD_S / 2)]
            if abs(halves[0] - halves[1]) <= _UNSTEADY_DB:
                return fmean(halves)
        raise _Disturbed

    def _turn(self) -> None:
        self._leg.play(_MIX)
        run(self._leg, lambda: not self._leg.playing, 1.0)

    def _key(self) -> None:
        self._leg.play(measure.keys(self._keys.pop(0)))
        run(self._leg, lambda: not self._leg.playing, 1.0)
        self._key_s = self._leg.now_s
        self._sounds = False

    def _returned(self, ago_s: float) -> float:
        """Of the half turn that began so long ago. Raises ``_Disturbed``."""
        begun_s = self._leg.now_s - ago_s
        heard = self._leg.since(begun_s)[: round(_HEARD_S / 2 * measure.RATE)]
        parts = [measure.part_dbm0(heard, hz) for hz in _SENT_HZ]
        beside = _watts([measure.level_dbm0(heard)]) - _watts(parts)
        if beside > _watts([self._quiet_dbm0]):
            raise _Disturbed
        # Each part counts alike: where one comes back strongly, that is heard.
        lost = _dbm0(_watts([_SENT_DBM0] * len(parts))) - _dbm0(_watts(parts))
        return min(max(lost, 0.0), _MOST_DB)


def _watts(levels: Sequence[float]) -> float:
    """Their powers added, in milliwatts."""
    return sum(10 ** (level / 10) for level in levels if level > FLOOR_DBM0)


def _dbm0(milliwatts: float) -> float:
    return max(FLOOR_DBM0, 10 * math.log10(milliwatts)) if milliwatts > 0 else FLOOR_DBM0
