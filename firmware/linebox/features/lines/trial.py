"""A line tried by a real call (SET-1): dialled out by its trunk, a plain verdict at the end.

The call is the dialplan's (``lb-desk-trial``), so it counts among the trunk's calls and shows the
company's number as any call out does. While it lasts Asterisk is asked how far it is.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from linebox.asterisk.ami import Ami, AmiRefused, Handler, Message
from linebox.asterisk.names import CARDS
from linebox.asterisk.names import trunk as endpoint
from linebox.base.clock import monotonic_s, now
from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.shapes import Form, Length, Range
from linebox.features.lines.model import TrunkName

log = logging.getLogger(__name__)

#: What is said to who answers; then the box hangs up.
_SAYS: Final = "lb/welcome"
#: The dialplan gives up after 30 s.
_LIMIT_S: Final = 40.0
_LOOK_EVERY_S: Final = 0.4
#: Looks after a question whether the carrier is there.
_ANSWERS_WITHIN: Final = 4
_KEPT: Final = 20
_RINGING: Final = "5"

#: A connection of the trial's own: ``connect(on_event)``.
type Connect = Callable[[Handler], AbstractAsyncContextManager[Ami]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialWish:
    """Which trunk dials whom; never an emergency number, which is shorter. ``channel``: DAHDI's, of
    a trunk of cards, to be tried; None: whichever is free."""

    trunk: TrunkName
    number: Annotated[
        str,
        Length(5, 20),
        Form(r"[0-9]{5,20}", "要拨的号码，只含数字", "the number to dial, digits only"),
    ]
    channel: Annotated[int, Range(1, 1024)] | None = None


class Verdict(StrEnum):
    """``rings``: it rang for half a minute; ``silent``: the carrier never said that it rings;
    ``denied``: the box's own limits of calls out."""

    DIALLING = "dialling"
    RINGING = "ringing"
    ANSWERED = "answered"
    RINGS = "rings"
    BUSY = "busy"
    VACANT = "vacant"
    AWAY = "away"
    DECLINED = "declined"
    REFUSED = "refused"
    CONGESTED = "congested"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    DENIED = "denied"
    FAILED = "failed"


UNDER_WAY: Final = frozenset({Verdict.DIALLING, Verdict.RINGING})
#: The line itself works: the other side was reached, or said why not.
WORKS: Final = frozenset(
    {
        Verdict.ANSWERED,
        Verdict.RINGS,
        Verdict.BUSY,
        Verdict.DECLINED,
        Verdict.VACANT,
        Verdict.AWAY,
    }
)

