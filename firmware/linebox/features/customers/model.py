"""Customers' cards: what they hold, how numbers are spelled, what a field takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from linebox.model.masking import masked

#: What people write between digits.
_BETWEEN: Final = re.compile(r"[\s\-().\u2010-\u2015\u3000（）]+")
_NUMBER: Final = re.compile(r"\+?[0-9]{3,20}")
_MOBILE: Final = re.compile(r"(?:\+86|0086|86|0)?(1[0-9]{10})")
_LANDLINE: Final = re.compile(r"(?:\+86|0086|86)((?:10|[2-9][0-9])[0-9]{7,10})")


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefinition:
    """A field of the business's own. ``key`` never changes; ``choices`` only of kind choice;
    ``private``: shown only with right ``customers.private``."""

    key: str
    name_zh: str
    name_en: str
    kind: FieldKind = FieldKind.TEXT
    choices: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What people write of a customer. ``numbers`` are plain; ``owner``: a staff number."""

    name: str
    company: str = ""
    level: int = 0
    note: str = ""
    owner: str | None = None
    numbers: tuple[str, ...] = ()
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A card as it is kept. ``version`` grows with each change."""

    id: int
    card: Card
    owner_name: str | None
    version: int
    made_at: datetime
    made_by: str
    updated_at: datetime
    updated_by: str


def plain(written: str) -> str | None:
    """A number as cards keep it; None for what is no number. SQL's ``card_number`` does the same
    with what carriers deliver."""
    number = _BETWEEN.sub("", written)
    if not _NUMBER.fullmatch(number):
        return None
    if match := _LANDLINE.fullmatch(number):
        return f"0{match[1]}"
    if match := _MOBILE.fullmatch(number):
        return match[1]
    return number


def kept_numbers(written: tuple[str, ...], known: tuple[str, ...]) -> tuple[str | None, ...]:
    """``written`` as plain numbers, None where one can't be read.

    Who sees masked numbers sends them back masked: each stands for the number of ``known``, the
    card's own, that it hides.
    """
    hidden = list(known)
    kept: list[str | None] = []
    for one in written:
        number = plain(one)
        if number is None and "*" in one:
            number = next((own for own in hidden if masked(own) == one), None)
        if number in hidden:
            hidden.remove(number)
        kept.append(number)
    return tuple(kept)


def fitting(definition: FieldDefinition, value: str) -> str | None:
    """``value`` as it is stored; None when it isn't of the field's kind."""
    value = value.strip()
    match definition.kind:
        case FieldKind.TEXT:
            return value
        case FieldKind.NUMBER:
            return value if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", value) else None
        case FieldKind.DATE:
            return _day(value)
        case FieldKind.CHOICE:
            return value if value in definition.choices else None


def _day(value: str) -> str | None:
    """2026-11-22, also when written 2026/11/22, 2026.1.2 or 2026年11月22日."""
    match = re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", value)
    try:
        return date(*map(int, match.groups())).isoformat() if match else None
    except ValueError:
        return None
