"""The telephone cards that DAHDI drives, by sysfs and its master device (TEL-1, TEL-2).

Where cards and spans are comes from ``/sys``: read when hardware came or went, and from time to
time. What a port does comes from the master device at each look; where that can't be asked (trees
in tests, a driver without hook states) the tree's own words are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from linebox.base.clock import monotonic_s
from linebox.base.errors import DeviceError
from linebox.hw import cards
from linebox.hw.board import Phones
from linebox.hw.compiled import Assignment, Compiled, Unit
from linebox.hw.protocols import (
    CUTS,
    Bus,
    Card,
    Counters,
    DeviceFault,
    LineAlarm,
    Loop,
    PatternSeen,
    Port,
    PortState,
    PortType,
    Span,
    SpanType,
)
from linebox.hw.real import sysfs
from linebox.hw.real.control import UNKNOWN, ChannelStat, Control, Hook, SpanStat
from linebox.hw.real.monitor import Wakes
from linebox.hw.real.tap import DahdiTap
from linebox.hw.taps import Tap

#: The trees are read anew so often though nothing was told.
_SCAN_EVERY_S: Final = 30.0
#: Voltages and slips are asked so often.
_SLOW_EVERY_S: Final = 5.0
_CRC4: Final = 1 << 10  # user.h, DAHDI_CONFIG_CRC4
_SIGNALLING: Final = frozenset({"HDLCFCS", "Hardware-assisted HDLC", "MTP2", "HDLCRAW"})
_UNCONFIGURED: Final = "Unconfigured"
_E1_SIGNALLING: Final = 16  # of an E1's channels, ITU-T G.704

#: user.h, ``DAHDI_ALARM_*``.
_BITS: Final = (
    (1 << 8, LineAlarm.LOS),
    (1 << 3, LineAlarm.RED),
    (1 << 9, LineAlarm.LFA),
    (1 << 10, LineAlarm.LMFA),
    (1 << 4, LineAlarm.BLUE),
    (1 << 2, LineAlarm.YELLOW),
    (1 << 5, LineAlarm.NOTOPEN),
    (1 << 1, LineAlarm.LOOPBACK),
    (1 << 0, LineAlarm.RECOVER),
)
#: dahdi-base.c, ``fill_alarm_string``.
_ALARM_WORDS: Final = {
    "BLUE": LineAlarm.BLUE,
    "YELLOW": LineAlarm.YELLOW,
    "RED": LineAlarm.RED,
    "LOOP": LineAlarm.LOOPBACK,
    "RECOVERING": LineAlarm.RECOVER,
    "NOTOPEN": LineAlarm.NOTOPEN,
}
_SPAN_KINDS: Final = {
    "E1": SpanType.E1,
    "T1": SpanType.E1,
    "J1": SpanType.E1,
    "FXS": SpanType.FXS,
    "FXO": SpanType.FXO,
    "ANALOG_MIXED": SpanType.MIXED,
    "BRI_NT": SpanType.BRI,
    "BRI_TE": SpanType.BRI,
    "BRI_SOFT": SpanType.BRI,
}
#: An Astribank's contacts and relays look like FXS ports (xpp/card_fxs.c); they aren't lines.
_CONTACTS: Final = ("XPP_IN/", "XPP_OUT/")
#: user.h, ``DAHDI_MAINT_*``.
_LOOPS: Final = {Loop.OFF: 0, Loop.LOCAL: 1, Loop.NETWORK: 2}
_PATTERN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A card as the trees show it."""

    key: str
    kind: cards.Kind
    known: bool
    bus: Bus
    location: str
    ids: str
    driver: str
    device: sysfs.Device | None


