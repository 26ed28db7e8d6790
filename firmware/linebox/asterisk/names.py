"""Names of contexts, queues, endpoints and members, as docs/names.md has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from linebox.model.destinations import Destination

#: Stands for the generation's content hash in the sources; replaced once, over the whole body. The
#: dash belongs to it: ``%H%M`` is a time of day.
HASH = "-%H%"

FROM_TRUNK = "from-trunk"
FROM_PHONE = "from-phone"
#: Telephones on a card, whose digits come one by one.
FROM_FXS = "from-fxs"
GENERATION = "lb-generation"

STATIC_CONTEXTS = (FROM_TRUNK, FROM_PHONE, GENERATION)


def context(routine: str, *ids: object) -> str:
    """A hashed context: ``context("hours", 3)`` is ``lb-hours-3-%H%``."""
    return "-".join(["lb", routine, *map(str, ids)]) + HASH


def trunk(name: str) -> str:
    return f"trunk-{name}"


def queue(group_id: int) -> str:
    return f"g{group_id}"


def member(agent: str) -> str:
    return f"agent-{agent}"


def browser_phone(agent: str) -> str:
    """Endpoint, aor and auth of an agent's phone in the browser."""
    return f"w{agent}"


def mailbox(extension: str) -> str:
    """What Asterisk counts a telephone's waiting messages under."""
    return f"{extension}@phones"


#: What channels of cards and their interfaces begin with.
CARDS = "DAHDI/"


#: A call on an analog channel: ``DAHDI/7-1``. An E1's have other names.
_ON_LINE: Final = re.compile(r"DAHDI/([1-9][0-9]{0,3})-[0-9]{1,6}")
#: Q.850 "preemption, circuit reserved for reuse": nothing else here hangs up by it, so the journal
#: tells by it that a line was freed because nobody was heard (``features/lines/quiet.py``).
LINE_FREED: Final = 9


def analog(channel_name: str) -> int | None:
    """DAHDI's channel of a call on an analog line, None of any other."""
    match = _ON_LINE.fullmatch(channel_name)
    return int(match[1]) if match else None


def interface(extension: str, on_cards: Mapping[str, int]) -> str:
    """``on_cards``: extension → DAHDI's channel of the port that serves it."""
    return channel(on_cards[extension]) if extension in on_cards else f"PJSIP/{extension}"


def channel(dahdi: int) -> str:
    """The interface of a telephone on a card."""
    return f"{CARDS}{dahdi}"


def destination(to: Destination) -> str:
    """The extension of ``lb-dest-%H%`` that leads there: ``group-1``."""
    return f"{to.kind}-{to.target}"
