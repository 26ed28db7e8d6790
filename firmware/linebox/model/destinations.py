"""Where a caller can be sent: the words that menus, numbers and overflows share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    MENU = "menu"
    GROUP = "group"
    VOICEMAIL = "voicemail"
    SELFSERVICE = "selfservice"
    REPEAT = "repeat"
    HANGUP = "hangup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A kind and the id of one of that kind; 0 where there is only one."""

    kind: Kind
    target: int = 0
