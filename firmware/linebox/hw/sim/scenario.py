"""A scenario: cards, and what happens to them when (TOML; training and tests)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from linebox.base.errors import ConfigError
from linebox.base.shapes import Count, Form, Length, Range
from linebox.hw.impedance import Acim
from linebox.hw.protocols import LineAlarm, PortType

_LINES: Final = re.compile(r"(fxo|fxs):(\d{1,3})$")

type SpanText = Annotated[
    str,
    Length(2, 60),
    Form(
        r"e1|(fxo|fxs):\d{1,2}(\+(fxo|fxs):\d{1,2})*",
        "e1、fxo:8 或 fxo:4+fxs:4",
        "e1, fxo:8 or fxo:4+fxs:4",
    ),
]

type LineNumber = Annotated[
    str, Length(3, 20), Form(r"[0-9]{3,20}", "3 到 20 位数字", "3 to 20 digits")
]


class Do(StrEnum):
    """``line`` and ``phone`` things of a port, ``plug`` of a card, ``alarm`` of a span; ``far-…``:
    what the far end of an E1 sends back what comes, ``bit-error``: one on the way."""

    PLUG = "plug"
    UNPLUG = "unplug"
    ALARM = "alarm"
    CLEAR = "clear"
    RING = "ring"
    TALK = "talk"
    HANGUP = "hangup"
    BATTERY_LOST = "battery-lost"
    BATTERY_BACK = "battery-back"
    FAR_LOOPS = "far-loops"
    FAR_OPENS = "far-opens"
    BIT_ERROR = "bit-error"


class Ends(StrEnum):
    """How the exchange tells that the other side has hung up."""

    BUSY = "busy"
    REVERSAL = "reversal"
    BATTERY = "battery"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioExchange:
    """What is at the other end of a card's lines. ``numbers``: of its FXO ports in their order;
    ``answers``: numbers elsewhere do, and telephones are lifted. ``balance``: the impedance (ACIM)
    that fits the lines, as dahdi_lbsim plays it: the echo is 34 dB weaker with it, 4 dB less for
    each step beside, at least 6 dB; None: ``echo_db`` with any."""

    numbers: Annotated[tuple[LineNumber, ...], Count(0, 64)] = ()
    answers: bool = True
    reversal: bool = False
    ends: Ends = Ends.BUSY
    busy_on_ms: Annotated[int, Range(100, 2000)] = 350
    busy_off_ms: Annotated[int, Range(100, 2000)] = 350
    tone_hz: Annotated[int, Range(300, 1200)] = 450
    loss_db: Annotated[float, Range(0, 40)] = 7.0
    echo_db: Annotated[float, Range(0, 60)] = 22.0
    balance: Acim | None = None
    noise_dbm0: Annotated[float, Range(-80, -20)] = -62.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioCard:
    """``kind``: a word of ``cards.toml``; ``spans``: ``e1`` or lines, ``fxo:4+fxs:4``."""

    key: Annotated[str, Length(1, 60)]
    kind: Annotated[str, Length(1, 30)]
    spans: Annotated[tuple[SpanText, ...], Count(1, 16)]
    present: bool = True
    exchange: ScenarioExchange = ScenarioExchange()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEvent:
    """``at_s`` counts from the scenario's start; ``every_s`` above 0: again and again."""

    at_s: Annotated[float, Range(0, 1e7)]
    do: Do
    key: Annotated[str, Length(1, 200)]
    alarm: LineAlarm = LineAlarm.RED
    every_s: Annotated[float, Range(0, 1e7)] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    card: Annotated[tuple[ScenarioCard, ...], Count(0, 64)] = ()
    event: Annotated[tuple[ScenarioEvent, ...], Count(0, 10_000)] = ()


def sockets(said: str) -> tuple[PortType, ...]:
    """The sockets of an analog span in their order; empty: it is an E1."""
    found: list[PortType] = []
    for part in said.split("+"):
        if match := _LINES.match(part):
            found += [PortType(match[1])] * int(match[2])
    return tuple(found)


def checked(scenario: Scenario, file: str) -> Scenario:
    """Raises ``ConfigError("scenario-key")`` for an event of something that no card has."""
    cards = {one.key for one in scenario.card}
    spans = {f"{one.key}/{n}": said for one in scenario.card for n, said in enumerate(one.spans, 1)}
    ports = {f"{key}/{n}" for key, said in spans.items() for n in range(1, 1 + len(sockets(said)))}
    for event in scenario.event:
        match event.do:
            case Do.PLUG | Do.UNPLUG:
                known: set[str] = cards
            case Do.ALARM | Do.CLEAR | Do.FAR_LOOPS | Do.FAR_OPENS | Do.BIT_ERROR:
                known = set(spans)
            case _:
                known = ports
        if event.key not in known:
            raise ConfigError("scenario-key", file=file, key=event.key, do=event.do.value)
    return scenario
