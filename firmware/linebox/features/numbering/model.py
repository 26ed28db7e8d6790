"""Numbers: the box's own (DID, TEL-8) and callers' lists (ACD-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linebox.model.destinations import Destination
from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """A number the carrier delivers, and what its callers meet."""

    number: str
    name: str = ""
    language: Language = Language.ZH
    calendar_id: int
    greeting_id: int | None = None
    destination: Destination
    mailbox: int = 0


class NumberList(StrEnum):
    """What becomes of a listed caller.

    ``BLACK`` hears busy. ``WHITE`` always gets through: past the black list (the same number in
    another spelling), past closed hours, past menus that can lead to a group. ``VIP`` waits in
    front of others.
    """

    BLACK = "black"
    WHITE = "white"
    VIP = "vip"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNumber:
    number: str
    list: NumberList
    level: int = 1
    note: str = ""
    until: datetime | None = None