class DahdiTelephony:
    """``root`` holds ``sys`` and ``proc``; ``control`` the master device."""

    def __init__(
        self, root: Path, control: Control, phones: Phones, wakes: Wakes | None = None
    ) -> None:
        self._sys, self._proc = root / "sys", root / "proc/dahdi"
        self._control = control
        self._phones = phones
        self._wakes = wakes
        self._found: tuple[_Found, ...] = ()
        self._scan_s = -_SCAN_EVERY_S
        self._slow_s = -_SLOW_EVERY_S
        self._volts: dict[int, int | None] = {}
        self._slips: dict[int, int] = {}

    # -- looking ------------------------------------------------------------------------------

    def look(self) -> tuple[Card, ...]:
        at_s = monotonic_s()
        if at_s - self._scan_s >= _SCAN_EVERY_S:
            self._found, self._scan_s = tuple(self._scan()), at_s
        if at_s - self._slow_s >= _SLOW_EVERY_S:
            self._volts, self._slips, self._slow_s = {}, {}, at_s
        return tuple(self._card(found) for found in self._found)

    def wakes(self) -> int | None:
        return self._wakes.fileno() if self._wakes else None

    def woken(self) -> None:
        if self._wakes:
            self._wakes.drain()
        self._scan_s = -_SCAN_EVERY_S

    def _scan(self) -> Iterator[_Found]:
        by_place = {one.place: one for one in sysfs.bus_devices(self._sys)}
        taken: set[str] = set()
        for device in sysfs.devices(self._sys):
            taken.add(device.bus_place)
            if any(fnmatchcase(device.hardware_id, one) for one in self._phones.ignore):
                continue
            yield self._of_dahdi(device, by_place.get(device.bus_place))
        for place, one in by_place.items():
            kind = cards.known(one.ids)
            if place not in taken and (kind or cards.telephonic(one.ids)):
                yield _Found(
                    key=f"@{one.bus}-{place}",
                    kind=kind or cards.UNKNOWN,
                    known=kind is not None,
                    bus=Bus(one.bus),
                    location=place,
                    ids=str(one.ids),
                    driver=one.driver,
                    device=None,
                )

    def _of_dahdi(self, device: sysfs.Device, at: sysfs.BusDevice | None) -> _Found:
        kind = cards.known(at.ids) if at else cards.named(_local_kind(device))
        known = kind is not None and kind is not cards.UNKNOWN
        if not known:  # its driver calls it something
            said = device.type or cards.UNKNOWN.en
            kind = cards.Kind(kind="unknown", zh=said, en=said, driver="")
        assert kind is not None
        return _Found(
            key=_key(device),
            kind=kind,
            known=known,
            bus=Bus(at.bus) if at else Bus.LOCAL,
            location=device.location or (at.place if at else device.name),
            ids=str(at.ids) if at else "",
            driver=(at.driver if at else "") or kind.driver,
            device=device,
        )

    def _card(self, found: _Found) -> Card:
        device = found.device
        return Card(
            key=found.key,
            kind=found.kind.kind,
            zh=found.kind.zh,
            en=found.kind.en,
            bus=found.bus,
            location=found.location,
            ids=found.ids,
            driver=found.driver,
            known=found.known,
            present=True,
            spans=tuple(self._spans(found.key, device)) if device else (),
        )

    def _spans(self, card: str, device: sysfs.Device) -> Iterator[Span]:
        nodes = {node.local: node for node in device.spans}
        for local in sorted(device.types | dict.fromkeys(nodes, "")):
            key = f"{card}/{local}"
            node = nodes.get(local)
            kind = self._kind(device, node.type if node else device.types[local])
            if node is None:
                yield Span(
                    key=key,
                    kind=kind,
                    local=local,
                    number=None,
                    alarms=(),
                    crc4=False,
                    source=False,
                    counters=None,
                    ports=(),
                )
            else:
                yield self._span(key, kind, node)

    def _kind(self, device: sysfs.Device, type_: str) -> SpanType:
        declared = {one.hardware_id: one.kind for one in self._phones.local}
        if device.hardware_id in declared:
            return declared[device.hardware_id]
        return _SPAN_KINDS.get(type_, SpanType.E1)

    def _span(self, key: str, kind: SpanType, node: sysfs.SpanNode) -> Span:
        stat = self._control.span(node.number)
        bits = stat.alarms if stat else sysfs.number(node.path / "alarms")
        alarms = tuple(word for bit, word in _BITS if bits & bit)
        digital = kind in (SpanType.E1, SpanType.BRI)
        if digital:
            ports = tuple(_digital_port(key, kind, one, alarms) for one in node.channels)
        else:
            told = (self._analog_port(key, kind, one) for one in node.channels)
            ports = tuple(port for port in told if port is not None)
            kind = _kind_of(ports, kind)
        config = sysfs.text(node.path / "lineconfig") if stat is None else ""
        return Span(
            key=key,
            kind=kind,
            local=node.local,
            number=node.number,
            alarms=alarms,
            crc4=bool(stat.config & _CRC4) if stat else "CRC4" in config,
            source=_gives_clock(node, stat),
            counters=self._counters(node.number, stat) if digital and stat else None,
            ports=ports,
        )

    def _analog_port(self, span: str, kind: SpanType, one: sysfs.Channel) -> Port | None:
        """None where the card has no module for that socket."""
        port_kind = _port_kind(one, kind)
        if port_kind is None:
            return None
        stat = self._control.channel(one.number)
        state, alarm = _analog_state(port_kind, one, stat)
        return Port(
            key=f"{span}/{one.position}",
            channel=one.number,
            kind=port_kind,
            state=state,
            alarm=alarm,
            battery_mv=self._battery_mv(one.number),
        )

    def _counters(self, span: int, stat: SpanStat) -> Counters:
        """Slips stand in /proc alone (dahdi-base.c, ``dahdi_seq_show``)."""
        if span not in self._slips:
            found = re.search(r"Timing slips: (\d+)", sysfs.text(self._proc / str(span)))
            self._slips[span] = int(found[1]) if found else 0
        return Counters(
            bpv=stat.bpv, crc4=stat.crc4, ebit=stat.ebit, fas=stat.fas, slips=self._slips[span]
        )

    def _battery_mv(self, channel: int) -> int | None:
        if channel not in self._volts:
            self._volts[channel] = self._control.battery_mv(channel)
        return self._volts[channel]

    # -- changing -----------------------------------------------------------------------------

    def assign(self, compiled: Compiled) -> Sequence[DeviceFault]:
        """As compiled; a span that the settings don't know yet gets the next free number, above
        everything that is known: filed once, it keeps it (TEL-1)."""
        faults: list[DeviceFault] = []
        self._found, self._scan_s = tuple(self._scan()), monotonic_s()
        free = _Free(compiled, tuple(sysfs.devices(self._sys)))
        changed = False
        for found in self._found:
            device = found.device
            if device is None:
                continue
            wanted = {one.local: one for one in compiled.assignments(found.key)}
            there = {node.local for node in device.spans}
            for local in sorted(set(device.types) - there):
                fault = self._assign(found, local, compiled, wanted.get(local) or free.next(local))
                changed = True
                if fault:
                    faults.append(DeviceFault(key=f"{found.key}/{local}", reason=fault))
                elif local not in wanted:
                    free.took(device.path, local)
        if changed:
            self._scan_s = -_SCAN_EVERY_S
        return faults

    def _assign(self, found: _Found, local: int, compiled: Compiled, to: Assignment) -> str:
        """What went wrong, or nothing."""
        device = found.device
        assert device is not None
        try:
            if kind := compiled.type_of(found.key, local):
                name = "dahdi_spantype" if (device.path / "dahdi_spantype").exists() else "spantype"
                self._control.write(device.path / name, f"{local}:{kind}")
            said = f"{local}:{to.number}:{to.channel}"
            self._control.write(device.path / "assign_span", said)
        except OSError as error:
            return str(error)
        return ""

    def differs(self, unit: Unit, compiled: Compiled) -> bool:
        return any(
            (wanted := compiled.signalling(one.number)) is not None
            and sysfs.text(one.path / "sig") != wanted
            for one in self._channels(unit)
        )

    def configure(self, unit: Unit, compiled: Compiled) -> None:
        if not self._channels(unit) or compiled.file is None:
            return
        channels = f"{unit.first}-{unit.last}"
        words = ("-c", str(compiled.file), "-S", str(unit.number), "-C", channels)
        try:
            self._control.dahdi_cfg(words)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DeviceError("span-refused", span=unit.span, reason=reason) from error
        self._scan_s = -_SCAN_EVERY_S

    def loop(self, span: Span, kind: Loop) -> None:
        if span.number is None:
            raise DeviceError("no-loopback", span=span.key, reason="unassigned")
        try:
            self._control.maintain(span.number, _LOOPS[kind])
        except OSError as error:
            code = "no-loopback" if error.errno in UNKNOWN else "span-refused"
            raise DeviceError(code, span=span.key, reason=str(error)) from error

    def pattern(self, span: Span, *, on: bool) -> None:
        if span.number is None:
            raise DeviceError("no-bit-test", span=span.key, reason="unassigned")
        try:
            self._control.maintain(span.number, _PATTERN if on else _LOOPS[Loop.OFF])
        except OSError as error:
            code = "no-bit-test" if error.errno in UNKNOWN else "span-refused"
            raise DeviceError(code, span=span.key, reason=str(error)) from error

    def pattern_seen(self, span: Span) -> PatternSeen:
        stat = self._control.span(span.number or 0)
        if stat is None:
            return PatternSeen(locked=False, errors=0)
        return PatternSeen(locked=stat.pattern, errors=stat.bit_errors)

    def tune(self, channel: int, acim: int) -> bool:
        try:
            self._control.tune(channel, acim)
        except OSError as error:
            if error.errno in UNKNOWN:
                return False
            raise DeviceError("line-lost", channel=channel, reason=str(error)) from error
        return True

    def tap(self, port: Port) -> Tap:
        if port.channel is None:
            raise DeviceError("line-lost", channel=None, reason="unassigned")
        return DahdiTap(port.channel, fxs=port.kind is PortType.FXS)

    def _channels(self, unit: Unit) -> list[sysfs.Channel]:
        """Those of the unit that the kernel has, under the numbers that the settings mean."""
        return [
            channel
            for found in self._found
            if found.device and unit.span.startswith(f"{found.key}/")
            for node in found.device.spans
            if f"{found.key}/{node.local}" == unit.span and node.number == unit.number
            for channel in node.channels
            if channel.number in unit.channels
        ]


