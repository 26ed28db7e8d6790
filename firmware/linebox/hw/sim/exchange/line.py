"""A subscriber's line as its exchange plays it: calls to the box, and calls that it makes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from linebox.hw.sim.exchange import sound
from linebox.hw.sim.exchange.callerid import FSK, Scheme, burst
from linebox.hw.sim.exchange.channel import BLOCK, Channel, Event, Hook
from linebox.hw.sim.exchange.digits import Digits

_REVERSED_S: Final = 0.2  # a reversal's pause before keys (innovaphone: Sweden-type lines)
_AFTER_RING_S: Final = 0.6  # GR-30: a number comes 0.5 to 1.5 s after the first ring's end
_BEFORE_RING_S: Final = 0.5
_FIRST_DIGIT_S: Final = 15.0
_NEXT_DIGIT_S: Final = 2.0
#: An on-hook of the box counts after DAHDI's time for a flash, 1.25 s.
_CLEARED_S: Final = 30.0
#: DAHDI_KEWLTIME and DAHDI_AFTERKEWLTIME: so long a dropped battery takes a line out of use.
_DROP_S: Final = 0.85
_LOOK_S: Final = 0.02


class Ending(StrEnum):
    """How the exchange says that the far party has hung up."""

    BATTERY = "battery"
    REVERSAL = "reversal"
    BUSY = "busy"
    CONGESTION = "congestion"
    NOTHING = "nothing"  # a line that never says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A call to the box. ``name`` goes in MDMF only; ``number`` None is withheld."""

    number: str | None
    name: str | None = None
    scheme: Scheme = Scheme.FSK
    ring_s: float = 30.0
    talk_s: float = 2.0
    ending: Ending = Ending.BATTERY
    takes_back: bool = True  # DTMF before ring: the reversal ends before the ring


