"""Which callers' numbers a role sees whole: the one place that hides digits (SEC-3)."""

from __future__ import annotations

import re

from linebox.base.roles import Role

#: Numbers of the house (extensions, staff) are nobody's secret.
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


def shown(number: str, role: Role | None, *, own: bool) -> str:
    """``number`` as this role may see it; ``own``: of a call of theirs, or of a customer they work
    with. Supervisors and administrators see all, somebody without a role nothing."""
    if role in (Role.SUPERVISOR, Role.ADMINISTRATOR) or (role is Role.AGENT and own):
        return number
    return masked(number)
