"""What is set of cards' spans and ports, over HTTP (TEL-1, TEL-2, TEL-3).

They come with their card, so none is made or deleted here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Final, Never

from psycopg import AsyncConnection

from linebox.base.errors import InputError
from linebox.base.shapes import Form, Length, Range, hints, problem
from linebox.features.lines import hardware_store, store
from linebox.features.lines.model import (
    CallerId,
    Echo,
    LineCode,
    LineMode,
    Plan,
    Port,
    PortKind,
    Signalling,
    Span,
    SpanKind,
    TrunkKind,
    slots,
)
from linebox.features.settings.model import Author
from linebox.features.settings.resources import Resource
from linebox.hw.impedance import Acim
from linebox.model.spelling import HouseNumber, RowId

_SLOTS_ZH: Final = "1 到 31 的通道，如 3,17-20"
_SLOTS_EN: Final = "channels from 1 to 31, such as 3,17-20"

type Slots = Annotated[
    str,
    Length(0, 100),
    Form(r"([0-9]{1,2}(-[0-9]{1,2})?(,[0-9]{1,2}(-[0-9]{1,2})?)*)?", _SLOTS_ZH, _SLOTS_EN),
]
type LineNumber = Annotated[
    str,
    Length(0, 20),
    Form(r"([0-9]{3,20})?", "3 到 20 位数字，或留空", "3 to 20 digits, or nothing"),
]
type BusyPattern = Annotated[
    str,
    Length(5, 19),
    Form(
        r"[0-9]{2,4},[0-9]{2,4}(,[0-9]{2,4},[0-9]{2,4})?",
        "响和停的毫秒数，如 350,350",
        "milliseconds of tone and silence, such as 350,350",
    ),
]
type Gain = Annotated[float, Range(-12, 12)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanInput:
    """``trunk_id``: an E1's trunk; null: not in use.

    ``timing``: place among the spans that give the box its clock, 0 never. ``…_plan``: what kind of
    number is sent. ``blocked``: channels that carry no calls. ``line_mode``: of an analog card.
    """

    trunk_id: RowId | None = None
    signalling: Signalling = Signalling.PRI_USER
    crc4: bool = False
    line_code: LineCode = LineCode.HDB3
    timing: Annotated[int, Range(0, 64)] = 0
    called_plan: Plan = Plan.UNKNOWN
    caller_plan: Plan = Plan.UNKNOWN
    overlap: bool = False
    r2_called_digits: Annotated[int, Range(1, 20)] = 8
    r2_caller_digits: Annotated[int, Range(0, 20)] = 20
    blocked: Slots = ""
    echo: Echo = Echo.SOFTWARE
    line_mode: LineMode = LineMode.CHINA


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRow(SpanInput):
    """``key``: as boardd calls it; ``number`` and ``first_channel``: DAHDI's."""

    id: int
    key: str
    card_id: int
    position: int
    kind: SpanKind
    number: int
    first_channel: int
    channels: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    items: tuple[SpanRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortInput:
    """To an exchange (``fxo``): the trunk it is part of and the line's own number, how the caller's
    number is told, what tells that a call is answered or over; after how long without a voice it is
    taken for over (``quiet_min``, 0 never; ``quiet_wait_min`` while somebody waits); the impedance
    with which it meets the line, by its number in the chip (ACIM), null: the country's. To a
    telephone (``fxs``): its extension; what the other kind has is left as it is."""

    trunk_id: RowId | None = None
    number: LineNumber = ""
    caller_id: CallerId = CallerId.FSK
    answer_polarity: bool = False
    hangup_polarity: bool = False
    hangup_busy: bool = True
    busy_pattern: BusyPattern = "350,350"
    busy_count: Annotated[int, Range(4, 12)] = 4
    quiet_min: Annotated[int, Range(0, 240)] = 5
    quiet_wait_min: Annotated[int, Range(1, 240)] = 30
    extension: HouseNumber | None = None
    shows_caller: bool = True
    flash: bool = True
    flash_ms: Annotated[int, Range(80, 1250)] = 600
    rx_gain_db: Gain = 0.0
    tx_gain_db: Gain = 0.0
    echo: Echo = Echo.SOFTWARE
    impedance: Acim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRow(PortInput):
    """``line``: what people call it; ``channel``: DAHDI's."""

    id: int
    span_id: int
    position: int
    kind: PortKind
    channel: int
    line: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    items: tuple[PortRow, ...]


def _made(_given: object) -> Never:
    raise InputError("comes-by-itself")


async def _deleted(_connection: AsyncConnection, _author: Author, _id: int) -> None:
    raise InputError("comes-by-itself")


def _span(old: Span, given: SpanInput) -> Span:
    """Raises ``InputError("invalid-input")`` for channels that an E1 hasn't."""
    if given.trunk_id is not None and old.kind is not SpanKind.E1:
        raise problem("trunk_id", "not-of-this-line")
    try:
        tuple(slots(given.blocked))
    except ValueError as error:
        raise problem(
            "blocked", "bad-form", expected_zh=_SLOTS_ZH, expected_en=_SLOTS_EN
        ) from error
    return replace(old, **_settable(given))


def _port(old: Port, given: PortInput) -> Port:
    """Raises ``InputError("invalid-input")`` for what a port of the other kind has."""
    if old.kind is PortKind.FXO and given.extension is not None:
        raise problem("extension", "not-of-this-line")
    if old.kind is PortKind.FXS and given.impedance is not None:
        raise problem("impedance", "not-of-this-line")
    if old.kind is PortKind.FXS and (given.trunk_id is not None or given.number):
        raise problem("number" if given.number else "trunk_id", "not-of-this-line")
    times = [int(ms) for ms in given.busy_pattern.split(",")]
    if not all(75 <= ms <= 3100 for ms in times):  # main/dsp.c: what it takes for a tone or a rest
        raise problem("busy_pattern", "busy-pattern-limits")
    return replace(old, **_settable(given))


def _settable(given: SpanInput | PortInput) -> dict[str, Any]:
    return asdict(given)


async def _has_trunk(connection: AsyncConnection, item: Span | Port) -> None:
    if item.trunk_id is None:
        return
    trunk = await store.one(connection, item.trunk_id)
    wanted = TrunkKind.E1 if isinstance(item, Span) else TrunkKind.ANALOG
    if trunk is not None and trunk.kind is not wanted:
        raise problem("trunk_id", f"trunk-not-{wanted.value}", name=trunk.name)


def _span_row(span: Span, etag: str) -> SpanRow:
    shown = {name: getattr(span, name) for name in hints(SpanRow) if name != "etag"}
    return SpanRow(**shown, etag=etag)


def _port_row(port: Port, etag: str) -> PortRow:
    shown = {name: getattr(port, name) for name in hints(PortRow) if name != "etag"}
    return PortRow(**shown, etag=etag)


SPANS = Resource(
    word="spans",
    one_word="span",
    feature="lines",
    key=RowId,
    new=SpanInput,
    body=SpanInput,
    model=Span,
    row=SpanRow,
    rows=Spans,
    read=hardware_store.spans,
    one=hardware_store.span,
    save=hardware_store.save_span,
    delete=_deleted,
    key_of=lambda _: None,
    make=_made,
    change=_span,
    answer=_span_row,
    check=_has_trunk,
    fixed=True,
)
PORTS = Resource(
    word="ports",
    one_word="port",
    feature="lines",
    key=RowId,
    new=PortInput,
    body=PortInput,
    model=Port,
    row=PortRow,
    rows=Ports,
    read=hardware_store.ports,
    one=hardware_store.port,
    save=hardware_store.save_port,
    delete=_deleted,
    key_of=lambda _: None,
    make=_made,
    change=_port,
    answer=_port_row,
    check=_has_trunk,
    fixed=True,
)
ENDPOINTS = (*SPANS.endpoints(), *PORTS.endpoints())