#: Q.850 5.3.2: call rejected, by who was rung or by the carrier.
_REJECTED: Final = 21
#: Q.850 causes that decide whatever else is said.
_BY_CAUSE: Final = {
    1: Verdict.VACANT,
    28: Verdict.VACANT,
    17: Verdict.BUSY,
    20: Verdict.AWAY,
    _REJECTED: Verdict.REFUSED,
    34: Verdict.CONGESTED,
    38: Verdict.CONGESTED,
    41: Verdict.CONGESTED,
    42: Verdict.CONGESTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Seconds count from the dialling; ``rang_s`` and ``ended_s`` are None as long as it didn't."""

    id: int
    trunk: str
    number: str
    at: datetime
    verdict: Verdict = Verdict.DIALLING
    cause: int = 0
    rang_s: float | None = None
    ended_s: float | None = None


def verdict(result: str, cause: int, *, rang: bool) -> Verdict:
    """What DIALSTATUS and the hang-up's cause say of a call that is over."""
    if result == "ANSWER":
        return Verdict.ANSWERED
    if rang and cause == _REJECTED:
        return Verdict.DECLINED
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    match result:
        case "BUSY":
            return Verdict.BUSY
        case "NOANSWER":
            return Verdict.RINGS if rang else Verdict.SILENT
        case "CONGESTION":
            return Verdict.CONGESTED
        case "DENIED":
            return Verdict.DENIED
        case "CHANUNAVAIL" | "":
            return Verdict.UNREACHABLE
        case _:
            return Verdict.FAILED


class Trials:
    """calld's: one at a time, the last ones are remembered."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._numbers = itertools.count(1)
        self._trials: dict[int, Trial] = {}
        self._running: asyncio.Task[None] | None = None

    def start(
        self, trunk: str, number: str, generation_hash: str, channel: int | None = None
    ) -> Trial:
        """Dial. Raises ``InputError("trial-running")``."""
        if self._running is not None and not self._running.done():
            raise InputError("trial-running")
        trial = Trial(id=next(self._numbers), trunk=trunk, number=number, at=now())
        self._trials[trial.id] = trial
        for old in list(self._trials)[:-_KEPT]:
            del self._trials[old]
        self._running = asyncio.create_task(self._run(trial, generation_hash, channel))
        return trial

    def trial(self, id_: int) -> Trial:
        """As it is now. Raises ``InputError("not-found")``."""
        if id_ not in self._trials:
            raise InputError("not-found", what="trial", key=str(id_))
        return self._trials[id_]

    async def _run(self, trial: Trial, generation_hash: str, channel: int | None) -> None:
        began_s = monotonic_s()

        def tell(what: Verdict, cause: int = 0) -> None:
            known, at_s = self._trials[trial.id], round(monotonic_s() - began_s, 1)
            if known.verdict not in UNDER_WAY:
                return
            if what is Verdict.RINGING:
                self._trials[trial.id] = replace(known, verdict=what, rang_s=at_s)
            else:
                self._trials[trial.id] = replace(known, verdict=what, cause=cause, ended_s=at_s)

        def heard(event: Message) -> None:
            if event["UserEvent"] == "LB_TRIAL" and event["Trial"] == trial.trunk:
                cause = int(event["Cause"]) if event["Cause"].isdigit() else 0
                rang = self._trials[trial.id].rang_s is not None
                tell(verdict(event["Result"], cause, rang=rang), cause)

        try:
            async with asyncio.timeout(_LIMIT_S), self._connect(heard) as ami:
                await answer_time_ms(ami, trial.trunk)
                await ami.action(
                    "Originate",
                    Channel=f"Local/{trial.number}@lb-desk-trial-{generation_hash}/n",
                    Application="Playback",
                    Data=_SAYS,
                    Timeout=str(int(_LIMIT_S * 1000)),
                    Async="true",
                    Variable=[f"__LB_TRIAL={trial.trunk}", f"__LB_TRIAL_CH={channel or ''}"],
                )
                while self._trials[trial.id].verdict in UNDER_WAY:
                    await asyncio.sleep(_LOOK_EVERY_S)
                    if self._trials[trial.id].rang_s is None and await _rings(ami, trial):
                        tell(Verdict.RINGING)
        except (LineboxError, TimeoutError) as error:
            log.info("a trial of trunk %s failed: %s", trial.trunk, error)
            away = isinstance(error, Unavailable)
            tell(Verdict.FAILED if away else Verdict.SILENT)


async def _rings(ami: Ami, trial: Trial) -> bool:
    name = endpoint(trial.trunk)

    def is_its(one: Message) -> bool:
        """A card's channel has its trunk as its account code."""
        by_card = one["Channel"].startswith(CARDS) and one["AccountCode"] == name
        return by_card or one["Channel"].startswith(f"PJSIP/{name}-")

    return any(
        is_its(one) and one["ChannelState"] == _RINGING and one["CallerIDNum"] == trial.number
        for one in await ami.listing("Status")
    )


async def answer_time_ms(ami: Ami, trunk: str) -> float | None:
    """How long the carrier takes to answer an OPTIONS; None: it doesn't, or the trunk isn't known.

    Asterisk asks by itself every 30 s; a carrier that didn't answer then is asked anew, for its
    cable may just have been plugged in.
    """
    known = await _answered_ms(ami, trunk)
    if known is not None:
        return known
    try:
        await ami.action("PJSIPQualify", Endpoint=endpoint(trunk))
    except AmiRefused:
        return None
    for _ in range(_ANSWERS_WITHIN):
        await asyncio.sleep(_LOOK_EVERY_S)
        if (known := await _answered_ms(ami, trunk)) is not None:
            break
    return known


async def _answered_ms(ami: Ami, trunk: str) -> float | None:
    """Of the endpoint: ``PJSIPShowContacts`` lists none that stands in the configuration."""
    try:
        details = await ami.listing("PJSIPShowEndpoint", Endpoint=endpoint(trunk))
    except AmiRefused:
        return None
    times = [
        int(one["RoundtripUsec"]) / 1000
        for one in details
        if one.name == "ContactStatusDetail" and one["Status"] in ("Reachable", "Avail")
    ]
    return min(times, default=None)
