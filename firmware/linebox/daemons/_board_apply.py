"""The compiled settings brought to the cards with the least disturbance (TEL-1).

Unit by unit: what is configured as it should be isn't touched, what is in use waits until it is
idle. What was done is remembered for this boot of the kernel in ``/run``, so that boardd may be
killed at any moment; the boot's own part is ``cards-prepare``'s (image/rootfs), which waits for no
Python.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from linebox.base.clock import monotonic_s
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.files import write_whole
from linebox.base.messages import sentence
from linebox.base.shapes import Count, Length, parse, render
from linebox.daemons._board_asterisk import Calls, ChanDahdi
from linebox.hw import compiled
from linebox.hw.compiled import Compiled, Unit
from linebox.hw.impedance import Tuning
from linebox.hw.protocols import Port, PortState, PortType, Telephony

log = logging.getLogger(__name__)

#: A unit that was refused, or that Asterisk wouldn't make, is tried again so often.
_AGAIN_S: Final = 60.0
#: A line that is off the hook for so long without a call of Asterisk is nobody's.
_NOBODYS_S: Final = 20.0
_ANALOG: Final = frozenset({PortType.FXO, PortType.FXS})
_BUSY: Final = frozenset({PortState.RINGING, PortState.TALKING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    key: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Spans, by key: changed now, in use and changed when idle, refused."""

    changed: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """One unit as it was configured: its digests then."""

    unit: Annotated[str, Length(1, 250)]
    dahdi: str
    asterisk: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _AllDone:
    done: Annotated[tuple[_Done, ...], Count(0, 2000)]


