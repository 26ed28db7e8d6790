"""Which callers' numbers a role sees whole: the one place that hides digits (SEC-3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from linebox.base.roles import Role

#: Numbers of the house (extensions, staff) are nobody's secret.
_LONG = re.compile(r"\+?[0-9]{6,20}")
_HOUSE = re.compile(r"[0-9]{0,5}")


def masked(number: str) -> str:
    """``139****1111``: at least four digits hidden, always by four stars, so length isn't told.

    Numbers of up to five digits and words (``anonymous``) stay; an international +86 is kept.
    """
    if _HOUSE.fullmatch(number) or not any(one.isdigit() for one in number):
        return number
    prefix = next((one for one in ("+86", "0086") if number.startswith(one)), "")
    rest = number.removeprefix(prefix)
    first, last = (3, 4) if len(rest) >= 11 else (2, 2) if len(rest) >= 8 else (1, 1)
    return f"{prefix}{rest[:first]}****{rest[-last:]}"


def shown(number: str, role: Role | None, *, own: bool, whole: bool = True) -> str:
    """``number`` as this role may see it; ``own``: of a call of theirs, or of a customer they work
    with. Supervisors and administrators see all, somebody without a role nothing, nor who lacks
    right ``numbers.whole``."""
    if not whole:
        return masked(number)
    if role in (Role.SUPERVISOR, Role.ADMINISTRATOR) or (role is Role.AGENT and own):
        return number
    return masked(number)


def hidden(item: object) -> object:
    """``item`` (JSON data) with every text masked that is a number: for who lacks
    ``numbers.whole`` where rows of any shape are shown."""
    match item:
        case str():
            return masked(item) if _LONG.fullmatch(item) else item
        case Mapping():
            return {key: hidden(one) for key, one in item.items()}
        case list() | tuple():
            return [hidden(one) for one in item]
        case _:
            return item