class _Free:
    """The next span number and channel above all that the settings and the kernel know."""

    def __init__(self, compiled: Compiled, devices: Sequence[sysfs.Device]) -> None:
        spans = [node for device in devices for node in device.spans]
        wanted = [one for _, one in compiled.assigned]
        numbers = [node.number for node in spans] + [one.number for one in wanted]
        channels = [node.base + node.count - 1 for node in spans] + list(compiled.channels)
        #: An absent span's size isn't told: room for an E1 is left.
        channels += [one.channel + 30 for one in wanted]
        self._number = max(numbers, default=0) + 1
        self._channel = max(channels, default=0) + 1

    def next(self, local: int) -> Assignment:
        return Assignment(local=local, number=self._number, channel=self._channel)

    def took(self, device: Path, local: int) -> None:
        """The kernel made the span: its channels are counted."""
        made = sysfs.number(device / f"span-{self._number}/channels")
        self._number += 1
        self._channel += made or 31


def _key(device: sysfs.Device) -> str:
    """Fit for a file of words and a path: what isn't a letter, a digit or ``_.:/-`` is ``_``."""
    said = device.hardware_id or f"@{device.location or device.name}"
    return re.sub(r"[^0-9A-Za-z_.:/@-]+", "_", said)


def _local_kind(device: sysfs.Device) -> str:
    return "lbsim" if device.hardware_id.startswith("lbsim") else "local"


