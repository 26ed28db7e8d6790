"""Which card is it? Bus ids, with the subsystem's, against our own table ``cards.toml`` (TEL-1).

Many boards share one chip (TigerJet's e159:0001), so the subsystem decides first; of a card that
no row knows, but that is a telephone card by its maker or class, the ids are told.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

#: Linux's PCI class of ISDN controllers (pci_ids.h): what wctdm's TigerJet chip says it is.
_ISDN_CLASS: Final = "0204"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row of the table. ``driver`` is the kernel module's name, empty: the tree has none."""

    kind: str
    zh: str
    en: str
    driver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusIds:
    """Four hex digits each; the subsystem is empty on USB. ``class_``: PCI's, first four digits."""

    vendor: str
    device: str
    sub_vendor: str = ""
    sub_device: str = ""
    class_: str = ""

    def __str__(self) -> str:
        said = f"{self.vendor}:{self.device}"
        return f"{said}/{self.sub_vendor}:{self.sub_device}" if self.sub_vendor else said


@dataclass(frozen=True, slots=True)
class Table:
    """``by_ids``: by ``vendor:device`` and ``vendor:device/subsystem vendor``."""

    by_kind: Mapping[str, Kind]
    by_ids: Mapping[str, Kind]
    makers: frozenset[str]


UNKNOWN: Final = Kind(kind="unknown", zh="不认识的语音卡", en="Unknown telephone card", driver="")


@functools.cache
def table() -> Table:
    """The rows of ``cards.toml``. Read once."""
    said = tomllib.loads(resources.files("linebox.hw").joinpath("cards.toml").read_text("utf-8"))
    by_kind: dict[str, Kind] = {}
    by_ids: dict[str, Kind] = {}
    for word, row in said["card"].items():
        kind = Kind(kind=word, zh=row["zh"], en=row["en"], driver=row.get("driver", ""))
        by_kind[word] = kind
        by_ids |= dict.fromkeys(row.get("ids", ()), kind)
    return Table(by_kind, by_ids, frozenset(said["makers"]))


def known(ids: BusIds) -> Kind | None:
    """The row of these ids: with the subsystem's vendor first, then without."""
    rows = table().by_ids
    return rows.get(f"{ids.vendor}:{ids.device}/{ids.sub_vendor}") or rows.get(
        f"{ids.vendor}:{ids.device}"
    )


def telephonic(ids: BusIds) -> bool:
    """Is it a telephone card by its maker or its class, whether or not a row knows it?"""
    return ids.vendor in table().makers or ids.class_ == _ISDN_CLASS


def named(kind: str) -> Kind:
    """The row of that word; ``UNKNOWN`` when there is none."""
    return table().by_kind.get(kind, UNKNOWN)
