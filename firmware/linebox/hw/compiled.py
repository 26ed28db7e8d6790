"""What the settings want of the cards: the compiled files of a generation, read (names.md).

``assigned-spans.conf`` (``<card> <local>:<span>:<first channel> …``), ``span-types.conf``
(``<card> <local>:E1 …``) and ``system.conf`` are DAHDI's own formats, cards named by our keys;
``units.json`` tells which channels are taken out of service together, with digests of what is set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from linebox.base.errors import ConfigError, InputError
from linebox.base.shapes import Count, Length, parse
from linebox.hw.impedance import Tuning

#: Words of system.conf that name a channel's signalling, and sysfs's word for it (dahdi_cfg.c,
#: dahdi-base.c ``sigstr``).
_SIGNALLING: Final = {
    "fxsks": "FXSKS",
    "fxsls": "FXSLS",
    "fxsgs": "FXSGS",
    "fxoks": "FXOKS",
    "fxols": "FXOLS",
    "fxogs": "FXOGS",
    "bchan": "Clear",
    "dchan": "HDLCFCS",
    "hardhdlc": "Hardware-assisted HDLC",
    "clear": "Clear",
    "cas": "CAS",
}
_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?$")
_MOST_CHANNELS: Final = 1024  # user.h, DAHDI_MAX_CHANNELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The span ``local`` of the card is to be DAHDI's span ``number`` from ``channel`` on."""

    local: int
    number: int
    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Channels ``first`` to ``last`` of a span, which go out of service together. ``dahdi`` and
    ``asterisk`` are digests of what comes true only when they are made anew; ``asterisk`` is None
    where Asterisk has none of them. ``tuning``: of a port to the exchange."""

    span: Annotated[str, Length(1, 200)]
    number: int
    first: int
    last: int
    dahdi: str
    asterisk: str | None
    tuning: Tuning | None = None

    @property
    def channels(self) -> range:
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    units: Annotated[tuple[Unit, ...], Count(0, 2000)]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The files of one generation; empty where a generation has none."""

    folder: Path | None = None
    assigned: tuple[tuple[str, Assignment], ...] = ()
    types: tuple[tuple[str, int, str], ...] = ()
    channels: Mapping[int, str] = field(default_factory=dict)
    units: tuple[Unit, ...] = ()

    @property
    def file(self) -> Path | None:
        """``system.conf``, which ``dahdi_cfg`` reads."""
        return self.folder / "system.conf" if self.folder else None

    def assignments(self, card: str) -> tuple[Assignment, ...]:
        """Those of one card's spans."""
        return tuple(one for key, one in self.assigned if key == card)

    def type_of(self, card: str, local: int) -> str | None:
        """``E1`` where a span can be one or the other and was chosen."""
        return next(
            (kind for key, number, kind in self.types if key == card and number in (0, local)), None
        )

    def signalling(self, channel: int) -> str | None:
        """The channel's signalling as sysfs tells it; None: not in use."""
        word = self.channels.get(channel)
        return None if word is None else _SIGNALLING[word.partition(":")[0]]


def read(folder: Path) -> Compiled:
    """The compiled files in ``folder`` (``generations/current/dahdi``); a missing file is empty.

    Lines that aren't understood are left to ``dahdi_cfg``, which names them. Raises
    ``ConfigError("units-unreadable")``.
    """
    if not folder.is_dir():
        return Compiled()
    channels: dict[int, str] = {}
    for line in _lines(folder / "system.conf"):
        key, _, value = (part.strip() for part in line.partition("="))
        if key in _SIGNALLING:
            numbers, _, bits = value.partition(":")
            channels |= dict.fromkeys(_numbers(numbers), f"{key}:{bits}" if bits else key)
    return Compiled(
        folder=folder.resolve(),
        assigned=tuple(_assigned(folder / "assigned-spans.conf")),
        types=tuple(_types(folder / "span-types.conf")),
        channels=channels,
        units=units(folder / "units.json"),
    )


def units(path: Path) -> tuple[Unit, ...]:
    """Of ``units.json``; a missing file has none. Raises ``ConfigError("units-unreadable")``."""
    try:
        return parse(Units, json.loads(path.read_text("utf-8"))).units
    except FileNotFoundError:
        return ()
    except (ValueError, InputError) as error:
        raise ConfigError("units-unreadable", file=str(path), reason=str(error)) from error


def _lines(path: Path) -> Iterator[str]:
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        if said := line.partition("#")[0].strip():
            yield said


def _numbers(text: str) -> Iterator[int]:
    for part in text.split(","):
        if found := _RANGE.match(part.strip()):
            first, last = int(found[1]), int(found[2] or found[1])
            yield from range(first, min(last, _MOST_CHANNELS) + 1)


def _assigned(path: Path) -> Iterator[tuple[str, Assignment]]:
    for line in _lines(path):
        card, *words = line.split()
        for word in words:
            numbers = word.split(":")
            if len(numbers) == 3 and all(one.isdecimal() for one in numbers):
                local, number, channel = map(int, numbers)
                yield card, Assignment(local=local, number=number, channel=channel)


def _types(path: Path) -> Iterator[tuple[str, int, str]]:
    for line in _lines(path):
        card, *words = line.split()
        for word in words:
            local, _, kind = word.partition(":")
            if kind and (local == "*" or local.isdecimal()):
                yield card, 0 if local == "*" else int(local), kind
