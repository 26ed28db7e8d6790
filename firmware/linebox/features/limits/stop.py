"""The kill switch of calls out: in Asterisk's own database, so that the very next call obeys, with
PostgreSQL and every daemon of ours dead, and after a restart too (SEC-2)."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from linebox.asterisk.ami import Ami, AmiRefused
from linebox.asterisk.names import CARDS

_FAMILY = "lb-out"
_TRUNKS = ("PJSIP/trunk-", CARDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a phone has called out on ``day`` (``yyyymmdd`` of the box)."""

    phone: str
    day: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """``stopped_since``: None while calls out go."""

    stopped_since: datetime | None
    spent: tuple[Spent, ...]


async def stopped_since(ami: Ami) -> datetime | None:
    """Since when calls out are stopped. Raises ``Unavailable``."""
    if await _value(ami, "stop") != "1":
        return None
    since = await _value(ami, "since")
    return datetime.fromtimestamp(int(since) if since.isdecimal() else 0, UTC)


async def read(ami: Ami) -> Toll:
    """The switch, and the time that phones have spent. Raises ``Unavailable``."""
    spent = []
    for line in await ami.command("database show lb-min"):
        key, _, value = line.partition(":")
        day, _, seconds = value.strip().partition("-")
        if key.startswith("/lb-min/") and seconds.isdecimal():
            phone = key.strip().removeprefix("/lb-min/")
            spent.append(Spent(phone=phone, day=day, seconds=int(seconds)))
    return Toll(stopped_since=await stopped_since(ami), spent=tuple(spent))


async def put(ami: Ami, *, stopped: bool) -> None:
    """Stop all calls out but those to emergency numbers, or let them go. Raises ``Unavailable``."""
    if stopped:
        await ami.action("DBPut", Family=_FAMILY, Key="since", Val=str(int(time.time())))
        await ami.action("DBPut", Family=_FAMILY, Key="stop", Val="1")
    else:
        with suppress(AmiRefused):  # it isn't there
            await ami.action("DBDel", Family=_FAMILY, Key="stop")


async def cut(ami: Ami) -> int:
    """Hang up every call out that goes on, emergency numbers excepted; how many those were."""
    ended = 0
    for event in await ami.listing("CoreShowChannels"):
        channel = event["Channel"]
        if not channel.startswith(_TRUNKS) or event["Application"] != "AppDial":
            continue
        with suppress(AmiRefused):  # it has ended meanwhile
            number = (await ami.action("Getvar", Channel=channel, Variable="LB_FROM"))["Value"]
            trunk = (await ami.action("Getvar", Channel=channel, Variable="LB_TRUNK"))["Value"]
            if trunk and len(number) > 3:
                await ami.action("Hangup", Channel=channel, Cause="16")
                ended += 1
    return ended


async def _value(ami: Ami, key: str) -> str:
    lines = await ami.command(f"database get {_FAMILY} {key}")
    return next((line[7:].strip() for line in lines if line.startswith("Value: ")), "")
