"""What a running Asterisk has, and how that differs from what it should have."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linebox.asterisk.ami import Ami, AmiRefused
from linebox.base.errors import LineboxError

MARKER: Final = "lb-generation"
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What Asterisk must have. ``queues``: name → app_queue's strategy."""

    number: int
    hash: str
    contexts: frozenset[str]
    queues: Mapping[str, str]
    endpoints: frozenset[str]


class Differs(LineboxError):
    """Asterisk has something else than it was given; ``readback-…`` says what."""


async def running(ami: Ami) -> tuple[int, str] | None:
    """Number and hash of the generation whose dialplan is loaded; None if none of ours is."""
    try:
        lines = await ami.listing("ShowDialPlan", Context=MARKER)
    except AmiRefused:  # "Did not find context"
        return None
    for line in lines:
        if found := re.fullmatch(r"(\d+) ([0-9a-f]+)", line["AppData"]):
            return int(found[1]), found[2]
    return None


async def alive(ami: Ami) -> frozenset[int]:
    """The generations whose mark a channel bears."""
    numbers: set[int] = set()
    for channel in await ami.listing("Status", Variables="LB_GEN"):
        for variable in channel.all("Variable"):
            name, _, value = variable.partition("=")
            if name == "LB_GEN" and value.isdigit():
                numbers.add(int(value))
    return frozenset(numbers)


async def strategies(ami: Ami) -> dict[str, str]:
    """The queues that live, and app_queue's strategy of each."""
    return {
        event["Queue"]: event["Strategy"]
        for event in await ami.listing("QueueStatus")
        if event.name == "QueueParams"
    }


async def differences(ami: Ami, expected: Expected) -> Differs | None:
    """The first difference, None when Asterisk has all it should. Raises as ``Ami.listing``."""
    found = await running(ami)
    if found != (expected.number, expected.hash):
        return Differs("readback-marker", wanted=expected.number, found=_told(found))
    if missing := await _missing(ami, expected.contexts):
        return Differs("readback-contexts", missing=_some(missing))
    queues = await strategies(ami)
    if missing := frozenset(expected.queues.keys() - queues):
        return Differs("readback-queues", missing=_some(missing))
    for queue, wanted in expected.queues.items():
        if queues[queue] != wanted:
            return Differs("readback-strategy", queue=queue, wanted=wanted, found=queues[queue])
    endpoints = {event["ObjectName"] for event in await ami.listing("PJSIPShowEndpoints")}
    if missing := expected.endpoints - endpoints:
        return Differs("readback-endpoints", missing=_some(missing))
    return None


async def _missing(ami: Ami, contexts: frozenset[str]) -> frozenset[str]:
    """Those that Asterisk hasn't. Each is asked for an extension that hardly any has: all of them
    with 20 000 listed numbers are 30 MB, and Asterisk hangs up on who reads that too slowly."""
    there = await asyncio.gather(*(_has(ami, context) for context in contexts))
    return frozenset(
        context for context, is_there in zip(contexts, there, strict=True) if not is_there
    )


async def _has(ami: Ami, context: str) -> bool:
    try:
        await ami.listing("ShowDialPlan", Context=context, Extension="none")
    except AmiRefused as error:  # "Did not find extension none@…" is of one that is there
        return "find context" not in str(error.fields.get("message"))
    return True


async def read_back(ami: Ami, expected: Expected, *, within_s: float = 5.0) -> None:
    """Wait until Asterisk has what is expected: telephones are reloaded in its background.

    Raises ``Differs`` when it hasn't after ``within_s``.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while difference := await differences(ami, expected):
        if loop.time() > end:
            raise difference
        await asyncio.sleep(0.05)


def _some(names: frozenset[str]) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} … ({len(names)})"


def _told(found: tuple[int, str] | None) -> str:
    return "nothing of ours" if found is None else f"generation {found[0]} ({found[1]})"
