"""Analog lines that a scenario plays as an exchange and its telephones would: enough for tests and
commissioning to be rehearsed without hardware (DIA-6)."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from linebox.hw import measure
from linebox.hw.measure import KEYS, RATE, Sound
from linebox.hw.sim.scenario import Ends, ScenarioExchange
from linebox.hw.taps import BLOCK, BLOCK_S, Heard, Hook, Sign

_ROWS: Final = sorted({row for row, _ in KEYS.values()})
_COLUMNS: Final = sorted({column for _, column in KEYS.values()})
_KEY: Final = {pair: key for key, pair in KEYS.items()}
_KEY_DBM0: Final = -25.0
_TONE_DBM0: Final = -10.0
_NEXT_DIGIT_S: Final = 2.0
_RINGBACK_S: Final = (1.0, 4.0)
_FAR_ANSWERS_S: Final = 2.0
_LIFTED_S: Final = 3.0
#: What a port has before it is tuned: China's.
ACIM: Final = 15
#: Between a hang-up at one end and its sign at the other.
_END_S: Final = 0.3


class _State(StrEnum):
    ON_HOOK = "on-hook"
    RUNG = "rung"
    DIAL_TONE = "dial-tone"
    DIALLING = "dialling"
    RINGBACK = "ringback"
    TALK = "talk"
    BUSY = "busy"
    OVER = "over"


class SimLine:
    """One line and what is at its other end. ``lines``: those of the same exchange, by number."""

    def __init__(
        self, said: ScenarioExchange, number: str, lines: Mapping[str, SimLine], *, phone: bool
    ) -> None:
        self._said = said
        self.number = number
        self._lines = lines
        self._phone = phone
        self._state = _State.ON_HOOK
        self._since_s = self._now_s = 0.0
        self._hook = Hook.ON
        self._digits = ""
        self._key: str | None = None
        self._peer: SimLine | None = None
        self._ends_at_s = math.inf
        self._signs: list[Sign] = []
        self._said_last = _quiet()
        self._seed = 1
        #: Of the port: which impedance it has.
        self.acim = ACIM

    def hook(self, state: Hook) -> None:
        if self._phone:
            self._hook = state
            self._to(_State.RUNG if state is Hook.RING else _State.TALK)
            if state is Hook.ON:
                self._to(_State.ON_HOOK)
            return
        was, self._hook = self._hook, state
        if state is Hook.ON:
            self._hang_up()
        elif was is Hook.ON and self._state is _State.RUNG and self._peer is not None:
            self._to(_State.TALK)
            self._peer.answered()
        elif was is Hook.ON:
            self._digits = ""
            self._to(_State.DIAL_TONE)

    def tune(self, acim: int) -> bool:
        """Only a port to the exchange has an impedance to choose."""
        if not self._phone:
            self.acim = acim
        return not self._phone

    def turn(self, play: Sound) -> Heard:
        """20 ms of the line, whenever they are asked for."""
        self._now_s += BLOCK_S
        self._said_last = play
        if self._phone:
            heard = self._of_phone()
        else:
            self._dial(play)
            heard = self._of_exchange()
        signs, self._signs = tuple(self._signs), []
        return Heard(self._on_the_wire(heard, play), signs)

    def reset(self) -> None:
        if self._hook is not Hook.ON:
            self.hook(Hook.ON)
        self._signs = []

    # -- what the exchange does ---------------------------------------------------------------

    def answered(self) -> None:
        if self._said.reversal:
            self._signs.append(Sign.REVERSAL)
        self._to(_State.TALK)

    def ended(self) -> None:
        """The other side has hung up."""
        self._peer = None
        self._ends_at_s = self._now_s + _END_S

    def rung(self, by: SimLine) -> bool:
        if self._state is not _State.ON_HOOK:
            return False
        self._peer = by
        self._to(_State.RUNG)
        self._signs.append(Sign.RING)
        return True

    def _hang_up(self) -> None:
        if self._peer is not None:
            self._peer.ended()
        self._peer, self._ends_at_s = None, math.inf
        self._to(_State.ON_HOOK)

    def _dial(self, play: Sound) -> None:
        key = _key_of(play) if self._state in (_State.DIAL_TONE, _State.DIALLING) else None
        if key is not None and key != self._key:
            self._digits += key
            self._to(_State.DIALLING)
        elif key is not None:
            self._since_s = self._now_s
        self._key = key

    def _route(self) -> None:
        other = self._lines.get(self._digits)
        if other is not None and other is not self and other.rung(self):
            self._peer = other
            self._to(_State.RINGBACK)
        elif other is not None or len(self._digits) < 3:
            self._to(_State.BUSY)
        else:
            self._to(_State.RINGBACK)

    def _of_exchange(self) -> Sound:
        at_s = self._now_s - self._since_s
        if self._state is _State.DIALLING and at_s > _NEXT_DIGIT_S:
            self._route()
        if (
            self._state is _State.RINGBACK
            and self._peer is None
            and self._said.answers
            and at_s > _FAR_ANSWERS_S
        ):
            self.answered()
        if self._now_s >= self._ends_at_s:
            self._end()
        match self._state:
            case _State.DIAL_TONE:
                return self._tone(1.0, 0.0)
            case _State.RINGBACK:
                return self._tone(*_RINGBACK_S)
            case _State.BUSY:
                return self._tone(self._said.busy_on_ms / 1000, self._said.busy_off_ms / 1000)
            case _State.TALK:
                if self._ends_at_s < math.inf:
                    return _quiet()
                return self._peer.said() if self._peer else _voice(self._now_s)
            case _:
                return _quiet()

    def said(self) -> Sound:
        """What the other side says, as loud as it arrives here."""
        loss = 10 ** (-self._said.loss_db / 20)
        return array("h", (round(one * loss) for one in self._said_last))

    def _end(self) -> None:
        self._ends_at_s = math.inf
        match self._said.ends:
            case Ends.BUSY:
                self._to(_State.BUSY)
            case Ends.REVERSAL:
                self._signs.append(Sign.REVERSAL)
                self._to(_State.OVER)
            case Ends.BATTERY:
                self._signs.append(Sign.DROP)
                self._to(_State.OVER)
            case Ends.NOTHING:
                self._to(_State.OVER)

    # -- what a telephone does ----------------------------------------------------------------

    def _of_phone(self) -> Sound:
        rung = self._state is _State.RUNG
        if rung and self._now_s - self._since_s > _LIFTED_S and self._said.answers:
            self._signs.append(Sign.LIFT)
            self._to(_State.TALK)
        return _voice(self._now_s) if self._state is _State.TALK else _quiet()

    # -- sound --------------------------------------------------------------------------------

    def _to(self, state: _State) -> None:
        self._state, self._since_s = state, self._now_s

    def _tone(self, on_s: float, off_s: float) -> Sound:
        """A block of it, exact to the sample."""
        sound = _sine(self._said.tone_hz, _TONE_DBM0, self._now_s)
        first = round((self._now_s - self._since_s) * RATE)
        on, whole = round(on_s * RATE), round((on_s + off_s) * RATE)
        for n in range(BLOCK):
            if (first + n) % whole >= on:
                sound[n] = 0
        return sound

    def _echo_db(self) -> float:
        if self._phone or self._said.balance is None:
            return self._said.echo_db
        return max(34.0 - 4.0 * abs(self.acim - self._said.balance), 6.0)

    def _on_the_wire(self, heard: Sound, play: Sound) -> Sound:
        """With our own echo and the noise of the line; none of both on hook."""
        if self._hook is Hook.ON:
            return heard
        back = 10 ** (-self._echo_db() / 20)
        hiss = 10 ** (self._said.noise_dbm0 / 20) * 27_400  # white, even: its peak
        mixed = array("h", bytes(2 * BLOCK))
        for n in range(BLOCK):
            self._seed = (self._seed * 1103515245 + 12345) & 0x7FFFFFFF
            white = (self._seed / 0x40000000 - 1) * hiss
            mixed[n] = max(-32768, min(32767, round(heard[n] + play[n] * back + white)))
        return mixed


class SimTap:
    """``paced``: as slowly as a real line."""

    def __init__(self, line: SimLine, told: Callable[[Hook], None], *, paced: bool) -> None:
        self._line = line
        self._told = told
        self._paced = paced
        self._next_s = time.monotonic()
        line.reset()

    def hook(self, state: Hook) -> None:
        self._line.hook(state)
        self._told(state)

    def turn(self, play: Sound) -> Heard:
        if self._paced:
            self._next_s = max(self._next_s + BLOCK_S, time.monotonic() - 1)
            time.sleep(max(0.0, self._next_s - time.monotonic()))
        return self._line.turn(play)

    def tune(self, acim: int) -> bool:
        return self._line.tune(acim)

    def close(self) -> None:
        self._line.reset()
        self._told(Hook.ON)


def _quiet() -> Sound:
    return measure.silence(BLOCK_S)


def _sine(hz: float, dbm0: float, at_s: float) -> Sound:
    """A block of it, which joins on to the one before."""
    return measure.tone(BLOCK_S, (hz, dbm0), first=round(at_s * RATE))


def _voice(at_s: float) -> Sound:
    """A thousand hertz stand for it."""
    return _sine(1000, -15, at_s)


def _key_of(sound: Sound) -> str | None:
    if measure.level_dbm0(sound) < _KEY_DBM0:
        return None
    low, high = (max(band, key=lambda hz: measure.share(sound, hz)) for band in (_ROWS, _COLUMNS))
    both = measure.share(sound, low), measure.share(sound, high)
    return _KEY[low, high] if min(both) > 0.15 and sum(both) > 0.6 else None