class Through:
    """A call from one of the exchange's lines to another, as both of them see it."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.over = threading.Event()
        #: The lines that talk, each by its own thread.
        self.channels: dict[str, Channel] = {}


#: Rings another line, by its number of the exchange's.
type Connect = Callable[[int, Through], None]


def _nobody(_line: int, _call: Through) -> None:
    raise LookupError("no other lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What happens to a call that the box makes. ``rings``: the line that it goes through to, 0
    for a number elsewhere."""

    answers: bool = True
    reversal: bool = True  # the answer is told by a reversal
    ringback_s: float = 1.0
    talk_s: float = 2.0
    ending: Ending = Ending.BATTERY
    rings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of a call; seconds since it began, None where that never happened.

    ``freed_s``: from the moment the exchange told its end until the box hung up.
    """

    dialled: str = ""
    answered_s: float | None = None
    freed_s: float | None = None
    box_ended: bool = False


class Line:
    """Not for two threads at once. Raises ``Gone`` from any call when the card is pulled out."""

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.monotonic) -> None:
        self._channel = channel
        self._now = clock
        self._reversed = False
        self._off_hook = False
        self._quiet_at = 0.0
        self.outgoing = Outgoing()

    # -- calls to the box ---------------------------------------------------------------------

    def call(self, incoming: Incoming) -> Told:
        """Rings until the box answers, talks, ends the call, waits until the box is on hook."""
        began = self._now()
        sent = burst(
            incoming.scheme, incoming.number, incoming.name, datetime.now(UTC).astimezone()
        )
        self._start()
        if incoming.scheme is Scheme.DTMF_BEFORE:
            self._reverse()
            self._play(sound.silence(_REVERSED_S) + sent)
            if incoming.takes_back:
                self._reverse()
            self._play(sound.silence(_BEFORE_RING_S))
        self._channel.hook(Hook.RING)
        if incoming.scheme in FSK or incoming.scheme is Scheme.DTMF_AFTER:
            self._until(Event.RING_ENDS, 5.0)
            if not self._up():
                self._play(sound.silence(_AFTER_RING_S) + sent)
        if not self._up() and not self._until(Event.OFF_HOOK, incoming.ring_s):
            self._channel.hook(Hook.ON)
            self._restore()
            return Told()
        answered = self._now() - began
        self._channel.hook(Hook.OFF)  # else it rings on under the call
        return self._talk(incoming.talk_s, incoming.ending, Told(answered_s=answered))

    # -- calls that the box makes -------------------------------------------------------------

    def serve(self, connect: Connect = _nobody) -> Told | None:
        """Answers the box if it has gone off hook: dial tone, digits, the call. None: it hasn't."""
        if not self._up() and not self._until(Event.OFF_HOOK, 0):
            return None
        began, plan = self._now(), self.outgoing
        self._channel.hook(Hook.OFF)
        dialled = self._digits()
        if not self._up():
            return self._over(Told(dialled=dialled, box_ended=True))
        if not plan.answers or not dialled:
            return self._end(plan.ending, Told(dialled=dialled))
        if plan.rings:
            return self._put_through(plan, dialled, connect)
        self._repeat(sound.cadence(sound.RINGBACK), plan.ringback_s)
        if not self._up():
            return self._over(Told(dialled=dialled, box_ended=True))
        if plan.reversal:
            self._reverse()
        told = Told(dialled=dialled, answered_s=self._now() - began)
        return self._talk(plan.talk_s, plan.ending, told)

    def rung(self, call: Through) -> None:
        """Another line calls this one: it rings until the box answers or the other gives up."""
        self._start()
        if self._up():
            call.over.set()
            return
        self._channel.hook(Hook.RING)
        while not call.over.is_set() and not self._up():
            self._until(Event.OFF_HOOK, 0.1)
        if not self._up():
            self._channel.hook(Hook.ON)
            return
        self._channel.hook(Hook.OFF)
        call.channels["called"] = self._channel
        call.answered.set()
        self._talk_through(call, "caller")
        self._over(Told())

    def _put_through(self, plan: Outgoing, dialled: str, connect: Connect) -> Told:
        call, began = Through(), self._now()
        call.channels["caller"] = self._channel
        connect(plan.rings, call)
        while not call.answered.is_set() and self._up() and not call.over.is_set():
            self._repeat(sound.cadence(sound.RINGBACK), 0.3)
        if not call.answered.is_set():
            call.over.set()
            return self._end(plan.ending, Told(dialled=dialled))
        self._channel.flush()
        if plan.reversal:
            self._reverse()
        told = Told(dialled=dialled, answered_s=self._now() - began)
        self._talk_through(call, "called")
        if not self._up():
            return self._over(told)
        return self._end(plan.ending, told)

    def _talk_through(self, call: Through, other: str) -> None:
        """What is heard here is said there, until one of the two hangs up."""
        while not call.over.is_set() and self._up():
            self._channel.wait(0.1, to_read=True)
            self._events()
            heard = self._channel.read()
            if heard and other in call.channels:
                call.channels[other].write(heard)
        call.over.set()

    def wait(self, timeout_s: float) -> None:
        """Until something happens on the line."""
        if not self._up():
            self._channel.wait(timeout_s)

    def _digits(self) -> str:
        """Dial tone until the first digit; the number is whole when no more come."""
        found, listener = "", Digits()
        self._channel.flush()
        dial_tone = sound.tone(1.0, (sound.TONE_HZ, -10))
        at, until = 0, self._now() + _FIRST_DIGIT_S
        while self._up() and self._now() < until:
            # A second of it holds 450 whole periods: it joins on to itself.
            if not found and self._channel.write(dial_tone[at : at + BLOCK]):
                at = (at + BLOCK) % len(dial_tone)
            self._channel.wait(0.1, to_read=True)
            self._events()
            digits = listener.feed(self._channel.read())
            if digits and not found:
                self._channel.flush()
            if digits:
                found, until = found + digits, self._now() + _NEXT_DIGIT_S
        return found

    # -- what both have -----------------------------------------------------------------------

    def _talk(self, seconds: float, ending: Ending, told: Told) -> Told:
        """A tone of 1004 Hz stands for the far party's voice."""
        self._repeat(sound.tone(0.25, (1004, -10)), seconds)
        if not self._up():
            return self._over(
                Told(dialled=told.dialled, answered_s=told.answered_s, box_ended=True)
            )
        return self._end(ending, told)

    def _end(self, ending: Ending, told: Told) -> Told:
        told_at = self._now()
        match ending:
            case Ending.BATTERY:
                self._channel.hook(Hook.ON)
            case Ending.REVERSAL:
                self._reverse()
            case Ending.BUSY | Ending.CONGESTION:
                on_off = sound.BUSY if ending is Ending.BUSY else sound.CONGESTION
                self._repeat(sound.cadence(on_off), _CLEARED_S)
            case Ending.NOTHING:
                pass
        cleared = self._until_on_hook(_CLEARED_S - (self._now() - told_at))
        return self._over(
            Told(
                dialled=told.dialled,
                answered_s=told.answered_s,
                freed_s=self._now() - told_at if cleared else None,
            )
        )

    def _over(self, told: Told) -> Told:
        """A box that never hung up loses its battery for half a second, and is given up."""
        self._channel.flush()
        self._channel.hook(Hook.ON)
        self._quiet_at = self._now() + _DROP_S
        self._off_hook = False
        self._restore()
        return told

    def _start(self) -> None:
        """The last call's battery drop is over, and what it left to be told is passed over."""
        time.sleep(max(self._quiet_at - self._now(), 0))
        self._events()

    def _up(self) -> bool:
        """The box has closed the loop."""
        return self._off_hook

    def _reverse(self) -> None:
        self._reversed = not self._reversed
        self._channel.polarity(reverse=self._reversed)

    def _restore(self) -> None:
        """Normal polarity, once no battery drop is under way (the port refuses it then)."""
        until = self._now() + 1.5
        while self._reversed and self._now() < until:
            try:
                self._channel.polarity(reverse=False)
                self._reversed = False
            except OSError:
                time.sleep(0.05)

    def _events(self) -> set[Event]:
        seen = set()
        while (event := self._channel.event()) is not None:
            seen.add(event)
            if event is Event.OFF_HOOK:
                self._off_hook = True
            elif event is Event.ON_HOOK:
                self._off_hook = False
        return seen

    def _until(self, wanted: Event, timeout_s: float) -> bool:
        """Also ends, with False, when the box answers before it."""
        until = self._now() + timeout_s
        while True:
            seen = self._events()
            if wanted in seen:
                return True
            if self._up() or self._now() >= until:
                return False
            self._channel.wait(until - self._now())

    def _until_on_hook(self, timeout_s: float) -> bool:
        until = self._now() + timeout_s
        while self._up() and self._now() < until:
            self._channel.wait(until - self._now())
            self._events()
        return not self._up()

    def _play(self, heard: bytes) -> None:
        """All of it, sample by sample as it is; less when the box goes off hook or on meanwhile."""
        was = self._up()
        for at in range(0, len(heard), BLOCK):
            while not self._channel.write(heard[at : at + BLOCK]):
                self._channel.wait(0.5, to_write=True)
                if self._changed(was):
                    return
        while not self._channel.played():
            self._channel.wait(_LOOK_S)
            if self._changed(was):
                return

    def _changed(self, was: bool) -> bool:
        """The box's hook isn't what it was; then nothing more is played."""
        self._events()
        if self._up() == was:
            return False
        self._channel.flush()
        return True

    def _repeat(self, period: bytes, seconds: float) -> None:
        """Over and over for so long, or until the box hangs up."""
        sent, until, buffer = 0, self._now() + seconds, b""
        while self._up() and self._now() < until:
            if len(buffer) < BLOCK:
                buffer += period
            if self._channel.write(buffer[:BLOCK]):
                buffer, sent = buffer[BLOCK:], sent + 1
            else:
                self._channel.wait(0.5, to_write=True)
                self._events()
        self._channel.flush()