class Applier:
    """``chan_dahdi`` is None where no kernel channels are (a simulated board): then Asterisk has
    none of them. ``kept`` lies in ``/run``."""

    def __init__(
        self, telephony: Telephony, chan_dahdi: ChanDahdi | None, files: Path, kept: Path
    ) -> None:
        self._telephony = telephony
        self._asterisk = chan_dahdi
        self._files = files
        self._kept = kept
        self._done = self._read()
        self._refused: dict[str, tuple[float, Failure]] = {}
        self._compiled = Compiled()
        #: Channel → the impedance that was given it since boardd's start; a card can't be asked.
        self._tuned: dict[int, int] = {}
        #: Channels off the hook without a call, since when.
        self._nobodys: dict[int, float] = {}
        #: What is left to do once it is idle, or tried again.
        self.left = False

    def apply(self, *, force: bool = False) -> Applied:
        """All that is left to do. ``force``: what was refused is tried again at once.

        Raises ``ConfigError("units-unreadable")``.
        """
        self._compiled = compiled.read(self._files)
        if force:
            self._refused.clear()
        faults = self._telephony.assign(self._compiled)
        failed = [_failure("span-refused", one.key, one.reason) for one in faults]
        spans = [span for card in self._telephony.look() for span in card.spans]
        there = {(span.key, span.number) for span in spans}
        units = [one for one in self._compiled.units if (one.span, one.number) in there]
        due = [unit for unit in units if self._due(unit)]
        ports = {port.channel: port for span in spans for port in span.ports}
        calls = self._asterisk.calls() if due and self._asterisk else Calls()
        changed: dict[str, None] = {}
        waits: dict[str, None] = {}
        for unit in due:
            if _in_use(unit, ports, calls):
                waits[unit.span] = None
                continue
            if self._refused_lately(unit):
                continue
            try:
                self._make(unit)
                changed[unit.span] = None
            except LineboxError as error:
                log.error("%s: %s", unit.span, error)
                reason = str(error.fields.get("reason", error.code))
                fault = _failure("span-refused", unit.span, reason)
                self._refused[_name(unit)] = (monotonic_s(), fault)
        self._tune(units)
        failed += [fault for _, fault in self._refused.values()]
        self.left = bool(waits or failed)
        if changed:
            self._save()
            log.info("configured: %s", ", ".join(changed))
        return Applied(changed=tuple(changed), waits=tuple(waits), failed=tuple(failed))

    def tuning(self, channel: int) -> Tuning | None:
        """Of a port to the exchange; None for what isn't one."""
        return next((one.tuning for one in self._compiled.units if channel in one.channels), None)

    def _tune(self, units: Sequence[Unit]) -> None:
        """Each port its impedance; a call on it isn't disturbed, and may go on."""
        wanted = {one.first: one.tuning.set for one in units if one.tuning}
        self._tuned = {one: acim for one, acim in self._tuned.items() if one in wanted}
        for channel, acim in wanted.items():
            if self._tuned.get(channel) == acim:
                continue
            try:
                if not self._telephony.tune(channel, acim):
                    log.info("channel %d: this card's impedance can't be chosen", channel)
            except LineboxError as error:
                log.warning("channel %d: impedance %d not set: %s", channel, acim, error)
                continue
            self._tuned[channel] = acim

    def heal(self, blocked: frozenset[int], ports: Mapping[int, Port]) -> None:
        """Asterisk has the channels that it shall have: corpses of pulled ones go, those that are
        back come, lines that are held by no call are hung up. Raises ``Unavailable``."""
        if self._asterisk is None or (has := self._asterisk.channels()) is None:
            return
        units = [unit for unit in self._compiled.units if unit.asterisk is not None]
        wanted = {one for unit in units for one in unit.channels} - blocked
        missing = [
            unit
            for unit in units
            if not has.intersection(unit.channels)
            and wanted.intersection(unit.channels)
            and ports.keys() & set(unit.channels)
            and not self._refused_lately(unit)
        ]
        calls = self._asterisk.calls()
        corpses = has - ports.keys()
        stopped = {
            one
            for one in has & blocked
            if one not in calls.channels and ports[one].state not in _BUSY
        }
        if gone := corpses | stopped:
            log.warning("channels taken out of Asterisk: %s", sorted(gone))
            self._asterisk.destroy(gone)
        if held := self._held(has - calls.channels - blocked, ports):
            log.warning("lines off the hook without a call, hung up: %s", sorted(held))
            self._asterisk.destroy(held)
            for unit in units:
                if held.intersection(unit.channels):
                    self._asterisk.create(unit.channels)
        for unit in missing:
            log.warning("channels given back to Asterisk: %d-%d", unit.first, unit.last)
            self._asterisk.create(unit.channels)
            fault = _failure("span-refused", unit.span, "chan_dahdi")
            self._refused[_name(unit)] = (monotonic_s(), fault)
        if missing and (now := self._asterisk.channels()):
            for unit in missing:
                if now.intersection(unit.channels):
                    del self._refused[_name(unit)]

    def _held(self, idle: frozenset[int], ports: Mapping[int, Port]) -> set[int]:
        """Of ``idle``, which no call is on: the lines to the exchange that are taken all the same,
        seen so before and long enough ago."""
        now_s = monotonic_s()
        taken = {
            one
            for one in idle
            if (port := ports.get(one))
            and port.kind is PortType.FXO
            and port.state is PortState.TALKING
        }
        self._nobodys = {one: self._nobodys.get(one, now_s) for one in taken}
        return {one for one, since_s in self._nobodys.items() if now_s - since_s >= _NOBODYS_S}

    def _due(self, unit: Unit) -> bool:
        """Of what isn't known how it was configured, all is done once more."""
        done = self._done.get(_name(unit))
        if done is None or (done.dahdi, done.asterisk) != (unit.dahdi, unit.asterisk):
            return True
        return self._telephony.differs(unit, self._compiled)

    def _make(self, unit: Unit) -> None:
        """Raises ``DeviceError``. Asterisk may go away meanwhile: its start reads its file."""
        asterisk = self._asterisk
        has = (asterisk.channels() if asterisk else None) or frozenset()
        own = has.intersection(unit.channels)
        done = self._done.get(_name(unit))
        if asterisk and own:
            _quietly(lambda: asterisk.destroy(own))
        if (
            done is None
            or done.dahdi != unit.dahdi
            or self._telephony.differs(unit, self._compiled)
        ):
            self._telephony.configure(unit, self._compiled)
            self._tuned.pop(unit.first, None)  # its card may have come anew
        if asterisk and unit.asterisk is not None:
            _quietly(lambda: asterisk.create(unit.channels))
        self._done[_name(unit)] = _Done(unit=_name(unit), dahdi=unit.dahdi, asterisk=unit.asterisk)
        self._refused.pop(_name(unit), None)

    def _refused_lately(self, unit: Unit) -> bool:
        at_s, _ = self._refused.get(_name(unit), (-_AGAIN_S, None))
        return monotonic_s() - at_s < _AGAIN_S

    def _read(self) -> dict[str, _Done]:
        try:
            said = parse(_AllDone, json.loads(self._kept.read_text("utf-8")))
        except FileNotFoundError:
            return self._begun()
        except (OSError, ValueError, InputError) as error:
            log.error("%s can't be understood: %s", self._kept, error)
            return {}
        return {one.unit: one for one in said.done}

    def _begun(self) -> dict[str, _Done]:
        """At boot ``cards-prepare`` configured these spans, and Asterisk began with them."""
        folder = self._kept.with_name("boot")
        try:
            spans = {int(line) for line in (folder / "spans").read_text("ascii").split()}
            units = compiled.units(folder / "units.json")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, LineboxError) as error:
            log.error("%s can't be understood: %s", folder, error)
            return {}
        return {
            _name(one): _Done(unit=_name(one), dahdi=one.dahdi, asterisk=one.asterisk)
            for one in units
            if one.number in spans
        }

    def _save(self) -> None:
        said = render(_AllDone(done=tuple(self._done.values())))
        try:
            write_whole(self._kept, json.dumps(said), lasting=False)
        except OSError as error:
            log.error("what was done can't be written: %s", error)


def _name(unit: Unit) -> str:
    return f"{unit.span}:{unit.first}"


def _in_use(unit: Unit, ports: Mapping[int | None, Port], calls: Calls) -> bool:
    if calls.channels.intersection(unit.channels):
        return True
    own = [ports[one] for one in unit.channels if one in ports]
    if any(port.kind not in _ANALOG for port in own) and unit.number in calls.spans:
        return True
    return any(port.state in _BUSY for port in own)


def _failure(code: str, key: str, reason: str) -> Failure:
    zh, en = sentence(code, {"span": key, "reason": reason})
    return Failure(key=key, zh=zh, en=en)


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except Unavailable as error:
        log.info("Asterisk is away: %s", error)
