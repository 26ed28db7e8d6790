"""boardd's tests of lines (TEL-3, TEL-10, TEL-12): one at a time, in a thread of its own.

A line under test is out of service: Asterisk lets go of its channel, and gets it back when the test
is over, however it ends. A boardd that was killed meanwhile gives it back at its start, by healing.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from linebox.base.clock import monotonic_s, now
from linebox.base.errors import InputError, LineboxError
from linebox.daemons._board_asterisk import Calls, ChanDahdi
from linebox.daemons._board_picture import Picture
from linebox.hw import lab
from linebox.hw.impedance import Tuning
from linebox.hw.lab import LineVerdict, Outcome
from linebox.hw.lab_job import (
    Bits,
    LabJob,
    LabKind,
    LabNow,
    LabSaid,
    LabStep,
    LabWish,
    LineTold,
    said_of,
    told,
)
from linebox.hw.protocols import LineAlarm, Port, PortState, PortType, Span, Telephony
from linebox.hw.taps import Leg, Stopped

log = logging.getLogger(__name__)

_KEPT: Final = 20
#: Bits a second that an E1's channels carry, ITU-T G.704.
_RATE: Final = 31 * 64_000
#: The pattern must be found within so long; errors before don't count.
_LOCKS_WITHIN_S: Final = 3.0
_LOOK_S: Final = 0.2


class Lab:
    """``given_back`` has Asterisk take its channels again; ``changing`` is held while channels are
    taken, so that nothing else changes them; ``tuning``: what a channel's impedance is set to."""

    def __init__(
        self,
        telephony: Telephony,
        picture: Picture,
        asterisk: ChanDahdi | None,
        changing: threading.Lock,
        given_back: Callable[[], None],
        tuning: Callable[[int], Tuning | None] = lambda _: None,
    ) -> None:
        self._telephony = telephony
        self._picture = picture
        self._asterisk = asterisk
        self._changing = changing
        self._given_back = given_back
        self._tuning = tuning
        self._ids = itertools.count(1)
        self._jobs: dict[int, LabJob] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        #: Channels that Asterisk may not have now.
        self.taken: frozenset[int] = frozenset()

    def start(self, wish: LabWish) -> LabJob:
        """Raises ``InputError``: ``line-test-running``, ``not-found``, ``line-in-use``,
        ``span-in-use``, ``not-testable``, ``learn-needs-two``, ``learn-needs-number``."""
        if self._thread is not None and self._thread.is_alive():
            raise InputError("line-test-running")
        act = self._act(wish)
        job = LabJob(
            id=next(self._ids),
            kind=wish.kind,
            key=wish.key,
            other=wish.other,
            number=wish.number,
            at=now(),
            by=wish.by,
            step=LabStep.RUNS,
        )
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-_KEPT]:
            del self._jobs[old]
        self._stop.clear()
        self._thread = threading.Thread(
            target=self._run, args=(job.id, act), name="lab", daemon=True
        )
        self._thread.start()
        return job

    def job(self, id_: int) -> LabJob:
        """Raises ``InputError("not-found")``."""
        if id_ not in self._jobs:
            raise InputError("not-found", what="test", key=str(id_))
        return self._jobs[id_]

    def newest(self) -> LabNow:
        return LabNow(job=self._jobs[max(self._jobs)] if self._jobs else None)

    def stop(self) -> Mapping[str, object]:
        """End it soon; it then has no verdict."""
        self._stop.set()
        return {}

    # -- which line ---------------------------------------------------------------------------

    def _act(self, wish: LabWish) -> Callable[[int], tuple[LineTold, ...]]:
        if wish.kind is LabKind.BITS:
            span = self._picture.span(wish.key)
            if span is None or span.number is None:
                raise InputError("not-found", what="span", key=wish.key)
            if not any(port.kind is PortType.BEARER for port in span.ports):
                raise InputError("not-testable")
            self._unused_span(span)
            return lambda _: (self._bits(span, wish.seconds),)
        port = self._free(wish.key)
        if wish.kind is LabKind.CALL:
            return lambda _: (self._call(port, wish.number),)
        if not wish.other or wish.other == wish.key:
            raise InputError("learn-needs-two")
        other = self._free(wish.other)
        if PortType.FXS in (port.kind, other.kind):
            raise InputError("learn-needs-two")
        if not wish.number:
            raise InputError("learn-needs-number")
        return lambda id_: self._learn(id_, port, other, wish)

    def _free(self, key: str) -> Port:
        port = self._picture.port(key)
        if port is None or port.channel is None:
            raise InputError("not-found", what="port", key=key)
        if port.kind not in (PortType.FXO, PortType.FXS):
            raise InputError("not-testable")
        calls = self._asterisk.calls() if self._asterisk else Calls()
        busy = port.state in (PortState.TALKING, PortState.RINGING)
        if busy or port.channel in calls.channels:
            raise InputError("line-in-use")
        return port

    def _unused_span(self, span: Span) -> None:
        calls = self._asterisk.calls() if self._asterisk else Calls()
        own = {port.channel for port in span.ports}
        if span.number in calls.spans or calls.channels & own:
            raise InputError("span-in-use", span=span.key)

    # -- the tests ----------------------------------------------------------------------------

    def _run(self, id_: int, act: Callable[[int], tuple[LineTold, ...]]) -> None:
        began_s = monotonic_s()
        fault: LabSaid | None = None
        results: tuple[LineTold, ...] = ()
        try:
            results = act(id_)
        except Stopped:
            fault = said_of("line-test-stopped", {})
        except LineboxError as error:
            log.error("a test failed: %s", error)
            fault = said_of(error.code, error.fields)
        except Exception:
            log.exception("a test failed")
            fault = said_of("line-test-failed", {})
        self._change(
            id_,
            step=LabStep.DONE,
            results=results,
            fault=fault,
            ended_s=round(monotonic_s() - began_s, 1),
        )

    def _change(self, id_: int, **changed: object) -> None:
        if id_ in self._jobs:
            self._jobs[id_] = replace(self._jobs[id_], **changed)  # type: ignore[arg-type]

    def _call(self, port: Port, number: str) -> LineTold:
        if port.alarm is LineAlarm.BATTERY:
            return told(port.key, Outcome(verdict=LineVerdict.NO_BATTERY))
        with self._in_hand(port) as (leg,):
            fxs = port.kind is PortType.FXS
            return told(port.key, lab.try_phone(leg) if fxs else lab.try_line(leg, number))

    def _learn(self, id_: int, port: Port, other: Port, wish: LabWish) -> tuple[LineTold, ...]:
        for one in (port, other):
            if one.alarm is LineAlarm.BATTERY:
                return (told(one.key, Outcome(verdict=LineVerdict.NO_BATTERY)),)
        with self._in_hand(port, other) as (caller, called):
            tuning = self._tuning(port.channel or 0)
            first = told(port.key, lab.learn(caller, called, wish.number, tuning))
            if not wish.own_number:
                return (first,)
        self._change(id_, step=LabStep.SECOND, results=(first,))
        with self._in_hand(other, port) as (caller, called):
            tuning = self._tuning(other.channel or 0)
            second = told(other.key, lab.learn(caller, called, wish.own_number, tuning))
            return (first, second)

    def _bits(self, span: Span, seconds: int) -> LineTold:
        self._telephony.pattern(span, on=True)
        log.warning("span %s: bit-error test", span.key)
        try:
            found_s = self._until(lambda: self._telephony.pattern_seen(span).locked)
            if found_s is None:
                return told(span.key, Outcome(verdict=LineVerdict.NO_PATTERN))
            before, began_s = self._telephony.pattern_seen(span).errors, monotonic_s()
            while (lasted_s := monotonic_s() - began_s) < seconds:
                self._pause()
                seen = self._telephony.pattern_seen(span)
                if not seen.locked:
                    return told(span.key, Outcome(verdict=LineVerdict.NO_PATTERN))
            errors = self._telephony.pattern_seen(span).errors - before
        finally:
            self._telephony.pattern(span, on=False)
        bits = Bits(seconds=round(lasted_s, 1), errors=errors, ratio=errors / (_RATE * lasted_s))
        verdict = LineVerdict.ERRORS if errors else LineVerdict.CLEAN
        return told(span.key, Outcome(verdict=verdict), bits)

    def _until(self, so: Callable[[], bool]) -> float | None:
        began_s = monotonic_s()
        while monotonic_s() - began_s < _LOCKS_WITHIN_S:
            if so():
                return monotonic_s() - began_s
            self._pause()
        return None

    def _pause(self) -> None:
        if self._stop.wait(_LOOK_S):
            raise Stopped

    def _in_hand(self, *ports: Port) -> _Hand:
        return _Hand(self, ports)

    def take(self, ports: tuple[Port, ...], stack: ExitStack) -> tuple[Leg, ...]:
        """Legs of them, each beside the one before it; given back when ``stack`` ends."""
        channels = frozenset(port.channel for port in ports if port.channel is not None)
        stack.callback(self._give_back)
        with self._changing:
            self.taken = channels
            if self._asterisk and (has := self._asterisk.channels()):
                self._asterisk.destroy(has & channels)
        beside: tuple[Leg, ...] = ()
        for port in reversed(ports):
            tap = self._telephony.tap(port)
            stack.callback(tap.close)
            beside = (Leg(tap, self._stop.is_set, beside[:1]), *beside)
        return beside

    def _give_back(self) -> None:
        self.taken = frozenset()
        self._given_back()


class _Hand:
    """Lines of ours alone for as long as a ``with`` block lasts."""

    def __init__(self, owner: Lab, ports: tuple[Port, ...]) -> None:
        self._owner = owner
        self._ports = ports
        self._stack = ExitStack()

    def __enter__(self) -> tuple[Leg, ...]:
        try:
            return self._owner.take(self._ports, self._stack)
        except BaseException:
            self._stack.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._stack.close()
