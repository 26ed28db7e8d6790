"""Which call is on which channel of a card: asked of Asterisk when somebody wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from linebox.asterisk.ami import Ami, AmiRefused
from linebox.base.shapes import Count, Length
from linebox.features.calls.live import Calls, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PortCall:
    """A call on ``channel``, DAHDI's. ``agent``: the staff number of who talks, or nobody."""

    channel: int
    id: Annotated[str, Length(0, 100)]
    number: Annotated[str, Length(0, 40)]
    agent: Annotated[str, Length(0, 20)]
    stage: Stage
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PortCalls:
    items: Annotated[tuple[PortCall, ...], Count(0, 1024)]


async def on_ports(ami: Ami, calls: Calls) -> PortCalls:
    """Empty where chan_dahdi isn't loaded. Raises ``Unavailable``."""
    if not calls.by_id:
        return PortCalls(items=())
    try:
        channels = await ami.listing("DAHDIShowChannels")
    except AmiRefused:
        return PortCalls(items=())
    taken: Mapping[int, str] = {
        int(one["DAHDIChannel"]): one["Uniqueid"]
        for one in channels
        if one["DAHDIChannel"].isdecimal() and one["Uniqueid"]
    }
    found = []
    for channel, uniqueid in sorted(taken.items()):
        call = calls.by_id.get(calls.owner.get(uniqueid, ""))
        if call is not None:
            found.append(
                PortCall(
                    channel=channel,
                    id=call.id,
                    number=call.from_number,
                    agent=call.agent or "",
                    stage=call.stage,
                    since=call.stage_since,
                )
            )
    return PortCalls(items=tuple(found))
