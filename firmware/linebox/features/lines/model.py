"""Lines to the public network: trunks, and the cards, spans and ports they are made of (TEL-1, 3,
4). What a card is comes from boardd; the rest are settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from linebox.base.shapes import Form, Length

type TrunkName = Annotated[
    str,
    Length(1, 30),
    Form(
        r"[a-z][a-z0-9-]{0,29}",
        "小写字母开头，只含小写字母、数字和 -",
        "lower-case letters, digits and -, beginning with a letter",
    ),
]

#: Of an E1's 32 time slots: 0 holds the frame, 16 the signalling.
E1_CHANNELS = 31
E1_SIGNALLING = 16


class TrunkKind(StrEnum):
    SIP = "sip"
    E1 = "e1"
    ANALOG = "analog"


class Choice(StrEnum):
    """Which free channel a call out takes: the lowest, the next after the last one taken, or of
    analog lines the one that calls out have used least today."""

    ASCENDING = "ascending"
    ROUND = "round"
    LEAST_USED = "least-used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A way to a carrier. ``max_calls``: both directions together.

    ``host`` and ``port`` of SIP alone, recognised by the carrier's address. The others are made of
    spans or ports, of which ``choice`` takes one for a call out; ``did_prefix`` goes before what
    the carrier delivers as the number called, where that is shorter than our number.
    """

    id: int
    name: str
    kind: TrunkKind = TrunkKind.SIP
    host: str = ""
    port: int = 5060
    max_calls: int = 30
    choice: Choice = Choice.ASCENDING
    did_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A telephone card that was found once. ``key``: DAHDI's hardware id, else ``@location``;
    ``driver``: its kernel module, empty when it has none of its own."""

    id: int
    number: int
    key: str
    kind: str
    zh: str
    en: str
    bus: str
    location: str = ""
    driver: str = ""
    present: bool = True


class SpanKind(StrEnum):
    E1 = "e1"
    ANALOG = "analog"


class Signalling(StrEnum):
    """``pri-user`` faces a carrier, ``pri-network`` a house's exchange that expects one."""

    PRI_USER = "pri-user"
    PRI_NETWORK = "pri-network"
    R2 = "r2"


class LineCode(StrEnum):
    HDB3 = "hdb3"
    AMI = "ami"


class Plan(StrEnum):
    """Type of number, Q.931 4.5.8."""

    UNKNOWN = "unknown"
    LOCAL = "local"
    NATIONAL = "national"
    INTERNATIONAL = "international"


class Echo(StrEnum):
    SOFTWARE = "software"
    CARD = "card"
    OFF = "off"


class LineMode(StrEnum):
    """How an analog card meets its line: impedance, ringing, currents (fxo_modes.h of DAHDI)."""

    CHINA = "china"
    HONGKONG = "hongkong"
    MACAO = "macao"
    TAIWAN = "taiwan"
    FCC = "fcc"
    TBR21 = "tbr21"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is set of a card's span, beside what it is: ``number`` and ``first_channel`` are
    DAHDI's, given once.

    Of an E1: ``timing``: its place among those that give the box its clock (0: never); the
    ``…_plan`` say what kind of number is sent; ``overlap``: digits may come one by one;
    ``blocked``: its channels that carry no calls (``3,17-20``). Of an analog one ``line_mode``.
    """

    id: int
    card_id: int
    card_key: str
    bus: str
    driver: str
    position: int
    kind: SpanKind
    number: int
    first_channel: int
    channels: int
    trunk_id: int | None = None
    signalling: Signalling = Signalling.PRI_USER
    crc4: bool = False
    line_code: LineCode = LineCode.HDB3
    timing: int = 0
    called_plan: Plan = Plan.UNKNOWN
    caller_plan: Plan = Plan.UNKNOWN
    overlap: bool = False
    r2_called_digits: int = 8
    r2_caller_digits: int = 20
    blocked: str = ""
    echo: Echo = Echo.SOFTWARE
    line_mode: LineMode = LineMode.CHINA

    @property
    def key(self) -> str:
        """As boardd calls it."""
        return f"{self.card_key}/{self.position}"

    @property
    def last_channel(self) -> int:
        return self.first_channel + self.channels - 1


class PortKind(StrEnum):
    """``fxo`` faces the exchange, ``fxs`` a telephone."""

    FXO = "fxo"
    FXS = "fxs"


class CallerId(StrEnum):
    """How an exchange tells the caller's number. ``polarity``: by DTMF after a reversal."""

    FSK = "fsk"
    DTMF_BEFORE_RING = "dtmf-before-ring"
    DTMF_AFTER_RING = "dtmf-after-ring"
    POLARITY = "polarity"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A line of an analog card. ``line`` is what people call it, ``channel`` what DAHDI does; both
    are given once.

    To an exchange: ``number`` is the line's own; ``answer_polarity``, ``hangup_polarity``: the
    exchange reverses the line when the called answers, or when the call is over; ``busy_pattern``:
    tone and silence in ms, counted ``busy_count`` times. A drop of the battery always ends a call.
    Where no sign comes at all, ``quiet_min`` without a voice on either side do, or
    ``quiet_wait_min`` while somebody waits: in a queue, on hold (``quiet.py``); ``quiet_min`` 0:
    never. ``impedance``: an ACIM (``linebox.hw.impedance``), None: as its ``line_mode`` has it.
    To a telephone: its ``extension``; ``flash``: a short hang-up of at most ``flash_ms`` asks back
    and transfers.
    """

    id: int
    span_id: int
    position: int
    kind: PortKind
    channel: int
    line: int
    trunk_id: int | None = None
    number: str = ""
    caller_id: CallerId = CallerId.FSK
    answer_polarity: bool = False
    hangup_polarity: bool = False
    hangup_busy: bool = True
    busy_pattern: str = "350,350"
    busy_count: int = 4
    quiet_min: int = 5
    quiet_wait_min: int = 30
    extension: str | None = None
    shows_caller: bool = True
    flash: bool = True
    flash_ms: int = 600
    rx_gain_db: float = 0.0
    tx_gain_db: float = 0.0
    echo: Echo = Echo.SOFTWARE
    impedance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """All cards that were ever found, with their settings."""

    cards: tuple[Card, ...] = ()
    spans: tuple[Span, ...] = ()
    ports: tuple[Port, ...] = ()

    def telephones(self) -> dict[str, Port]:
        """Extension → the port that serves it."""
        return {port.extension: port for port in self.ports if port.extension is not None}


def slots(said: str) -> Iterator[int]:
    """``3,17-20`` as numbers. Raises ``ValueError`` for anything else, or what an E1 hasn't."""
    for part in said.split(",") if said else ():
        first, dash, last = part.partition("-")
        numbers = range(int(first), int(last if dash else first) + 1)
        if not numbers or not 1 <= numbers[0] <= numbers[-1] <= E1_CHANNELS:
            raise ValueError(part)
        yield from numbers
