"""Telephone cards, spans and ports, and what every driver of them can do (TEL-1, TEL-2).

A *card* sits in a slot or hangs on a cable; a *span* is one E1 or a group of analog lines of it; a
*port* is one telephone line or one channel of an E1. Keys are stable over boots: a card's is
DAHDI's hardware id, else ``@`` and its location, blanks as ``_``; ``<card>/<n>`` is a span,
``<span>/<n>`` a port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from linebox.base.shapes import Count, Length
from linebox.hw.compiled import Compiled, Unit
from linebox.hw.taps import Tap


class Bus(StrEnum):
    """How a card is attached; ``local``: made by the kernel itself, ``sim``: by a scenario."""

    PCI = "pci"
    USB = "usb"
    LOCAL = "local"
    SIM = "sim"


class SpanType(StrEnum):
    """FXO faces the exchange, FXS a phone; ``mixed`` has both."""

    E1 = "e1"
    FXO = "fxo"
    FXS = "fxs"
    MIXED = "mixed"
    BRI = "bri"


class PortType(StrEnum):
    FXO = "fxo"
    FXS = "fxs"
    BEARER = "bearer"
    SIGNALLING = "signalling"


class PortState(StrEnum):
    """``unplugged``: nothing was ever connected there; what was and is gone is an ``alarm``.
    ``unused``: not configured. A bearer's ``talking`` is the exchange's to tell, not the card's."""

    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"
    ALARM = "alarm"
    UNPLUGGED = "unplugged"
    BLOCKED = "blocked"
    UNUSED = "unused"


class LineAlarm(StrEnum):
    """DAHDI's words (user.h, ``DAHDI_ALARM_*``), the gravest first; and two of ours: ``battery``,
    no voltage on an analog line, and ``gone``, the card isn't there."""

    GONE = "gone"
    LOS = "los"
    RED = "red"
    LFA = "lfa"
    LMFA = "lmfa"
    BLUE = "blue"
    YELLOW = "yellow"
    NOTOPEN = "notopen"
    LOOPBACK = "loopback"
    RECOVER = "recover"
    BATTERY = "battery"


#: While one of these stands a span carries no call. ``recover`` follows an alarm; a local loop is
#: told, but calls would reach nobody.
CUTS = frozenset(set(LineAlarm) - {LineAlarm.RECOVER, LineAlarm.BATTERY})


class Loop(StrEnum):
    """``local``: what is sent comes back to the box; ``network``: what comes is sent back."""

    OFF = "off"
    LOCAL = "local"
    NETWORK = "network"


type Key = Annotated[str, Length(1, 200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Errors of an E1 since the counters began: bipolar violations, CRC4, E-bits, frame alignment,
    slips."""

    bpv: int
    crc4: int
    ebit: int
    fas: int
    slips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """``channel``: DAHDI's, None as long as the span has no number. ``battery_mv`` and ``level_db``
    are None where the card doesn't tell. ``since``: of the state; a driver leaves it to boardd."""

    key: Key
    channel: int | None
    kind: PortType
    state: PortState
    alarm: LineAlarm | None = None
    battery_mv: int | None = None
    level_db: float | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """``number``: DAHDI's, None unassigned; ``source``: it gives the clock; ``local``: its place on
    the card, from 1, as DAHDI counts."""

    key: Key
    kind: SpanType
    local: int
    number: int | None
    alarms: tuple[LineAlarm, ...]
    crc4: bool
    source: bool
    counters: Counters | None
    ports: Annotated[tuple[Port, ...], Count(0, 256)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """``kind`` is a word of ``cards.toml``, ``unknown`` with ``known`` False. ``ids``: of its bus,
    as ``e159:0001/a159:0001`` (device, subsystem). ``present``: False once it was there and isn't.
    """

    key: Key
    kind: str
    zh: str
    en: str
    bus: Bus
    location: str
    ids: str
    driver: str
    known: bool
    present: bool
    spans: Annotated[tuple[Span, ...], Count(0, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardName:
    model: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why there are no ports: a board file or scenario that isn't right, told by file and line."""

    code: str
    zh: Annotated[str, Length(0, 1000)]
    en: Annotated[str, Length(0, 1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """boardd's answer to ``GET /hardware``. ``at``: of the last look; ``event``: the newest."""

    board: BoardName
    fault: Fault | None
    at: datetime
    event: int
    cards: Annotated[tuple[Card, ...], Count(0, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSeen:
    """Of a bit-error test. ``locked``: the pattern sent comes back and is understood; ``errors``:
    bits that weren't as sent, since the card's count began."""

    locked: bool
    errors: int


class Telephony(Protocol):
    """Cards as a driver of the board sees them. Calls block for milliseconds, ``configure`` for a
    second; none of them touches a span that it isn't asked for."""

    def look(self) -> tuple[Card, ...]:
        """What is there now. Lost contact with a card makes it absent, never an error."""
        ...

    def wakes(self) -> int | None:
        """A file that becomes readable when hardware came or went; None: only looking tells."""
        ...

    def woken(self) -> None:
        """Take note of what ``wakes`` told."""
        ...

    def assign(self, compiled: Compiled) -> Sequence[DeviceFault]:
        """Give each span without a number the one that it shall have."""
        ...

    def differs(self, unit: Unit, compiled: Compiled) -> bool:
        """Are the unit's channels there, and configured otherwise than compiled?"""
        ...

    def configure(self, unit: Unit, compiled: Compiled) -> None:
        """Raises ``DeviceError("span-refused")``. Calls on the unit's channels are cut."""
        ...

    def loop(self, span: Span, kind: Loop) -> None:
        """Raises ``DeviceError("no-loopback")`` where the card can't."""
        ...

    def pattern(self, span: Span, *, on: bool) -> None:
        """An E1 sends a known pattern and compares what comes (ITU-T O.150); it carries no call.

        Raises ``DeviceError("no-bit-test")`` where the card can't.
        """
        ...

    def pattern_seen(self, span: Span) -> PatternSeen: ...

    def tune(self, channel: int, acim: int) -> bool:
        """The impedance of a port to the exchange (``impedance.py``), also in a call; False: this
        card's can't be chosen. Raises ``DeviceError("line-lost")``."""
        ...

    def tap(self, port: Port) -> Tap:
        """An analog line in hand, which Asterisk has let go. Raises ``DeviceError``: ``line-lost``,
        ``line-taken``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFault:
    """A span that couldn't be brought where the settings want it."""

    key: str
    reason: str
