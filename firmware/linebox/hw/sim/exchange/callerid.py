"""Caller numbers as exchanges send them: frequency-shift keyed (Bell 202, V.23) or as keys.

Messages: Telcordia GR-30-CORE, ETSI EN 300 659-3: single (SDMF) and multiple data format (MDMF).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from linebox.hw.sim.exchange import sound

_SDMF, _MDMF = 0x04, 0x80
_TIME, _NUMBER, _NO_NUMBER, _NAME = 0x01, 0x02, 0x04, 0x07
_SEIZURE_BITS, _MARK_BITS, _LAST_MARKS = 300, 180, 20
_BAUD: Final = 1200
_LEVEL: Final = -13.0
#: Mark and space, Hz.
_BELL, _V23 = (1200, 2200), (1300, 2100)


class Scheme(StrEnum):
    """How and when a number comes. Lines differ, and one exchange's lines may."""

    NONE = "none"
    FSK = "fsk"  # Bell 202, MDMF, after the first ring: China's usual one
    FSK_SDMF = "fsk-sdmf"
    FSK_V23 = "fsk-v23"
    DTMF_BEFORE = "dtmf-before"  # after a reversal, before the first ring
    DTMF_AFTER = "dtmf-after"  # after the first ring


FSK: Final = frozenset({Scheme.FSK, Scheme.FSK_SDMF, Scheme.FSK_V23})


def message(number: str | None, name: str | None, at: datetime, *, single: bool) -> bytes:
    """Type, length, content, check sum. Without a number the caller withheld it (``P``)."""
    when = at.strftime("%m%d%H%M").encode()
    if single:
        body = when + (number.encode() if number is not None else b"P")
    else:
        body = bytes([_TIME, len(when)]) + when
        body += (
            bytes([_NUMBER, len(number)]) + number.encode()
            if number is not None
            else bytes([_NO_NUMBER, 1]) + b"P"
        )
        if name is not None:
            body += bytes([_NAME, len(name.encode())]) + name.encode()
    whole = bytes([_SDMF if single else _MDMF, len(body)]) + body
    return whole + bytes([-sum(whole) & 0xFF])


def _bits(content: bytes) -> Iterator[int]:
    yield from (bit % 2 for bit in range(_SEIZURE_BITS))
    yield from (1 for _ in range(_MARK_BITS))
    for byte in content:
        yield 0
        yield from ((byte >> bit) & 1 for bit in range(8))
        yield 1
    yield from (1 for _ in range(_LAST_MARKS))


def burst(scheme: Scheme, number: str | None, name: str | None, at: datetime) -> bytes:
    """The number as sound; empty where nothing is sent."""
    match scheme:
        case Scheme.NONE:
            return b""
        case Scheme.FSK | Scheme.FSK_SDMF | Scheme.FSK_V23:
            mark_hz, space_hz = _V23 if scheme is Scheme.FSK_V23 else _BELL
            bits = _bits(message(number, name, at, single=scheme is Scheme.FSK_SDMF))
            return sound.fsk(bits, mark_hz=mark_hz, space_hz=space_hz, baud=_BAUD, level=_LEVEL)
        case Scheme.DTMF_BEFORE | Scheme.DTMF_AFTER:
            # ETSI EN 300 659-1 annex B: D opens a number, C closes it
            return sound.dtmf(f"D{number}C" if number is not None else "")
