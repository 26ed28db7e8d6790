"""What happened, one fact each: said by the daemon (placed, asked) or read from Asterisk's CEL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """Facts of a leg. ``text`` of an Event says more; unnamed ones have none."""

    PLACED = "placed"  # JSON of what was asked; written before Asterisk is told
    INVITE = "invite"  # channel name; the leg exists, the INVITE was sent or came
    RINGING = "ringing"  # seen over AMI only, so it may be missing
    ANSWER = "answer"
    KEY = "key"  # the digits; "*" for a secret
    LEAVE = "leave"  # this party ends it
    CALLED = "called"  # number;from
    RING = "ring"  # ext;from;call
    MEDIA = "media"  # address:port of the audio here
    REFUSED = "refused"  # limit, engaged, unknown
    HANG_UP = "hang-up"  # asked over HTTP
    PULLED = "pulled"  # the practice phone was taken from the network
    END = "end"  # Q.850 cause;who: "peer", "here" or "nobody"
    LOST = "lost"  # Asterisk has it no longer and never said its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact about leg ``call``. ``at``: epoch seconds by the exchange's clock."""

    call: str
    what: What
    at: float
    text: str = ""


_USER_EVENTS = {
    "KEY": What.KEY,
    "LEAVE": What.LEAVE,
    "CALLED": What.CALLED,
    "RING": What.RING,
    "MEDIA": What.MEDIA,
    "REFUSED": What.REFUSED,
}


def from_cel(line: bytes) -> Event | None:
    """One line of exchange.json; None for what tells nothing (or was torn by a crash)."""
    try:
        record = json.loads(line)
        call, at = str(record["uniqueid"]), float(record["eventtime"])
        kind, channel = str(record["eventtype"]), str(record["channame"])
        extra = record.get("eventextra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
    except (ValueError, KeyError, TypeError):
        return None
    match kind:
        case "CHAN_START":
            return Event(call=call, what=What.INVITE, at=at, text=channel)
        case "ANSWER":
            return Event(call=call, what=What.ANSWER, at=at)
        case "HANGUP":
            source = str(extra.get("hangupsource", ""))
            who = "peer" if source == channel else "here" if source else "nobody"
            return Event(
                call=call, what=What.END, at=at, text=f"{extra.get('hangupcause', 0)};{who}"
            )
        case _ if kind in _USER_EVENTS:
            return Event(
                call=call, what=_USER_EVENTS[kind], at=at, text=str(extra.get("extra", ""))
            )
        case _:
            return None
