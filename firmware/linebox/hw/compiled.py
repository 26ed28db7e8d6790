"""What the settings want of the cards: the compiled files of a generation, read (names.md).

``assigned-spans.conf`` (``<card> <local>:<span>:<first channel> …``), ``span-types.conf``
(``<card> <local>:E1 …``) and ``system.conf`` are DAHDI's own formats; the tools that read them for
DAHDI are the kernel's. Here they are read to know which spans changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Compiled:
    """The files of one generation; empty where a generation has none."""

    folder: Path | None = None
    assigned: tuple[tuple[str, Assignment], ...] = ()
    types: tuple[tuple[str, int, str], ...] = ()
    spans: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)
    echo: Mapping[int, str] = field(default_factory=dict)

    @property
    def file(self) -> Path | None:
        """``system.conf``, which ``dahdi_cfg`` reads."""
        return self.folder / "system.conf" if self.folder else None

    def assignments(self, hardware_id: str, location: str) -> tuple[Assignment, ...]:
        """Those of one card, which may be named by its id or ``@location``, with wild cards."""
        return tuple(one for name, one in self.assigned if _names(name, hardware_id, location))

    def type_of(self, hardware_id: str, location: str, local: int) -> str | None:
        """``E1`` where a span can be one or the other and was chosen."""
        for name, number, kind in self.types:
            if number in (0, local) and _names(name, hardware_id, location):
                return kind
        return None

    def signalling(self, channel: int) -> str | None:
        """The channel's signalling as sysfs tells it; None: not in use."""
        word = self.channels.get(channel)
        return None if word is None else _SIGNALLING[word.partition(":")[0]]

    def digest(self, number: int, channels: range) -> str:
        """Of all that the settings say of one span; another one means another configuration."""
        said = [self.spans.get(number, "")]
        for one in channels:
            said.append(f"{one} {self.channels.get(one, '')} {self.echo.get(one, '')}")
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def read(folder: Path) -> Compiled:
    """The compiled files in ``folder`` (``generations/current/dahdi``); a missing file is empty.

    Lines that aren't understood are left to ``dahdi_cfg``, which names them.
    """
    if not folder.is_dir():
        return Compiled()
    spans: dict[int, str] = {}
    channels: dict[int, str] = {}
    echo: dict[int, str] = {}
    for key, value in _pairs(folder / "system.conf"):
        if key == "span":
            number = value.partition(",")[0].strip()
            if number.isdecimal():
                spans[int(number)] = value
        elif key in _SIGNALLING:
            numbers, _, bits = value.partition(":")
            channels |= dict.fromkeys(_numbers(numbers), f"{key}:{bits}" if bits else key)
        elif key == "echocanceller":
            kind, _, numbers = value.partition(",")
            echo |= dict.fromkeys(_numbers(numbers), kind.strip())
    return Compiled(
        folder=folder.resolve(),
        assigned=tuple(_assigned(folder / "assigned-spans.conf")),
        types=tuple(_types(folder / "span-types.conf")),
        spans=spans,
        channels=channels,
        echo=echo,
    )


def _names(name: str, hardware_id: str, location: str) -> bool:
    return any(
        fnmatchcase(one, name) for one in (hardware_id, f"@{location}") if one not in ("", "@")
    )


def _lines(path: Path) -> Iterator[str]:
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        if said := line.partition("#")[0].strip():
            yield said


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(path):
        key, _, value = line.partition("=")
        yield key.strip().lower(), value.strip()


def _numbers(text: str) -> Iterator[int]:
    for part in text.split(","):
        if found := _RANGE.match(part.strip()):
            first, last = int(found[1]), int(found[2] or found[1])
            yield from range(first, min(last, _MOST_CHANNELS) + 1)


def _assigned(path: Path) -> Iterator[tuple[str, Assignment]]:
    for line in _lines(path):
        name, words = _named(line)
        for word in words:
            numbers = word.split(":")
            if len(numbers) == 3 and all(one.isdecimal() for one in numbers):
                local, number, channel = map(int, numbers)
                yield name, Assignment(local=local, number=number, channel=channel)


def _types(path: Path) -> Iterator[tuple[str, int, str]]:
    for line in _lines(path):
        name, words = _named(line)
        for word in words:
            local, _, kind = word.partition(":")
            if kind and (local == "*" or local.isdecimal()):
                yield name, 0 if local == "*" else int(local), kind


def _named(line: str) -> tuple[str, list[str]]:
    """A card's name may hold blanks (``@PCI Bus 01 Slot 02``; the tools write ``[:space:]`` or
    ``?`` for them): what comes after it has a colon after its number."""
    found = re.search(r"\s+(?:\*|\d+):\S", line)
    if found is None:
        return line, []
    return line[: found.start()].replace("[:space:]", "?"), line[found.start() :].split()