def _gives_clock(node: sysfs.SpanNode, stat: SpanStat | None) -> bool:
    """The span that the others follow; 0 as source is the card's own clock."""
    if stat is not None and stat.source:
        return stat.source == node.number
    return node.digital and sysfs.number(node.path / "is_sync_master") == 1


def _digital_port(
    span: str, kind: SpanType, one: sysfs.Channel, alarms: tuple[LineAlarm, ...]
) -> Port:
    signals = one.signalling in _SIGNALLING or (
        kind is SpanType.E1 and one.position == _E1_SIGNALLING and one.signalling == _UNCONFIGURED
    )
    cut = next((word for word in alarms if word in CUTS), None)
    if cut:
        state = PortState.ALARM
    else:
        state = PortState.UNUSED if one.signalling == _UNCONFIGURED else PortState.IDLE
    return Port(
        key=f"{span}/{one.position}",
        channel=one.number,
        kind=PortType.SIGNALLING if signals else PortType.BEARER,
        state=state,
        alarm=cut,
    )


def _port_kind(one: sysfs.Channel, kind: SpanType) -> PortType | None:
    """By what the channel can signal: an FXO port signals as FXS does, and the other way round."""
    if one.name.startswith(_CONTACTS):
        return None
    can = one.can.split()
    if kind in (SpanType.FXO, SpanType.FXS) and can:  # a local span can signal as both do
        return PortType(kind)
    if any(word.startswith("FXS") for word in can):
        return PortType.FXO
    return PortType.FXS if any(word.startswith("FXO") for word in can) else None


def _kind_of(ports: Sequence[Port], kind: SpanType) -> SpanType:
    kinds = {port.kind for port in ports}
    if kinds == {PortType.FXO}:
        return SpanType.FXO
    return SpanType.FXS if kinds == {PortType.FXS} else kind


def _analog_state(
    kind: PortType, one: sysfs.Channel, stat: ChannelStat | None
) -> tuple[PortState, LineAlarm | None]:
    """The driver's own verdict on the line (``dahdi_alarm_channel``) goes before its hook states,
    of which a missing voltage is one for a moment too."""
    if stat is None:
        words = sysfs.text(one.path / "alarms").split()
        alarmed = any(_ALARM_WORDS.get(word) in CUTS for word in words)
        configured = one.signalling != _UNCONFIGURED
    else:
        alarmed = any(stat.alarms & bit and word in CUTS for bit, word in _BITS)
        configured = stat.configured
    if alarmed:
        return PortState.ALARM, LineAlarm.BATTERY if kind is PortType.FXO else LineAlarm.RED
    if not configured:
        return PortState.UNUSED, None
    if stat is None:
        return PortState.IDLE, None
    if kind is PortType.FXO:
        if stat.tells == Hook.OFFHOOK:
            return PortState.TALKING, None
        return (PortState.RINGING if stat.receives == Hook.RING else PortState.IDLE), None
    if stat.receives in (Hook.OFFHOOK, Hook.START):
        return PortState.TALKING, None
    return (PortState.RINGING if stat.tells == Hook.START else PortState.IDLE), None
